"""Alerts, ports, matches and connections of a plain Canary: fields that no policy of Kurator has, on its page."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.models import Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import SPEC, read_by_a_task
from tests.support.definitions import OF_CANARIES, cluster_knows

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    made = make_rollout(make_cluster("edge"))
    read_by_a_task(made, SPEC)
    return made


def address(one: Rollout) -> str:
    return f"/rollouts/{one.pk}/policy/edit/"


def form(**texts: str) -> dict[str, str]:
    return {**shown(read(SPEC, PLAIN)), "base": json.dumps(SPEC), "strategy": "blue-green", **texts}


def review(client: Client, one: Rollout, **texts: str) -> Any:
    return client.post(address(one), form(**texts) | {"go": "review"})


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_an_alert_comes_and_goes(editor: Client, one: Rollout) -> None:
    more = editor.post(address(one), form() | {"more": "alerts"})
    assert 'name="alerts-1-provider"' in more.content.decode()
    less = editor.post(address(one), form() | {"less": "alerts-0"})
    assert "alerts-0-provider" not in less.content.decode()
    said = words(review(editor, one, **{"alerts-0-severity": "error", "alerts-0-name": "night"}))
    assert "alert 1, alert analysis.alerts[0].name team night" in said
    assert "alert 1, from which severity on analysis.alerts[0].severity warn error" in said


def test_deep_fields_are_reviewed_with_their_labels_and_places(editor: Client, one: Rollout) -> None:
    policy = "outlierDetection:\n  consecutive5xxErrors: 5"
    response = review(editor, one, traffic_policy=policy, target_port="9090", service_match="uri prefix /shop")
    said = words(response)
    assert "Port of the pods service.targetPort http 9090" in said
    assert "Requests that come here service.match nothing uri prefix /shop" in said
    assert "Rules of connections service.trafficPolicy nothing outlierDetection: consecutive5xxErrors: 5" in said
    assert "From Flagger&#x27;s next tick on requests go to another port of the pods" in said
    patch = re.search(r'aria-label="Patch to commit">([^<]*)<', response.content.decode())
    assert patch is not None
    assert "  path: /spec/service/targetPort\n  value: 9090\n" in patch[1]


def test_what_is_no_yaml_is_said_at_its_field_and_nothing_typed_is_lost(editor: Client, one: Rollout) -> None:
    response = review(editor, one, traffic_policy="tls: {mode: [")
    page = response.content.decode()
    assert response.status_code == 422
    assert re.search(r'id="said-traffic_policy"[^>]*><p class="bad-input">In line 1 it is no YAML: expected', page)
    assert "tls: {mode: [</textarea>" in page


def test_what_the_clusters_flagger_does_not_know_has_no_field_and_is_listed_where_it_is_set(
    editor: Client, one: Rollout
) -> None:
    newer = ("service.targetPort", "service.mirror")
    old = [place for place in OF_CANARIES if "alerts" not in place and place not in newer]
    cluster_knows(one.cluster, old)
    page = editor.get(address(one))
    html, said = page.content.decode(), words(page)
    assert 'name="port"' in html
    assert 'name="target_port"' not in html
    assert "Add an alert" not in said
    assert "Port of the pods not known to the Flagger of this cluster http" in said
    assert "alert 1, alertprovider not known to the Flagger of this cluster slack" in said
    cluster_knows(one.cluster, OF_CANARIES)
    assert 'name="target_port"' in editor.get(address(one)).content.decode()


@pytest.mark.parametrize("form_of", ["an edit", "a new one"])
def test_where_it_is_not_known_what_flagger_knows_that_is_said_in_a_sentence(
    editor: Client, one: Rollout, form_of: str
) -> None:
    new = f"/clusters/{one.cluster_id}/canaries/new/?kind=Deployment&namespace=shop&workload=cart&service=cart&port=80"
    path = address(one) if form_of == "an edit" else new
    sentence = "Which fields the Flagger of this cluster knows is not known here, so all are shown."
    assert words(editor.get(path)).count(sentence) == 1
    cluster_knows(one.cluster, OF_CANARIES)
    assert sentence not in words(editor.get(path))


def test_what_has_no_field_stays_as_it_is(editor: Client, one: Rollout) -> None:
    cluster_knows(one.cluster, [place for place in OF_CANARIES if place != "service.targetPort"])
    texts = form(interval="60")
    del texts["target_port"]
    response = editor.post(address(one), texts | {"go": "review"})
    assert "analysis.interval 90 60" in words(response)
    patch = re.search(r'aria-label="Patch to commit">([^<]*)<', response.content.decode())
    assert patch is not None
    assert "targetPort" not in patch[1]


def test_so_it_is_in_the_form_of_a_new_canary(editor: Client, one: Rollout) -> None:
    target = {"kind": "Deployment", "namespace": "shop", "workload": "cart", "service": "cart", "port": "8080"}
    begin = f"/clusters/{one.cluster_id}/canaries/new/"
    assert 'name="target_port"' in editor.get(begin, target).content.decode()
    cluster_knows(one.cluster, [place for place in OF_CANARIES if place != "service.targetPort"])
    html = editor.get(begin, target).content.decode()
    assert 'name="target_port"' not in html
    assert 'name="port"' in html

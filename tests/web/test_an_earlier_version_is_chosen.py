"""The dialog of an earlier version: asked of the cluster by a task, chosen, shown place by place, then the click."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from rollouts.domain.earlier import Version
from rollouts.domain.observations import Phase
from rollouts.models import Command, ObjectCopy, Rollout
from tests.support.builders import BLUE, make_rollout
from tests.support.earlier import BAD, BY_IMAGE, FAILED, OLD, PROMOTED, keep_versions, make_idle
from tests.web.dialogs import HTMX, button, page, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def idle(asked: list[Any]) -> Rollout:
    return make_idle()


def address(rollout: Rollout, **choice: str) -> str:
    return f"/rollouts/{rollout.pk}/acts/earlier-version/" + (f"?{urlencode(choice)}" if choice else "")


def test_the_button_leads_to_it(operator: Client, idle: Rollout) -> None:
    html = page(operator, f"/rollouts/{idle.pk}/")
    assert f'formaction="{address(idle)}"' in button(html, "earlier-version")


def test_while_a_release_runs_the_button_says_what_else_there_is(operator: Client, running: Rollout) -> None:
    html = button(page(operator, f"/rollouts/{running.pk}/"), "earlier-version")
    assert 'aria-disabled="true"' in html
    assert "Roll back instead." in page(operator, address(running))


def test_at_first_a_task_is_asked_and_the_dialog_asks_again_by_itself(
    operator: Client, idle: Rollout, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    html = page(operator, address(idle))
    assert "The cluster is being asked which earlier versions it knows." in html
    assert f'hx-get="{address(idle)}" hx-trigger="load delay:1s"' in html
    assert asked == [("rollouts.tasks.read_versions", {"copy": ObjectCopy.objects.get().pk})]


def test_then_each_is_shown_with_its_age_and_outcome_and_the_newest_promoted_one_is_chosen(
    operator: Client, idle: Rollout, asked: list[Any]
) -> None:
    keep_versions(idle)
    html = page(operator, address(idle))
    options = re.findall(r'<input type="radio" name="version" value="([^"]*)"( checked)?', html)
    assert options == [(FAILED, ""), (PROMOTED, " checked"), (BY_IMAGE, "")]
    assert re.search(rf"<b>{OLD}</b> <small>release 4 succeeded, <time [^>]*>2 days ago", html)
    assert re.search(rf"<b>{BAD}</b> <small>release 5 failed, <time [^>]*>3 h ago", html)
    assert asked == []


def test_where_none_is_known_to_have_been_promoted_the_person_has_to_choose(operator: Client, idle: Rollout) -> None:
    keep_versions(idle, found=(Version(FAILED, (BAD,), False, "release 5 failed"),))
    html = page(operator, address(idle))
    assert re.findall(r'<input type="radio" name="version" value="([^"]*)"( checked)?( autofocus)?', html) == [
        (FAILED, "", " autofocus")
    ]


def test_what_becomes_another_is_shown_and_the_click_requests_that(operator: Client, idle: Rollout) -> None:
    keep_versions(idle)
    html = page(operator, address(idle, version=PROMOTED))
    assert f'<dd class="chosen">{OLD} (release 4 succeeded)</dd>' in html
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td>(.*?)</td><td>(.*?)</td></tr>', html)
    assert rows == [
        ("spec.containers[podinfo].env[LOG].value", "debug", "info"),
        ("spec.containers[podinfo].env[NEW]", "{&quot;name&quot;: &quot;NEW&quot;, &quot;value&quot;: &quot;1&quot;}",
         '<span class="muted">nothing</span>'),
        ("spec.containers[podinfo].image", BLUE, OLD),
    ]  # fmt: skip
    assert operator.post(address(idle), sent(html)).status_code == 302
    command = Command.objects.get()
    assert command.choice["version"] == PROMOTED
    assert command.choice["stands_for"] == "t1"


def test_one_of_which_only_the_image_is_known_says_so(operator: Client, idle: Rollout) -> None:
    keep_versions(idle)
    assert "Of this version only the images are known" in page(operator, address(idle, version=BY_IMAGE))


def test_a_click_without_a_choice_is_shown_them(operator: Client, idle: Rollout) -> None:
    keep_versions(idle)
    response = operator.post(address(idle), {"digest": "1"}, **HTMX)
    assert response.status_code == 422
    assert 'type="radio"' in response.content.decode()
    assert not Command.objects.exists()


def test_another_one_than_was_shown_is_shown_first(operator: Client, idle: Rollout) -> None:
    keep_versions(idle)
    given = sent(page(operator, address(idle, version=PROMOTED)))
    response = operator.post(address(idle), {**given, "version": FAILED})
    assert response.status_code == 409
    assert "It is not known that users ever had this version: release 5 failed." in response.content.decode()
    assert not Command.objects.exists()


def test_when_none_is_known_the_reason_is_given(operator: Client, idle: Rollout) -> None:
    keep_versions(idle, found=(), note="It may not list replicasets.")
    html = page(operator, address(idle))
    assert "No earlier version is known" in html
    assert "It may not list replicasets." in html


def test_nothing_is_asked_of_a_cluster_where_it_cannot_work(operator: Client, asked: list[Any]) -> None:
    rollout = make_rollout(phase=Phase.PROMOTING)
    assert "Wait for the end of the release" in page(operator, address(rollout))
    assert asked == []


def test_fast_wants_the_name_typed_and_says_what_is_put_back(operator: Client, idle: Rollout) -> None:
    keep_versions(idle)
    html = page(operator, address(idle, version=PROMOTED, how="fast"))
    assert "<dd>fast: no analysis, blue takes it over at once</dd>" in html
    assert "The analysis is switched on again as soon as that release has ended" in html
    given = {**sent(html), "typed": ""}
    response = operator.post(address(idle), given, **HTMX)
    assert response.status_code == 422
    assert "Type checkout to confirm." in response.content.decode()
    assert operator.post(address(idle), {**given, "typed": "checkout"}).status_code == 302
    assert Command.objects.get().choice["how"] == "fast"


def test_where_flux_applies_the_target_it_can_be_told_to_leave_it_alone(operator: Client, idle: Rollout) -> None:
    keep_versions(idle, kustomized=True)
    assert "leaves the target alone for 4 hours" in page(operator, address(idle))
    html = page(operator, address(idle, version=PROMOTED, flux="240"))
    assert "<dd>leaves the target alone for 4 hours</dd>" in html
    assert "Flux, after 4 hours: until then" in html
    assert operator.post(address(idle), sent(html)).status_code == 302
    assert Command.objects.get().choice["flux"] == "240"


def test_elsewhere_nothing_is_said_of_flux(operator: Client, idle: Rollout) -> None:
    keep_versions(idle)
    assert "choice-flux" not in page(operator, address(idle))

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from rollouts.domain import memory
from rollouts.domain.observations import Phase
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application, Covers
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.people import grant, make_person
from tests.support.policies import ABSENT, ANALYSIS, POLICY, ROUTING, policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


def address(one: Application) -> str:
    return f"/applications/{one.pk}/policy/edit/"


def form(base: dict[str, Any] | None = None, **texts: str) -> dict[str, str]:
    """What a browser sends of the form, with some texts changed."""
    base = POLICY if base is None else base
    return {**shown(read(base)), "policy": NAME, "base": json.dumps(base), "strategy": "blue-green", **texts}


def send(client: Client, one: Application, given: dict[str, str], **headers: str) -> Any:
    return client.post(address(one), given, headers=headers)


def review(client: Client, one: Application, **texts: str) -> Any:
    return send(client, one, form() | texts | {"go": "review"})


def stored(one: Application, rollout: Any, **fields: Any) -> None:
    """As the hub says since."""
    found = {**memory.dump(memory.load_policy(one.policies[0])), "rollout": rollout}
    Application.objects.filter(pk=one.pk).update(policies=[found], **fields)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def values(response: Any) -> Iterator[tuple[str, str]]:
    return iter(re.findall(r'<input id="f-([\w-]+)"[^>]* value="([^"]*)"', response.content.decode()))


def test_every_field_has_what_the_policy_says(editor: Client, one: Application) -> None:
    response = editor.get(address(one), {"policy": NAME})
    found, texts = dict(values(response)), shown(read(POLICY))
    assert found["interval"] == "90"
    assert found["metrics-1-maximum"] == "500"
    assert {name: texts[name] for name in found} == found
    assert "A good release takes (3 + 4) × 90 s = 10½ min." in words(response)


def test_several_lines_are_seen_as_they_are(editor: Client, one: Application) -> None:
    steps = {f"{ROUTING}.analysisTimes": 0, f"{ROUTING}.canaryStrategy": {"stepWeights": [5, 10, 20, 50]}}
    stored(one, policy(**steps))
    html = editor.get(address(one), {"policy": NAME}).content.decode()
    assert re.search(r'<textarea id="f-steps"[^>]* rows="4"[^>]*>\n5\n10\n20\n50</textarea>', html)
    assert re.search(r'<textarea id="f-hosts"[^>]* rows="2"', html)


def test_an_unchanged_form_changes_nothing(editor: Client, one: Application) -> None:
    response = review(editor, one)
    assert response.status_code == 200
    assert "Nothing changes" in words(response)


def test_the_change_is_shown_as_fields_as_yaml_and_as_a_patch(editor: Client, one: Application) -> None:
    response = review(editor, one, interval="60", suspended="on")
    html, said = response.content.decode(), words(response)
    assert response.status_code == 200
    assert "rolloutPolicy.trafficAnalysis.checkIntervalSeconds 90 60" in said
    assert "checkIntervalSeconds: 60" in said
    patch = re.search(r'aria-label="Patch to commit">([^<]*)<', html)
    assert patch is not None
    assert patch[1].splitlines() == [
        "- op: test",
        "  path: /spec/syncPolicies/0/rollout/workload/name",
        "  value: checkout",
        "- op: test",
        "  path: /spec/syncPolicies/0/name",
        f"  value: {NAME}",
        "- op: replace",
        "  path: /spec/syncPolicies/0/rollout/rolloutPolicy/trafficAnalysis/checkIntervalSeconds",
        "  value: 60",
        "- op: add",
        "  path: /spec/syncPolicies/0/rollout/rolloutPolicy/suspend",
        "  value: true",
    ]


def test_the_review_tells_where_a_release_runs_and_whose_users_move(client: Client, asked: list[Any]) -> None:
    one = make_policy("eu-west", phase=Phase.PROGRESSING, iterations=4)
    person = make_person("editor")
    grant(person, edits_policies=True)
    client.force_login(person)
    said = words(review(client, one, hosts="shop.test"))
    assert "A release runs in eu-west: from the next tick on it is judged by the new policy." in said
    assert "Users are not all on blue, as far as is known, in eu-west." in said
    assert "Progressing" in said
    assert "Users are not all on blue" not in words(review(client, one, failures="4"))


def test_what_is_wrong_stands_at_its_field_and_nothing_is_shown_to_commit(editor: Client, one: Application) -> None:
    response = review(editor, one, interval="5m", hosts="https://shop.test/", service="other")
    html = response.content.decode()
    assert response.status_code == 422
    assert "3 fields must be corrected" in words(response)
    assert re.search(r'id="said-interval"[^>]*><p class="bad-input">“5m” is no whole number', html)
    assert re.search(r'id="f-service"[^>]*aria-invalid="true"', html)
    assert 'value="5m"' in html, "what was typed is kept"
    assert "Patch to commit" not in html


def test_while_somebody_types_only_what_is_said_is_answered(editor: Client, one: Application) -> None:
    response = send(editor, one, form(interval="30", port="0"), **{"HX-Request": "true", "HX-Target": "policy-says"})
    html = response.content.decode()
    assert "(3 + 4) × 30 s = 3½ min" in html
    assert '<div id="said-port" class="said" hx-swap-oob="true"><p class="bad-input">' in html
    assert "<input" not in html


def test_another_provider_has_other_fields_and_says_what_is_dropped(editor: Client, one: Application) -> None:
    changed = form(provider="nginx", host="shop.test")
    response = send(editor, one, changed, **{"HX-Request": "true", "HX-Target": "policy-form"})
    said, fields = words(response), dict(values(response))
    assert "Dropped, since it does nothing then: Gateways, Hosts" in said
    assert "host" in fields
    assert "retries" not in fields
    assert 'name="hosts"' not in response.content.decode()
    patch = review(editor, one, provider="nginx", host="shop.test").content.decode()
    assert "path: /spec/syncPolicies/0/rollout/rolloutPolicy/trafficRouting/hosts" in patch


@pytest.mark.parametrize(
    ("strategy", "texts", "wanted"),
    [
        ("canary", {"step": "20"}, "canaryStrategy"),
        ("ab-testing", {"match": "x-group: exact insider"}, "/match"),
    ],
)
def test_another_strategy_is_one_patch(
    editor: Client, one: Application, strategy: str, texts: dict[str, str], wanted: str
) -> None:
    response = review(editor, one, strategy=strategy, **texts)
    assert response.status_code == 200
    assert wanted in response.content.decode()
    assert ("Dropped" in words(response)) is (strategy == "canary")
    assert review(editor, one, strategy=strategy).status_code == 422, "it lacks what makes it that strategy"


def test_a_metric_and_a_command_can_be_added_and_taken_away(editor: Client, one: Application) -> None:
    more = send(editor, one, form(more="metrics"))
    assert dict(values(more))["metrics-2-name"] == ""
    less = send(editor, one, form(less="metrics-0"))
    assert dict(values(less))["metrics-0-name"] == "request-duration"
    assert 'name="metrics-0-at" value="1"' in less.content.decode()
    commands = send(editor, one, form(more="commands"))
    assert 'name="commands-1"' in commands.content.decode()


def test_what_is_added_is_shown_to_be_committed_and_only_what_was_looked_at_can_be_changed(
    editor: Client, one: Application
) -> None:
    new = {"metrics-2-name": "request-success-rate", "metrics-2-interval": "60", "metrics-2-minimum": "95"}
    response = review(
        editor, one, **new, **{"commands-1": "hey -z 1m http://checkout-canary.shop/", "metrics-1-maximum": "400"}
    )
    assert response.status_code == 200
    patch = response.content.decode().split("Patch to commit")[1].split("</pre>")[0]
    assert "/spec/syncPolicies/0/rollout/rolloutPolicy/trafficAnalysis/metrics/1/name" in patch
    assert "/trafficAnalysis/metrics/-" in patch
    assert "/trafficAnalysis/webhooks/command/-" in patch


def test_what_somebody_else_has_changed_meanwhile_is_shown_beside_it(editor: Client, one: Application) -> None:
    stored(one, policy(**{f"{ANALYSIS}.checkFailedTimes": 5, f"{ANALYSIS}.checkIntervalSeconds": 120}))
    response = review(editor, one, interval="60")
    said = words(response)
    assert response.status_code == 409
    assert "Failed checks that end it 3 5 not changed" in said
    assert "Interval in s 90 120 60" in said or "Interval 90 120 60" in said
    html = response.content.decode()
    assert "checkFailedTimes" not in html.split("Patch to commit")[1].split("</pre>")[0], "theirs stays"
    assert "value: 60" in html


def test_what_no_field_can_be_is_kept_as_it_was_typed_also_when_somebody_else_was_faster(
    editor: Client, one: Application
) -> None:
    stored(one, policy(**{f"{ANALYSIS}.checkFailedTimes": 5}))
    response = review(editor, one, interval="5m")
    assert response.status_code == 422
    assert 'value="5m"' in response.content.decode()


def test_what_two_people_have_made_together_is_judged_together(editor: Client, one: Application) -> None:
    steps = {f"{ROUTING}.analysisTimes": ABSENT, f"{ROUTING}.canaryStrategy": {"stepWeight": 10}}
    stored(one, policy(**steps))
    response = review(editor, one, times="5")
    assert response.status_code == 422
    assert "Somebody has changed this policy since you began." in words(response)
    assert "Either iterations or steps" in words(response)


def test_what_has_no_field_is_listed(editor: Client, one: Application) -> None:
    stored(one, policy(primary__labels={"tier": "<b>web</b>"}, **{f"{ROUTING}.host": "old.test"}))
    response = editor.get(address(one), {"policy": NAME})
    assert "primary.labels.tier without effect &lt;b&gt;web&lt;/b&gt;" in words(response)
    assert "Host without effect old.test" in words(response)


def test_who_keeps_the_application_is_said_first(editor: Client, one: Application) -> None:
    stored(one, POLICY, owner_kind="flux", owner_name="flux-system/apps")
    assert "Flux (flux-system/apps) keeps this Application." in words(editor.get(address(one), {"policy": NAME}))


def test_a_policy_whose_text_is_not_known_says_so(editor: Client, one: Application) -> None:
    stored(one, None)
    assert "The text of this policy is not known here" in words(editor.get(address(one), {"policy": NAME}))


@pytest.mark.parametrize("base", ["", "[]", "null", "{", '{"rolloutPolicy": 3, "workload": []}', "[" * 30_000])
def test_a_form_that_no_browser_sends_breaks_nothing(editor: Client, one: Application, base: str) -> None:
    response = send(editor, one, {**form(go="review"), "base": base, "metrics-7-at": "99", "metrics-7-name": "x"})
    assert response.status_code in (200, 409, 422)


def test_the_button_is_there_for_who_may_edit(editor: Client, one: Application, operator: Client) -> None:
    link = f'href="{address(one)}?policy={NAME}"'
    assert link not in operator.get(f"/applications/{one.pk}/").content.decode()
    operator.force_login(make_person("another"))
    editor.force_login(grant_edits("second"))
    assert link in editor.get(f"/applications/{one.pk}/").content.decode()


def test_the_right_is_needed_in_every_cluster_that_the_policy_selects(client: Client, one: Application) -> None:
    person = make_person("partly")
    for rollout in one.rollouts.all():
        grant(person, covers=Covers.CLUSTER, cluster=rollout.cluster, edits_policies=rollout.cluster.name == "eu-west")
    client.force_login(person)
    response = client.get(address(one), {"policy": NAME})
    assert response.status_code == 403
    assert "needs that right in every cluster" in words(response)


def grant_edits(name: str) -> Any:
    person = make_person(name)
    grant(person, edits_policies=True)
    return person


def test_a_field_that_is_gone_from_the_policy_is_gone_from_the_form(editor: Client, one: Application) -> None:
    stored(one, policy(**{f"{ROUTING}.timeoutSeconds": ABSENT}))
    assert dict(values(editor.get(address(one), {"policy": NAME})))["route_timeout"] == ""

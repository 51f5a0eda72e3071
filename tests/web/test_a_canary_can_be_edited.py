"""What a plain Canary says, edited on its page: the form, the review and the click."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.models import Command, Covers, DraftTrial, ObjectCopy, PolicyDraft, RequiredReason, Rollout
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import SPEC, made_by_kurator, read_by_a_task, spec
from tests.support.people import grant, make_person

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


def answered(answer: str = "accepted", said: str = "") -> PolicyDraft:
    DraftTrial.objects.update(answer=answer, said=said)
    return PolicyDraft.objects.latest("pk")


def applied(client: Client, row: PolicyDraft, **given: str) -> Any:
    there = f"/rollouts/{row.rollout_id}/policy/drafts/{row.pk}/"
    page = client.get(there).content.decode()
    hidden = dict(re.findall(r'name="(mark|digest)" value="([^"]+)"', page))
    return client.post(there, {**hidden, **given})


def test_the_page_of_the_rollout_leads_to_the_form_for_whoever_may_edit(editor: Client, one: Rollout) -> None:
    page = editor.get(f"/rollouts/{one.pk}/").content.decode()
    assert f'href="{address(one)}"' in page


def test_nobody_else_is_led_there_or_may_go(operator: Client, one: Rollout) -> None:
    assert address(one) not in operator.get(f"/rollouts/{one.pk}/").content.decode()
    response = operator.get(address(one))
    assert response.status_code == 403
    assert "To edit what a Canary says needs the right to edit policies here" in words(response)


def test_who_may_edit_another_cluster_only_does_not_edit_this_one(client: Client, one: Rollout) -> None:
    person = make_person("editor")
    grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster=make_cluster("elsewhere"))
    grant(person)
    client.force_login(person)
    assert client.get(address(one)).status_code == 403


def test_every_field_has_what_the_canary_says_and_the_rest_is_listed(editor: Client, one: Rollout) -> None:
    read_by_a_task(one, spec(later={"kind": "of Flagger's"}))
    response = editor.get(address(one))
    found = dict(re.findall(r'<input id="f-([\w-]+)"[^>]* value="([^"]*)"', response.content.decode()))
    texts = shown(read(SPEC, PLAIN))
    assert {name: texts[name] for name in found} == found
    assert {"interval", "route_timeout", "metrics-1-template", "hooks-0-url", "green_ready"} <= found.keys()
    assert {"workload", "service", "namespace"}.isdisjoint(found), "what it is for is not changed"
    said = words(response)
    assert "A good release takes (3 + 4) × 90 s = 10½ min." in said
    assert "Kept as it is: 1 field without a place in this form Where What it says later.kind of Flagger" in said
    assert "No policy of Kurator makes it." in said


def test_an_unchanged_form_changes_nothing(editor: Client, one: Rollout) -> None:
    assert "The Canary says all of this already." in words(review(editor, one))


def test_the_change_is_shown_as_fields_as_yaml_and_as_a_patch(editor: Client, one: Rollout) -> None:
    response = review(editor, one, interval="60", **{"metrics-1-maximum": "7"})
    assert response.status_code == 200
    said = words(response)
    assert "analysis.interval 90 60" in said
    assert "interval: 60s" in said
    assert "kubectl -n shop patch canary checkout --type=json" in said
    patch = re.search(r'aria-label="Patch to commit">([^<]*)<', response.content.decode())
    assert patch is not None
    assert patch[1].splitlines() == [
        "- op: test",
        "  path: /spec/targetRef/name",
        "  value: checkout",
        "- op: test",
        "  path: /spec/analysis/metrics/1/name",
        "  value: orders",
        "- op: replace",
        "  path: /spec/analysis/interval",
        "  value: 60s",
        "- op: replace",
        "  path: /spec/analysis/metrics/1/thresholdRange/max",
        "  value: 7",
    ]


def test_what_is_wrong_stands_at_its_field_and_nothing_is_shown_to_commit(editor: Client, one: Rollout) -> None:
    response = review(editor, one, interval="5m", **{"hooks-0-url": "loadtester"})
    html = response.content.decode()
    assert response.status_code == 422
    assert "2 fields must be corrected" in words(response)
    assert re.search(r'id="said-hooks-0-url"[^>]*><p class="bad-input">Say the address that is asked', html)
    assert "Patch to commit" not in html


def test_a_webhook_comes_and_goes(editor: Client, one: Rollout) -> None:
    more = editor.post(address(one), form() | {"more": "hooks"})
    assert 'name="hooks-2-url"' in more.content.decode()
    less = editor.post(address(one), form() | {"less": "hooks-0"})
    assert "hooks-1-url" not in less.content.decode()
    assert re.search(r'id="f-hooks-0-name"[^>]* value="gate"', less.content.decode())


def test_what_is_said_follows_what_is_typed(editor: Client, one: Rollout) -> None:
    says = editor.post(address(one), form(failures="soon"), headers={"HX-Request": "true", "HX-Target": "policy-says"})
    assert "“soon” is no whole number." in words(says)


def test_the_review_tells_what_becomes_of_a_release_that_runs(editor: Client, asked: list[Any]) -> None:
    one = make_rollout(make_cluster("edge"), phase=Phase.PROGRESSING, iterations=4)
    read_by_a_task(one, SPEC)
    said = words(review(editor, one, hosts="shop.test"))
    assert "A release runs: from the next tick on it is judged by the new policy." in said
    assert "Users are not all on blue, as far as is known." in said
    assert "Users are not all on blue" not in words(review(editor, one, failures="4"))


def test_whoever_keeps_the_canary_is_said_first(editor: Client, one: Rollout) -> None:
    Rollout.objects.update(owner_kind="flux", owner_name="flux-system/shop")
    said = words(editor.get(address(one)))
    assert "Flux (flux-system/shop) keeps this Canary." in said


def test_what_kurator_makes_is_edited_as_a_policy(editor: Client, one: Rollout) -> None:
    made_by_kurator(one)
    response = editor.get(address(one))
    assert "Kurator makes this Canary of policy checkout-prod" in words(response)
    assert "Edit the policy" in words(response)
    assert "policy-form" not in response.content.decode()
    assert review(editor, one, interval="60").status_code == 302
    assert not PolicyDraft.objects.exists()


def test_the_canary_is_read_by_a_task_before_the_form_is_shown(
    editor: Client, asked: list[tuple[str, dict[str, Any]]]
) -> None:
    one = make_rollout(make_cluster("edge"))
    waiting = editor.get(address(one))
    assert "edge is being asked what the Canary says" in words(waiting)
    assert [task for task, _ in asked] == ["rollouts.tasks.copy_object"]
    copy = read_by_a_task(one, SPEC)
    ready = editor.get(address(one), headers={"HX-Request": "true"})
    assert ready.headers.get("HX-Redirect") == address(one)
    ObjectCopy.objects.filter(pk=copy.pk).update(fetched_at=timezone.now() - timedelta(minutes=5))
    assert "is being asked" in words(editor.get(address(one))), "what it said long ago is no beginning"


def test_a_canary_that_cannot_be_read_says_why(editor: Client, one: Rollout) -> None:
    ObjectCopy.objects.update(error="edge gives no answer.", text="")
    assert "edge gives no answer." in words(editor.get(address(one)))
    ObjectCopy.objects.update(error="", text="{}… cut here")
    assert "The Canary cannot be read" in words(editor.get(address(one)))


def test_a_cluster_that_gives_no_answer_is_asked_again_and_once_at_a_time(
    editor: Client, one: Rollout, asked: list[Any]
) -> None:
    long_ago = timezone.now() - timedelta(seconds=20)
    ObjectCopy.objects.update(error="edge gives no answer.", text="", fetched_at=long_ago, requested_at=long_ago)
    for _ in range(3):
        assert "is being asked what the Canary says" in words(editor.get(address(one)))
    assert [task for task, _ in asked] == ["rollouts.tasks.copy_object"]


def test_what_was_typed_is_kept_when_the_cluster_gives_no_answer_any_more(editor: Client, one: Rollout) -> None:
    ObjectCopy.objects.update(error="edge gives no answer.", text="")
    says = editor.post(address(one), form(interval="60"), headers={"HX-Request": "true", "HX-Target": "policy-says"})
    assert "A good release takes (3 + 4) × 60 s" in words(says)
    response = review(editor, one, interval="60")
    assert "analysis.interval 90 60" in words(response)
    row = answered("unknown", "edge gives no answer.")
    there = editor.get(f"/rollouts/{one.pk}/policy/drafts/{row.pk}/")
    assert "Whether the cluster would take it is not known." in words(there)


def test_the_cluster_is_asked_once_and_nothing_can_be_applied_before(
    editor: Client, one: Rollout, asked: list[Any]
) -> None:
    response = review(editor, one, interval="60")
    assert [task for task, _ in asked if "draft" in task] == ["rollouts.tasks.try_draft"]
    assert "The cluster is being asked" in words(response)
    assert "Apply to the Canary" not in words(response)
    row = answered()
    ready = editor.get(f"/rollouts/{one.pk}/policy/drafts/{row.pk}/", headers={"HX-Request": "true"})
    assert "The cluster would take it." in words(ready)
    assert "Apply to the Canary" in words(ready)


def test_the_click_makes_a_command_of_the_rollout(editor: Client, one: Rollout, asked: list[Any]) -> None:
    review(editor, one, interval="60")
    response = applied(editor, answered(), reason="slower")
    assert (response.status_code, response.headers["Location"]) == (302, f"/rollouts/{one.pk}/")
    command = Command.objects.get()
    assert (command.rollout_id, command.act, command.reason) == (one.pk, "edit-policy", "slower")
    assert ("rollouts.tasks.carry_out", {"command": command.pk}) in asked
    assert "Edit" in words(editor.get(f"/rollouts/{one.pk}/"))
    assert applied(editor, PolicyDraft.objects.get()).status_code == 302
    assert Command.objects.count() == 1


def test_a_cluster_that_refuses_leaves_no_button(editor: Client, one: Rollout) -> None:
    review(editor, one, interval="60")
    row = answered("refused", "strict decoding error")
    said = words(editor.get(f"/rollouts/{one.pk}/policy/drafts/{row.pk}/"))
    assert "strict decoding error" in said
    assert "It is not applied: the cluster does not take it." in said
    assert applied(editor, row, mark="m", digest="d").status_code == 409
    assert not Command.objects.exists()


def test_a_reason_is_asked_for_where_one_is_required(editor: Client, one: Rollout) -> None:
    RequiredReason.objects.create()
    review(editor, one, interval="60")
    response = applied(editor, answered())
    assert response.status_code == 422
    assert "a reason is required" in words(response)


def test_whoever_switches_the_analysis_off_types_the_name(editor: Client, one: Rollout) -> None:
    review(editor, one, skips="on")
    row = answered()
    assert applied(editor, row).status_code == 422
    assert applied(editor, row, typed="checkout").status_code == 302


def test_what_has_changed_since_the_review_is_shown_before_it_is_applied(editor: Client, one: Rollout) -> None:
    review(editor, one, interval="60")
    row = answered()
    there = f"/rollouts/{one.pk}/policy/drafts/{row.pk}/"
    hidden = dict(re.findall(r'name="(mark|digest)" value="([^"]+)"', editor.get(there).content.decode()))
    read_by_a_task(one, spec(analysis__threshold=7), generation=2)
    assert editor.post(there, hidden).status_code == 409
    assert not Command.objects.exists()


def test_a_review_is_its_authors_alone(editor: Client, client: Client, one: Rollout) -> None:
    review(editor, one, interval="60")
    row = answered()
    other = make_person("other")
    grant(other, edits_policies=True)
    client.force_login(other)
    assert client.get(f"/rollouts/{one.pk}/policy/drafts/{row.pk}/").status_code == 404
    assert client.get(f"/applications/{row.application_id}/policy/drafts/{row.pk}/").status_code == 404

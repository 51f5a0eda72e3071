"""Every text that a policy was observed to have: who asked for it, what changed, and the way back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain import kurator, memory
from rollouts.models import Application, Command, PolicyRevision, Removal
from rollouts.services.applications import sync_applications
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy, make_policy_command, make_removal
from tests.support.policies import ABSENT, GREEN, policy

pytestmark = pytest.mark.django_db
INTERVAL = "rolloutPolicy__trafficAnalysis__checkIntervalSeconds"
COMMANDS = "rolloutPolicy__trafficAnalysis__webhooks__command"


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west")


def seen(one: Application, later: int = 0, **changed: Any) -> None:
    """The hub says so."""
    suspended = bool(changed.get("rolloutPolicy__suspend"))
    known = replace(memory.load_policy(one.policies[0]), suspended=suspended, rollout=policy(**changed))
    found = kurator.Application("shop", "checkout", "uid-application", "1", 5 + later, (known,))
    assert one.hub is not None
    sync_applications(hub=one.hub.pk, applications=[found], now=timezone.now() + timedelta(seconds=later))


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(client: Client, one: Application, **given: Any) -> Any:
    return client.get(f"/applications/{one.pk}/policy/revisions/", {"policy": NAME, **given})


def test_each_text_is_kept_once_with_whoever_asked_for_it(one: Application) -> None:
    seen(one)
    seen(one, 1, **{INTERVAL: 60})
    seen(one, 2, **{INTERVAL: 60})
    command = make_policy_command(one, "pause", requested_at=timezone.now())
    Command.objects.filter(pk=command.pk).update(reason="freeze", person_name="olga")
    seen(one, 3, rolloutPolicy__suspend=True, **{INTERVAL: 60})
    found = PolicyRevision.objects.order_by("pk").values_list("who", "why")
    assert list(found) == [("", ""), ("", ""), ("olga", "freeze")]


def test_what_was_there_before_texts_were_kept_is_the_first_and_the_edit_after_it_somebodys(one: Application) -> None:
    command = make_policy_command(one, "pause", requested_at=timezone.now())
    Command.objects.filter(pk=command.pk).update(reason="freeze", person_name="olga")
    seen(one, 1, rolloutPolicy__suspend=True)
    first, edit = PolicyRevision.objects.order_by("pk")
    assert (first.rollout, first.who) == (policy(), "")
    assert (edit.rollout["rolloutPolicy"]["suspend"], edit.who, edit.why) == (True, "olga", "freeze")


REVERTS = "rolloutPolicy__revertOnDeletion"


def who() -> list[tuple[str, str]]:
    return list(PolicyRevision.objects.order_by("pk").values_list("who", "why"))


@pytest.mark.parametrize("before", [False, ABSENT])
def test_what_a_removal_writes_into_the_policy_is_of_whoever_asked_for_it(one: Application, before: Any) -> None:
    seen(one, **{REVERTS: before})
    removal = make_removal(one, reason="too old")
    Removal.objects.filter(pk=removal.pk).update(person_name="olga")
    seen(one, 1, **{REVERTS: True})
    assert who()[-1] == ("olga", "too old")


@pytest.mark.parametrize(
    ("removal", "changed"),
    [
        ({}, {REVERTS: True, INTERVAL: 60}),
        ({}, {REVERTS: False, INTERVAL: 60}),
        ({"policy": "another"}, {REVERTS: True}),
        ({"state": "stopped", "ended_at": timezone.now() - timedelta(hours=1)}, {REVERTS: True}),
    ],
)
def test_what_else_changes_while_a_removal_goes_on_is_of_somebody_else(
    one: Application, removal: dict[str, Any], changed: dict[str, Any]
) -> None:
    seen(one, **{REVERTS: False})
    Removal.objects.filter(pk=make_removal(one).pk).update(**{"person_name": "olga", **removal})
    seen(one, 1, **changed)
    assert who()[-1] == ("", "")


def test_they_are_kept_with_as_many_statements_however_many_they_are(
    one: Application, django_assert_max_num_queries: Any
) -> None:
    assert one.hub is not None
    hub = one.hub.pk

    def statements(more: int) -> int:
        known = memory.load_policy(one.policies[0])
        found = [kurator.Application("shop", f"more-{row}", f"uid-{row}", "1", 1, (known,)) for row in range(more)]
        sync_applications(hub=hub, applications=found, now=timezone.now())
        PolicyRevision.objects.all().delete()
        with django_assert_max_num_queries(100) as counted:
            sync_applications(hub=hub, applications=found, now=timezone.now())
        assert PolicyRevision.objects.count() == more
        return len(counted)

    assert statements(2) == statements(20)


def test_the_page_tells_what_changed_and_compares_any_two(editor: Client, one: Application) -> None:
    seen(one)
    seen(one, 1, **{INTERVAL: 60})
    seen(one, 2, **{INTERVAL: 30})
    first, _, last = PolicyRevision.objects.order_by("pk")
    said = words(page(editor, one))
    assert "the oldest one that is kept" in said
    assert "somebody outside" in said
    assert "checkIntervalSeconds 60 30" in said
    assert "checkIntervalSeconds 90 30" in words(page(editor, one, **{"from": first.pk, "to": last.pk}))
    assert page(editor, one, **{"from": "x", "to": "9" * 40}).status_code == 200


def test_a_single_one_is_compared_with_nothing(editor: Client, one: Application) -> None:
    seen(one)
    assert "Compare" not in words(page(editor, one))
    seen(one, 1, **{INTERVAL: 60})
    assert "Compare" in words(page(editor, one))


def test_going_back_opens_the_form_with_the_earlier_text(editor: Client, one: Application) -> None:
    seen(one)
    seen(one, 1, **{INTERVAL: 60, COMMANDS: ["hey --token=(hidden) x"]})
    first = PolicyRevision.objects.order_by("pk")[0]
    address = f"/applications/{one.pk}/policy/edit/?policy={NAME}&revision={first.pk}"
    form = editor.get(address).content.decode()
    assert 'name="interval" value="90"' in form
    assert GREEN in form
    assert "hidden)" not in form.partition('name="base"')[2].partition(">")[2]
    missing = editor.get(f"/applications/{one.pk}/policy/edit/", {"policy": NAME, "revision": "999"})
    assert missing.status_code == 404


def test_only_who_edits_goes_back(visitor: Client, one: Application) -> None:
    seen(one)
    seen(one, 1, **{INTERVAL: 60})
    said = page(visitor, one)
    assert said.status_code == 200
    assert "Go back to it" not in words(said)

"""What people asked of a rollout, and how far it is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts import access
from rollouts.domain.observations import Phase
from rollouts.models import AuditEntry, Command, Role, Rollout
from tests.support.builders import make_command, make_release, make_rollout
from tests.support.people import grant, make_person
from tests.web.dialogs import HTMX, ask, page, version

pytestmark = pytest.mark.django_db


def test_how_far_one_is_is_on_the_page(operator: Client, running: Rollout) -> None:
    make_command(running, state="accepted", sentence="Flagger rolls back at its next tick.", reason="wrong colour")
    html = page(operator, f"/rollouts/{running.pk}/")
    shown = html.partition('class="card commands"')[2].partition("</section>")[0]
    for said in ("requested", "accepted by the cluster", "observed", "by olga", "wrong colour", "next tick: <time"):
        assert said in shown, said


@pytest.mark.parametrize("state", ["refused", "failed", "expired"])
def test_why_one_did_not_work_is_on_the_page(operator: Client, running: Rollout, state: str) -> None:
    make_command(running, state=state, sentence="The cluster says no.")
    html = page(operator, f"/rollouts/{running.pk}/")
    assert "The cluster says no." in html
    assert f"Roll back: {state}. The cluster says no." in html


def test_old_ones_are_folded(operator: Client, running: Rollout) -> None:
    make_command(running, requested_at=timezone.now() - timedelta(hours=2))
    assert "Earlier commands (1)" in page(operator, f"/rollouts/{running.pk}/")


def test_an_open_page_hears_of_every_stage(operator: Client, running: Rollout) -> None:
    html = page(operator, f"/rollouts/{running.pk}/")
    listened = set(re.findall(r'data-topics="([^"]*)"', html)[0].split(","))
    assert f"commands-{running.pk}" in listened
    assert access.audible(make_person("somebody", Role.VIEWER), listened) == listened
    held = version(html)
    assert ask(operator, running, held).status_code == 204
    command = make_command(running, state="requested")
    held = version(ask(operator, running, held).content.decode())
    assert ask(operator, running, held).status_code == 204
    Command.objects.filter(pk=command.pk).update(state="accepted")
    assert ask(operator, running, held).status_code == 200


def test_one_that_waits_can_be_cancelled(operator: Client, running: Rollout) -> None:
    command = make_command(running, state="requested")
    address = f"/rollouts/{running.pk}/commands/{command.pk}/"
    assert "Cancel this command" in page(operator, address)
    assert operator.post(address).status_code == 302
    command.refresh_from_db()
    assert (command.state, AuditEntry.objects.latest("number").outcome) == ("cancelled", "cancelled")


def test_an_edit_is_cancelled_by_who_may_edit_and_not_by_who_only_operates(client: Client, running: Rollout) -> None:
    given = [make_command(running, act=act, state="requested") for act in ("edit-policy", "pause")]
    edit, pause = [f"/rollouts/{running.pk}/commands/{one.pk}/" for one in given]
    editor = make_person("editor", Role.VIEWER)
    grant(editor, Role.VIEWER, edits_policies=True)
    for person, own, other in ((make_person("opal", Role.OPERATOR), pause, edit), (editor, edit, pause)):
        client.force_login(person)
        html = page(client, f"/rollouts/{running.pk}/")
        assert (f'href="{own}"' in html, f'href="{other}"' in html) == (True, False)
        assert "Cancel this command" in page(client, own)
        assert [client.get(other).status_code, client.post(other).status_code] == [403, 403]
        assert client.post(f"{other}reason/", {"reason": "why"}).status_code == 403
        assert client.post(own).status_code == 302
    assert [one.state for one in Command.objects.order_by("pk")] == ["cancelled", "cancelled"]


def test_one_that_is_carried_out_cannot_be_cancelled(operator: Client, running: Rollout) -> None:
    command = make_command(running, state="requested", claimed_until=timezone.now() + timedelta(seconds=30))
    response = operator.post(f"/rollouts/{running.pk}/commands/{command.pk}/", **HTMX)
    assert response.status_code == 409
    assert "It was too late" in response.content.decode()
    command.refresh_from_db()
    assert command.state == "requested"


def test_the_report_of_the_release_lists_them(operator: Client) -> None:
    rollout = make_rollout(phase=Phase.FAILED)
    release = make_release(rollout, outcome="failed")
    make_command(rollout, reason="wrong colour", sentence="The release is rolled back.")
    make_command(rollout, act="pause", release=2)
    html = page(operator, f"/releases/{release.pk}/")
    shown = html.partition("Commands given")[2].partition("</section>")[0]
    assert "wrong colour" in shown
    assert "Pause" not in shown

"""From a click on a page to what Flagger does, by the observer and the workers of an embedded installation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from rollouts.models import AuditEntry, Command
from tests.support.people import make_operator
from tests.support.worked import Worked, worked

pytestmark = [
    pytest.mark.skipif(not settings.EMBEDDED, reason="with Redis the workers are processes of their own"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_operator())
    return client


def click(client: Client, world: Worked, act: str) -> None:
    address = f"/rollouts/{world.rollout.pk}/acts/{act}/"
    html = client.get(address).content.decode()
    given = dict(re.findall(r'<input[^>]* name="(mark|digest)" value="([^"]*)"', html))
    assert client.post(address, given).status_code == 302


def stages() -> list[str]:
    return list(AuditEntry.objects.filter(kind="rollout").order_by("number").values_list("outcome", flat=True))


def test_a_click_reaches_a_worker_by_itself(tmp_path: Path, operator: Client) -> None:
    with worked(tmp_path) as world:  # nobody looks for what was lost
        world.release(users_on_green=True)
        click(operator, world, "roll-back")
        command = world.becomes("accepted")
        assert (world.status["failedChecks"], world.green_weight) == (2, 0)
        assert {one["kind"] for one in command.patches} == {"canaries", "virtualservices"}


def test_what_came_of_it_is_seen(tmp_path: Path, operator: Client) -> None:
    with worked(tmp_path, "settle") as world:
        world.release()
        click(operator, world, "roll-back")
        world.becomes("accepted")
        world.tick()
        assert world.becomes("observed").sentence == "The release is rolled back."
        assert stages() == ["requested", "accepted", "observed"]


def test_a_click_that_the_broker_lost_is_found(
    tmp_path: Path, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worked(tmp_path, "settle") as world:
        world.release()
        with monkeypatch.context() as patched:
            patched.setattr("rollouts.web.views.commands.wiring.enqueue", lambda task, arguments: None)
            click(operator, world, "pause")
            assert Command.objects.get().state == "requested"
        world.becomes("observed")


def test_a_right_that_was_lost_since_the_click_refuses_the_command(
    tmp_path: Path, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worked(tmp_path, "settle") as world:
        world.release()
        with monkeypatch.context() as patched:
            patched.setattr("rollouts.web.views.commands.wiring.enqueue", lambda task, arguments: None)
            click(operator, world, "roll-back")
            person = Command.objects.get().person
            assert person is not None
            person.is_active = False
            person.save()
        assert world.becomes("refused").sentence == "operator may not do this any more."
        assert world.status["failedChecks"] == 0

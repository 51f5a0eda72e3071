"""Acts by the API: shown before, requested with what was shown, followed, cancelled."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from rollouts.domain.commands import Act
from rollouts.domain.observations import Phase
from rollouts.models import AuditEntry, Command, Rollout
from tests.api.asking import get, post
from tests.api.refusing import Refuses, Tries
from tests.support.builders import BLUE, make_command
from tests.support.earlier import OLD, PROMOTED, keep_versions, make_idle
from tests.web.dialogs import becomes

pytestmark = pytest.mark.django_db


def preview(client: Client, rollout: Rollout, act: str = "roll-back", status: int = 200) -> Any:
    return post(client, f"/rollouts/{rollout.pk}/preview", status, act=act)


def request(client: Client, rollout: Rollout, status: int = 201, **given: Any) -> Any:
    return post(client, f"/rollouts/{rollout.pk}/commands", status, **given)


def asked_for(shown: Any, **changes: Any) -> dict[str, Any]:
    return {**{name: shown[name] for name in ("act", "choice", "mark", "digest")}, **changes}


class TestPreview:
    def test_it_says_what_will_be_written_and_what_users_notice(self, program: Client, running: Rollout) -> None:
        plan = preview(program, running)["plan"]
        (patch,) = plan["patches"]
        assert (patch["kind"], patch["subresource"], patch["name"]) == ("canaries", "status", "checkout")
        assert patch["body"]["status"]["failedChecks"] == 2
        assert "they are on blue and stay there" in plan["users"]
        assert (plan["effect"] != "", plan["next_at"] is not None, plan["typed"]) == (True, True, "")

    def test_an_act_that_cannot_work_says_why(self, program: Client, running: Rollout) -> None:
        found = preview(program, running, "resume")
        assert (found["plan"], found["why_not"]) == (None, "It is not suspended.")

    @pytest.mark.parametrize("act", [one.value for one in Act])
    def test_every_act_has_one(self, program: Client, running: Rollout, act: str) -> None:
        found = preview(program, running, act)
        assert found["act"] == act
        assert (found["plan"] is None) == bool(found["why_not"])

    def test_what_an_act_is_told_is_in_its_plan(self, program: Client, running: Rollout) -> None:
        told = post(program, f"/rollouts/{running.pk}/preview", act="pause", choice={"for": "30", "then": "resume"})
        assert told["plan"]["reversal"] == {
            "switch": "suspend", "seconds": 1800, "with_release": False, "by_itself": True,
        }  # fmt: skip
        made = request(program, running, **asked_for(told))
        assert made["choice"] == {"for": "30", "then": "resume"}

    @pytest.mark.parametrize(
        ("act", "choice", "said"),
        [
            ("pause", {"fro": "30"}, "pause cannot be told 'fro'. It can be told for, then."),
            ("roll-back", {"image": "x"}, "roll-back cannot be told 'image'. It can be told tick."),
        ],
    )
    def test_what_an_act_cannot_be_told_is_refused(
        self, program: Client, running: Rollout, act: str, choice: dict[str, str], said: str
    ) -> None:
        answer = post(program, f"/rollouts/{running.pk}/preview", 422, act=act, choice=choice)
        assert answer["error"]["message"] == said

    def test_what_can_be_chosen_is_read_first_and_then_named(self, program: Client, asked: list[Any]) -> None:
        idle = make_idle()
        assert "is being asked" in preview(program, idle, "earlier-version")["why_not"]
        assert [task for task, _ in asked] == ["rollouts.tasks.read_versions"]
        keep_versions(idle)
        assert f"{PROMOTED} ({OLD}, release 4 succeeded)" in preview(program, idle, "earlier-version")["why_not"]
        told = post(program, f"/rollouts/{idle.pk}/preview", act="earlier-version", choice={"version": PROMOTED})
        assert {"place": "spec.containers[podinfo].image", "now": BLUE, "then": OLD} in told["plan"]["differences"]
        assert request(program, idle, **asked_for(told))["choice"]["version"] == PROMOTED

    def test_there_are_no_other_acts(self, program: Client, running: Rollout) -> None:
        assert "body.act" in preview(program, running, "delete", 422)["error"]["message"]

    def test_a_canary_that_was_never_read_has_none(self, program: Client, running: Rollout) -> None:
        Rollout.objects.update(state={}, unreadable="spec.analysis is missing")
        assert preview(program, running, "pause", 409)["error"]["code"] == "not-possible"

    @pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", '{"act": "pause", "patch": {}}'])
    def test_a_body_that_is_none_is_refused(self, program: Client, running: Rollout, body: str) -> None:
        response = program.post(f"/api/v1/rollouts/{running.pk}/preview", body, content_type="application/json")
        assert response.status_code in (400, 422)
        assert response.json()["error"]["code"] in ("malformed", "invalid")


class TestRequest:
    def test_what_was_shown_becomes_a_command(
        self, program: Client, running: Rollout, asked: list[tuple[str, dict[str, Any]]]
    ) -> None:
        made = request(program, running, **asked_for(preview(program, running), reason=" wrong colour "))
        assert (made["act"], made["state"], made["reason"], made["person"], made["cancellable"]) == (
            "roll-back", "requested", "wrong colour", "operator", True,
        )  # fmt: skip
        assert asked == [("rollouts.tasks.carry_out", {"command": made["id"]})]
        entry = AuditEntry.objects.get(kind="rollout")
        assert (entry.person, entry.outcome, entry.address) == ("operator", "requested", "127.0.0.1")
        assert get(program, f"/commands/{made['id']}") == made
        assert get(program, f"/rollouts/{running.pk}/commands")["items"] == [made]

    def test_sent_twice_it_is_one(
        self, program: Client, running: Rollout, asked: list[tuple[str, dict[str, Any]]]
    ) -> None:
        given = asked_for(preview(program, running))
        assert request(program, running, **given)["id"] == request(program, running, **given)["id"]
        assert (Command.objects.count(), len(asked)) == (1, 1)

    def test_what_has_changed_meanwhile_is_shown_anew_and_can_then_be_had(
        self, program: Client, running: Rollout
    ) -> None:
        given = asked_for(preview(program, running))
        becomes(running, phase=Phase.WAITING_PROMOTION, iterations=2, last_applied="ccc")
        error = request(program, running, 409, **given)["error"]
        assert (error["code"], Command.objects.count()) == ("changed", 0)
        assert error["preview"]["digest"] != given["digest"]
        request(program, running, **asked_for(error["preview"]))

    def test_what_can_no_longer_work_is_refused_with_the_reason(self, program: Client, running: Rollout) -> None:
        given = asked_for(preview(program, running))
        becomes(running, phase=Phase.PROMOTING)
        error = request(program, running, 409, **given)["error"]
        assert error["code"] == "not-possible"
        assert "the old version is already being overwritten" in error["message"]
        assert error["preview"]["plan"] is None

    def test_the_same_of_somebody_else_is_under_way(self, program: Client, running: Rollout) -> None:
        given = asked_for(preview(program, running))
        make_command(running, state="requested")
        error = request(program, running, 409, **given)["error"]
        assert (error["code"], error["message"]) == ("not-possible", "The same is under way already.")

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"mark": "1"}, 422),
            ({"digest": "made up"}, 409),
            ({"reason": "x" * 1001}, 422),
            ({"reason": "a\0b"}, 422),
            ({"choice": {"image": 7}}, 422),
            ({"patches": []}, 422),
        ],
    )
    def test_what_no_preview_has_given_is_refused(
        self, program: Client, running: Rollout, changes: dict[str, Any], status: int
    ) -> None:
        request(program, running, status, **asked_for(preview(program, running), **changes))
        assert not Command.objects.exists()


class TestCancel:
    def test_in_time_it_is_cancelled(self, program: Client, running: Rollout) -> None:
        command = make_command(running, state="requested")
        assert post(program, f"/commands/{command.pk}/cancel")["state"] == "cancelled"
        assert AuditEntry.objects.get(kind="rollout").outcome == "cancelled"

    def test_later_it_is_too_late(self, program: Client, running: Rollout) -> None:
        command = make_command(running, state="accepted")
        assert "too late" in post(program, f"/commands/{command.pk}/cancel", 409)["error"]["message"]


class TestWhoMayNot(Refuses):
    @pytest.fixture
    def tries(self, running: Rollout, program: Client) -> Tries:
        given = asked_for(preview(program, running))
        command = make_command(running, act="pause", state="requested")
        return [
            (f"/rollouts/{running.pk}/preview", {"act": "roll-back"}),
            (f"/rollouts/{running.pk}/commands", given),
            (f"/rollouts/{running.pk}/commands", {**given, "mark": str(uuid4())}),
            (f"/commands/{command.pk}/cancel", {}),
            (f"/commands/{command.pk}/reason", {"reason": "wrong colour"}),
        ]

    def stays(self) -> None:
        assert list(Command.objects.values_list("act", "state", "reason")) == [("pause", "requested", "")]


def test_who_sees_a_rollout_is_not_told_values_of_its_configmaps(program: Client, running: Rollout) -> None:
    choice = {"setting": "settings/pageSize", "value": "80", "replaced": "50"}
    make_command(running, Act.CONFIG_VALUE, choice=choice)
    (found,) = get(program, f"/rollouts/{running.pk}/commands")["items"]
    assert found["choice"] == {"setting": "settings/pageSize", "value": "(hidden)", "replaced": "(hidden)"}

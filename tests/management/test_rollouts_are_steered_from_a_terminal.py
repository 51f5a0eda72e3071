"""`manage.py rollout`: what it tells, what it asks for and in whose name, and the exit codes that a pipeline reads."""

from __future__ import annotations

import pytest
from django.test import override_settings

from rollouts.domain.observations import Phase
from rollouts.models import AuditEntry, Command, Covers, RequiredReason, Role, Rollout
from tests.management.terminal import ends, fails, in_turn, is_now, rollout
from tests.support.builders import BLUE, make_cluster, make_command, make_release, make_rollout
from tests.support.earlier import BAD, FAILED, OLD, PROMOTED, keep_versions, make_idle
from tests.support.people import grant, make_operator, make_person
from tests.web.dialogs import becomes

pytestmark = pytest.mark.django_db
PLACE = "eu-west/shop/checkout"


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Rollout:
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
    make_operator("olga")
    return make_rollout(make_cluster("eu-west"), phase=Phase.PROGRESSING, iterations=1)


class TestLooking:
    def test_a_list_has_one_line_for_each(self, running: Rollout) -> None:
        make_rollout(make_cluster("us-east"), name="search", phase=Phase.FAILED)
        lines = [line.split("\t") for line in rollout("list")]
        assert [(line[0], line[1]) for line in lines] == [(PLACE, "Progressing"), ("us-east/shop/search", "Failed")]
        assert lines[0][2] == "1 of 3 iterations"

    @pytest.mark.parametrize("narrowed", [["--cluster", "eu-west"], ["--phase", "Progressing"], ["--part", "running"]])
    def test_a_list_is_narrowed(self, running: Rollout, narrowed: list[str]) -> None:
        make_rollout(make_cluster("us-east"), name="search", phase=Phase.FAILED)
        assert [line.split("\t")[0] for line in rollout("list", *narrowed)] == [PLACE]

    def test_one_says_where_it_stands_and_what_may_be_asked(self, running: Rollout) -> None:
        make_release(running)
        lines = rollout("show", PLACE)
        assert "Phase: Progressing, 1 of 3 iterations" in lines
        assert "roll-back: possible" in lines
        assert "resume: It is not suspended." in lines
        assert rollout("show", str(running.pk)) == lines

    def test_who_sees_a_part_finds_nothing_else(self, running: Rollout) -> None:
        grant(make_person("bob"), Role.OPERATOR, Covers.NAMESPACE, namespace="bank")
        assert rollout("list", who="bob") == []
        assert fails("show", PLACE, who="bob") == (1, f"There is no rollout {PLACE}.")


class TestInWhoseName:
    def test_nobody_is_not_enough(self, running: Rollout) -> None:
        assert fails("list", who="") == (1, "Say in whose name: --as USER, or KURATOR_UI_USER.")

    def test_the_setting_names_somebody_too(self, running: Rollout) -> None:
        with override_settings(COMMAND_LINE_USER="olga"):
            assert len(rollout("list", who="")) == 1

    def test_an_account_that_was_stopped_does_nothing(self, running: Rollout) -> None:
        make_person("gone", Role.ADMIN, is_active=False)
        assert fails("list", who="gone") == (1, "There is no account 'gone' that may sign in.")

    def test_a_viewer_may_not_act(self, running: Rollout) -> None:
        make_person("vera", Role.VIEWER)
        code, said = fails("roll-back", PLACE, who="vera")
        assert (code, "Ask somebody who administers eu-west." in said) == (1, True)
        assert not Command.objects.exists()


class TestActing:
    @pytest.mark.parametrize("word", ["roll-back", "rollback"])
    def test_it_tells_what_it_does_and_requests_it(self, running: Rollout, word: str) -> None:
        lines = rollout(word, PLACE, "--reason", "wrong colour")
        command = Command.objects.get()
        assert (command.act, command.state, command.reason) == ("roll-back", "requested", "wrong colour")
        assert any("Flagger rolls back at its next tick" in line for line in lines)
        assert lines[-1] == f"Requested as command {command.pk}."
        entry = AuditEntry.objects.get(kind="rollout")
        assert entry.person.startswith("olga, by ")
        assert entry.person.endswith(" (command line)")
        assert entry.person_id == command.person_id

    def test_a_dry_run_only_tells(self, running: Rollout) -> None:
        assert any(line.startswith("Written: canaries/status") for line in rollout("roll-back", PLACE, "--dry-run"))
        assert not Command.objects.exists()

    def test_an_act_is_told_what_is_chosen(self, running: Rollout) -> None:
        rollout("pause", PLACE, "--choose", "for=30", "--choose", "then=resume")
        assert Command.objects.get().choice == {"for": "30", "then": "resume"}
        code, said = fails("pause", PLACE, "--choose", "fro=30")
        assert (code, said) == (1, "pause cannot be told 'fro'. It can be told for, then.")

    def test_an_earlier_version_is_waited_for_until_a_worker_has_read_them(self, running: Rollout) -> None:
        make_idle(cluster=running.cluster, name="cart")
        cart = Rollout.objects.get(name="cart")
        words = ("earlier-version", "eu-west/shop/cart")
        code, said = fails(*words, pause=in_turn(lambda: None, lambda: keep_versions(cart)))
        assert (code, f"Known are {FAILED} ({BAD}, release 5 failed); {PROMOTED}" in said) == (1, True), said
        told = rollout(*words, "--choose", f"version={PROMOTED}")
        assert f"Differs: spec.containers[podinfo].image: {BLUE} -> {OLD}" in told
        assert Command.objects.get().choice["version"] == PROMOTED

    def test_what_cannot_work_now_says_why(self, running: Rollout) -> None:
        assert fails("resume", PLACE) == (1, "It is not suspended.")

    def test_what_is_under_way_is_not_asked_for_twice(self, running: Rollout) -> None:
        rollout("roll-back", PLACE)
        assert fails("roll-back", PLACE) == (1, "The same is under way already.")

    def test_it_waits_until_that_was_seen(self, running: Rollout) -> None:
        lines = rollout("roll-back", PLACE, "--wait", pause=in_turn(is_now("accepted"), is_now("observed")))
        assert [line.partition(":")[0] for line in lines[-2:]] == ["accepted by the cluster", "observed"]

    @pytest.mark.parametrize("state", ["refused", "failed", "expired", "cancelled"])
    def test_an_end_of_another_kind_has_a_code_of_its_own(self, running: Rollout, state: str) -> None:
        code, said = fails("roll-back", PLACE, "--wait", pause=in_turn(is_now(state)))
        assert (code, said) == (3, f"{state}: so it is")

    def test_so_has_waiting_for_too_long(self, running: Rollout) -> None:
        code, said = fails("roll-back", PLACE, "--wait", "--timeout", "0s")
        assert (code, said) == (4, "It is still requested.")


class TestReasons:
    def test_a_roll_back_tells_what_it_still_owes_and_takes_it(self, running: Rollout) -> None:
        RequiredReason.objects.create()
        lines, command = rollout("roll-back", PLACE), Command.objects.get()
        assert lines[-1].startswith(f"A reason is still required, of command {command.pk}: ")
        assert rollout("reason", str(command.pk), " wrong colour ") == ["The reason is kept."]
        command.refresh_from_db()
        assert (command.reason, command.owes_reason) == ("wrong colour", False)
        entry = AuditEntry.objects.get(act="give-reason")
        assert (entry.person.startswith("olga, by "), entry.reason) == (True, "wrong colour")

    def test_where_none_is_required_none_is_asked_for(self, running: Rollout) -> None:
        assert rollout("roll-back", PLACE)[-1] == f"Requested as command {Command.objects.get().pk}."

    @pytest.mark.parametrize(
        ("given", "reason", "said"),
        [
            ("", " ", "Say why."),
            ("the first", "wrong colour", "It has a reason already."),
        ],
    )
    def test_it_is_said_once(self, running: Rollout, given: str, reason: str, said: str) -> None:
        command = make_command(running, person=make_operator("bob"), reason=given)
        assert fails("reason", str(command.pk), reason, who="bob") == (1, said)

    def test_nobody_else_says_it(self, running: Rollout) -> None:
        command = make_command(running, person=make_operator("bob"), person_name="bob")
        said = "bob asked for it, and nobody else can say why."
        assert fails("reason", str(command.pk), "wrong colour") == (1, said)

    def test_who_may_not_act_any_more_says_nothing(self, running: Rollout) -> None:
        command = make_command(running, person=make_person("bob", Role.VIEWER))
        code, said = fails("reason", str(command.pk), "wrong colour", who="bob")
        assert (code, "not act on it" in said) == (1, True)


class TestWatching:
    def test_each_step_is_told_until_the_release_has_ended(self, running: Rollout) -> None:
        release = make_release(running)
        pause = in_turn(
            lambda: becomes(running, phase=Phase.PROGRESSING, iterations=2),
            lambda: None,
            lambda: ends(release, "succeeded"),
        )
        assert rollout("watch", PLACE, "--until", "succeeded", pause=pause) == [
            "Release 1: Progressing, 1 of 3 iterations",
            "Release 1: Progressing, 2 of 3 iterations",
            "Release 1: succeeded.",
        ]

    def test_another_end_has_a_code_of_its_own_and_says_why(self, running: Rollout) -> None:
        ends(make_release(running), "failed", why="It was too slow.")
        assert fails("watch", PLACE, "--until", "succeeded") == (3, "Release 1: failed. It was too slow.")

    def test_any_end_is_enough_unless_one_is_named(self, running: Rollout) -> None:
        ends(make_release(running), "failed")
        assert rollout("watch", PLACE) == ["Release 1: failed."]

    def test_the_next_release_can_be_waited_for(self, running: Rollout) -> None:
        ends(make_release(running), "succeeded")
        pause = in_turn(lambda: ends(make_release(running, 2), "succeeded"))
        assert rollout("watch", PLACE, "--new", "--until", "succeeded", pause=pause) == [
            "Waiting for a release to begin.",
            "Release 2: succeeded.",
        ]

    def test_what_does_not_come_in_time_has_its_own_code_too(self, running: Rollout) -> None:
        make_release(running)
        assert fails("watch", PLACE, "--timeout", "0s") == (4, "It has not come so far in time.")

    @pytest.mark.parametrize("text", ["15", "m", "-1s", "1d"])
    def test_a_duration_that_is_none_is_refused(self, running: Rollout, text: str) -> None:
        _, said = fails("watch", PLACE, f"--timeout={text}")
        assert "is no duration: give 90s, 15m or 2h" in said

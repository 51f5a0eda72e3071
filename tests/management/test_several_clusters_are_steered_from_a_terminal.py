"""`manage.py rollout ACT --application`: in several clusters, or through a policy, with codes that a pipeline reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, AuditEntry, Batch, Command, Covers, Release, RequiredReason, Role, Rollout
from tests.management.terminal import ends, fails, in_turn, is_now, rollout
from tests.support.builders import make_batch, make_command, make_release
from tests.support.governed import POLICY, make_policy, make_policy_command
from tests.support.people import grant, make_operator, make_person
from tests.support.scenes import NAMES, running_everywhere
from tests.web.dialogs import becomes

pytestmark = pytest.mark.django_db
OF = ("--application", "shop/checkout")
ALL = (*OF, "--all-clusters")


@pytest.fixture
def rollouts(monkeypatch: pytest.MonkeyPatch) -> list[Rollout]:
    monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
    make_operator("olga")
    return running_everywhere()


def told(lines: list[str], begin: str) -> list[str]:
    return [line for line in lines if line.startswith(begin)]


class TestSeveral:
    def test_it_tells_what_it_does_in_each_and_requests_it(self, rollouts: list[Rollout]) -> None:
        lines = rollout("rollback", *ALL, "--reason", "wrong colour")
        batch = Batch.objects.get()
        assert (batch.act, batch.in_turn, batch.reason) == ("roll-back", False, "wrong colour")
        assert list(batch.commands.values_list("state", flat=True)) == ["requested"] * 3
        assert len(told(lines, "us-east: Effect: ")) == 1
        assert lines[-1] == f"Requested as batch {batch.pk}, in ap-south, eu-west, us-east."
        assert AuditEntry.objects.get(kind="application").person.startswith("olga, by ")

    def test_by_itself_it_goes_in_turn_as_in_the_dialog(self, rollouts: list[Rollout]) -> None:
        rollout("pause", *ALL)
        batch = Batch.objects.get()
        assert (batch.in_turn, batch.pause, batch.goes_on) == (True, 60, False)

    def test_the_clusters_that_are_named_are_in_their_order(self, rollouts: list[Rollout]) -> None:
        rollout("pause", *OF, "--cluster", "us-east", "--cluster", "ap-south", "--between", "0s", "--go-on")
        batch = Batch.objects.get()
        assert (batch.pause, batch.goes_on) == (0, True)
        found = batch.commands.order_by("pk").values_list("rollout__cluster__name", flat=True)
        assert list(found) == ["us-east", "ap-south"]

    def test_all_at_once_when_that_is_said(self, rollouts: list[Rollout]) -> None:
        rollout("pause", *ALL, "--at-once")
        assert not Batch.objects.get().in_turn

    def test_it_is_told_what_is_chosen_for_all(self, rollouts: list[Rollout]) -> None:
        lines = rollout("pause", *ALL, "--choose", "for=30", "--choose", "then=resume")
        assert all("by itself 30 minutes after it is paused" in line for line in told(lines, "us-east: Effect: "))
        assert [one.choice for one in Command.objects.all()] == [{"for": "30", "then": "resume"}] * 3

    def test_what_cannot_be_chosen_is_told_of_each(self, rollouts: list[Rollout]) -> None:
        assert fails("pause", *ALL, "--choose", "for=0") == (1, "In no cluster is it possible now.")

    def test_a_roll_back_tells_of_which_commands_a_reason_is_still_required(self, rollouts: list[Rollout]) -> None:
        RequiredReason.objects.create()
        lines = rollout("roll-back", *ALL)
        ids = ", ".join(str(one.pk) for one in Command.objects.order_by("pk"))
        assert lines[-1].startswith(f"A reason is still required, of command {ids}: ")

    def test_where_it_cannot_work_is_left_out_with_the_reason(self, rollouts: list[Rollout]) -> None:
        becomes(rollouts[1], phase=Phase.PROMOTING)
        lines = rollout("roll-back", *ALL)
        assert "already being overwritten" in told(lines, "eu-west is left out: ")[0]
        assert Batch.objects.get().commands.count() == 2

    def test_a_cluster_that_is_named_is_not_left_out(self, rollouts: list[Rollout]) -> None:
        becomes(rollouts[1], phase=Phase.PROMOTING)
        code, said = fails("roll-back", *OF, "--cluster", "eu-west", "--cluster", "us-east")
        assert (code, said.startswith("eu-west: "), Batch.objects.count()) == (1, True, 0)
        assert fails("roll-back", *OF, "--cluster", "moon") == (
            1, "shop/checkout is in no cluster 'moon'. It is in ap-south, eu-west, us-east.",
        )  # fmt: skip

    def test_nowhere_is_an_error(self, rollouts: list[Rollout]) -> None:
        assert fails("resume", *ALL) == (1, "In no cluster is it possible now.")

    def test_a_dry_run_only_tells(self, rollouts: list[Rollout]) -> None:
        assert told(rollout("roll-back", *ALL, "--dry-run"), "us-east: Written: canaries/status")
        assert not Command.objects.exists()

    def test_what_has_to_be_typed_is_given(self, rollouts: list[Rollout]) -> None:
        assert fails("skip-iterations", *ALL) == (1, "Type checkout to confirm.")
        rollout("skip-iterations", *ALL, "--confirm", "checkout")
        assert Batch.objects.get().act == "skip-iterations"

    def test_a_required_reason_is_missed(self, rollouts: list[Rollout]) -> None:
        RequiredReason.objects.create()
        assert fails("pause", *ALL) == (1, "Say why: a reason is required.")

    def test_a_roll_back_has_no_turns(self, rollouts: list[Rollout]) -> None:
        code, said = fails("roll-back", *ALL, "--between", "1m")
        assert (code, "goes to all clusters at once" in said) == (1, True)

    def test_an_act_of_one_rollout_is_refused(self, rollouts: list[Rollout]) -> None:
        code, said = fails("promote", *ALL)
        assert (code, "is not asked for in several clusters" in said) == (1, True)

    def test_who_may_act_in_some_acts_there_alone(self, rollouts: list[Rollout]) -> None:
        person = make_person("bob", Role.VIEWER)
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[1].cluster)
        assert "Ask somebody" in told(rollout("pause", *ALL, who="bob"), "us-east is left out: ")[0]
        assert [one.rollout for one in Command.objects.all()] == [rollouts[1]]

    def test_who_may_act_nowhere_does_not(self, rollouts: list[Rollout]) -> None:
        make_person("vera", Role.VIEWER)
        assert fails("pause", *ALL, who="vera")[0] == 1
        assert fails("pause", *ALL, who="vera")[1].startswith("You may see this application, but not act on it")
        make_person("nobody")
        assert fails("pause", *ALL, who="nobody") == (1, "There is no application shop/checkout.")


class TestWaiting:
    def test_it_waits_until_it_has_come_about_in_all(self, rollouts: list[Rollout]) -> None:
        lines = rollout("pause", *ALL, "--at-once", "--wait", pause=in_turn(is_now("accepted"), all_end("observed")))
        assert told(lines, "us-east: ")[-2:] == [
            "us-east: accepted by the cluster. so it is", "us-east: observed. so it is",
        ]  # fmt: skip

    def test_where_it_has_not_is_named_with_a_code_of_its_own(self, rollouts: list[Rollout]) -> None:
        assert fails("pause", *ALL, "--wait", pause=in_turn(all_end("refused"))) == (
            3, "It did not come about in ap-south, eu-west, us-east.",
        )  # fmt: skip

    def test_what_lasts_goes_on(self, rollouts: list[Rollout]) -> None:
        code, said = fails("pause", *ALL, "--wait", "--timeout", "0s")
        assert (code, said) == (4, f"Batch {Batch.objects.get().pk} has not ended in time, and goes on.")


def all_end(state: str) -> Any:
    def happens() -> None:
        is_now(state)()
        Batch.objects.update(ended_at=timezone.now())

    return happens


class TestWords:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (OF, "With --application say where"),
            ((*OF, "--at-once"), "With --application say where"),
            (("eu-west/shop/checkout", "--all-clusters"), "--all-clusters needs --application."),
            (("eu-west/shop/checkout", "--between", "0s"), "--between needs --application."),
            ((*ALL, "--choose", "form=30"), "pause cannot be told 'form' in several clusters."),
            ((*OF, "--policy", "x", "--at-once"), "A policy has no turns"),
            ((*ALL, "eu-west/shop/checkout"), "not allowed with argument"),
            ((*ALL, "--policy", "x"), "not allowed with argument"),
            ((*ALL, "--at-once", "--between", "1m"), "not allowed with argument"),
            ((*ALL, "--between", "2h"), "a pause lasts an hour at most"),
            ((), "is required"),
        ],
    )
    def test_that_do_not_go_together_are_refused(
        self, rollouts: list[Rollout], words: tuple[str, ...], said: str
    ) -> None:
        code, sentence = fails("pause", *words)
        assert said in sentence
        assert code in (1, 2)  # of what argparse refuses only a process says 2
        assert not Command.objects.exists()

    def test_two_applications_of_one_name_are_told_apart_by_their_ids(self, rollouts: list[Rollout]) -> None:
        plain = Application.objects.get()
        governed = make_policy("eu-north", phase=Phase.PROGRESSING)
        code, said = fails("pause", *ALL)
        assert (code, f"{plain.pk} (plain Canaries), {governed.pk} (hub)" in said) == (1, True)
        rollout("pause", "--application", str(plain.pk), "--all-clusters")
        assert Batch.objects.get().application == plain


class TestPolicies:
    @pytest.fixture
    def application(self, monkeypatch: pytest.MonkeyPatch) -> Application:
        monkeypatch.setattr("rollouts.wiring.enqueue", lambda task, arguments: None)
        make_operator("olga")
        return make_policy("eu-west", "us-east", phase=Phase.PROGRESSING, iterations=1)

    def test_one_is_acted_on_by_its_name(self, application: Application) -> None:
        lines = rollout("pause", *OF, "--policy", POLICY, "--reason", "lunch")
        command = Command.objects.get()
        assert (command.policy, command.act, command.reason) == (POLICY, "pause", "lunch")
        assert told(lines, "Written: applications shop/checkout")
        assert lines[-1] == f"Requested as command {command.pk}."

    def test_promote_is_promote_now_and_wants_the_name(self, application: Application) -> None:
        assert fails("promote", *OF, "--policy", POLICY) == (1, "Type checkout to confirm.")
        rollout("promote", *OF, "--policy", POLICY, "--confirm", "checkout")
        assert Command.objects.get().act == "promote-now"

    def test_it_is_told_what_is_chosen(self, application: Application) -> None:
        rollout("pause", *OF, "--policy", POLICY, "--choose", "for=30")
        assert Command.objects.get().choice == {"for": "30"}
        assert "cannot be told 'fro'" in fails("pause", *OF, "--policy", POLICY, "--choose", "fro=30")[1]

    def test_it_waits_for_it(self, application: Application) -> None:
        code, said = fails("pause", *OF, "--policy", POLICY, "--wait", pause=in_turn(is_now("expired")))
        assert (code, said) == (3, "expired: so it is")

    def test_what_cannot_work_and_what_is_not_there_is_said(self, application: Application) -> None:
        assert fails("resume", *OF, "--policy", POLICY) == (1, "The policy is not suspended.")
        assert fails("pause", *OF, "--policy", "other") == (
            1, f"There is no policy 'other' of shop/checkout. Known: {POLICY}.",
        )  # fmt: skip
        make_person("vera", Role.VIEWER)
        assert "needs the right to act in every cluster" in fails("pause", *OF, "--policy", POLICY, who="vera")[1]

    def test_each_is_shown_with_what_may_be_asked_of_it(self, application: Application) -> None:
        lines = rollout("show", *OF)
        assert [line.split("\t")[0] for line in lines[:2]] == ["eu-west/shop/checkout", "us-east/shop/checkout"]
        assert lines[2] == f"Policy {POLICY}: in eu-west, us-east"
        assert "  pause: possible" in lines
        make_person("vera", Role.VIEWER)
        assert "needs the right to act" in rollout("show", *OF, who="vera")[3]

    def test_a_command_of_one_is_cancelled(self, application: Application) -> None:
        command = make_policy_command(application, state="requested")
        make_person("vera", Role.VIEWER)
        assert fails("cancel", str(command.pk), who="vera")[0] == 1
        assert rollout("cancel", str(command.pk)) == ["Cancelled."]


class TestStopping:
    def test_a_command_is_cancelled_in_time(self, rollouts: list[Rollout]) -> None:
        command = make_command(rollouts[0], state="requested")
        assert rollout("cancel", str(command.pk)) == ["Cancelled."]
        assert fails("cancel", str(command.pk)) == (1, "It was too late: it is being carried out already.")
        assert fails("cancel", "4711") == (1, "There is no command 4711.")

    def test_a_batch_is_stopped(self, rollouts: list[Rollout]) -> None:
        batch = make_batch(rollouts, states=["accepted", "waiting", "waiting"])
        make_person("vera", Role.VIEWER)
        assert fails("stop", str(batch.pk), who="vera")[1].startswith("You may not act in all clusters of it.")
        assert rollout("stop", str(batch.pk)) == ["Stopped: what had not begun never will."]
        assert list(batch.commands.order_by("pk").values_list("state", flat=True)) == [
            "accepted", "cancelled", "cancelled",
        ]  # fmt: skip
        assert fails("stop", str(batch.pk)) == (1, "It was too late: nothing of it is left to be stopped.")
        assert fails("stop", "4711") == (1, "There is no batch 4711.")


class TestWatching:
    def test_the_release_of_each_cluster_is_followed_to_its_end(self, rollouts: list[Rollout]) -> None:
        releases = [make_release(one) for one in rollouts]
        pause = in_turn(lambda: ends(releases[1], "succeeded"), lambda: all_succeed(releases))
        lines = rollout("watch", *OF, "--until", "succeeded", pause=pause)
        assert lines[:3] == [f"{name}: Release 1: Progressing, 1 of 3 iterations" for name in NAMES]
        assert lines[3:] == [f"{name}: Release 1: succeeded." for name in ("eu-west", "ap-south", "us-east")]

    def test_the_first_that_ends_otherwise_ends_it(self, rollouts: list[Rollout]) -> None:
        for one in rollouts[:2]:
            make_release(one)
        ends(make_release(rollouts[2]), "failed", why="It was too slow.")
        assert fails("watch", *OF, "--until", "succeeded") == (3, "us-east: Release 1: failed. It was too slow.")

    def test_the_next_release_of_each_can_be_waited_for(self, rollouts: list[Rollout]) -> None:
        for one in rollouts:
            ends(make_release(one), "succeeded")
        pause = in_turn(lambda: all_succeed([make_release(one, 2) for one in rollouts]))
        lines = rollout("watch", *OF, "--new", pause=pause)
        assert lines[3:] == [f"{name}: Release 2: succeeded." for name in NAMES]


def all_succeed(releases: list[Release]) -> None:
    for one in releases:
        ends(one, "succeeded")

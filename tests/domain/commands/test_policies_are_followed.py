"""How far an act on a policy has come, cluster by cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.changes import observe
from rollouts.domain.commands import POLICY_ACTS, Act, Followed
from rollouts.domain.commands.governed import bind_policy, have_ended
from rollouts.domain.commands.policy_following import InCluster, Promised, in_all, lacking, told_so_far
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.policied import governed
from tests.support.seen import at, canary, workload

YES, NO = Followed(True, "It is done."), Followed(False, "It failed.")


def seen(*followed: Followed | None, so_far: str = "") -> list[InCluster]:
    return [InCluster(number, f"c{number}", one, so_far) for number, one in enumerate(followed, 1)]


def after(state: RolloutState, phase: Phase) -> RolloutState:
    step = observe(state, canary(60, phase, last_applied="bbb"), seen_at=at(60), listed=False)
    assert step is not None
    return step.state


class TestAllClusters:
    def test_it_has_come_about_when_it_has_everywhere(self) -> None:
        assert in_all(seen(YES, None), "Done") is None
        assert in_all([], "Done") is None
        assert in_all(seen(YES, YES), "Done") == Followed(True, "Done in all 2 clusters.")
        assert in_all(seen(YES), "Done") == Followed(True, "Done in c1.")

    def test_where_one_fails_it_has_failed_once_the_others_have_ended(self) -> None:
        assert in_all(seen(NO, None), "Done") is None
        assert in_all(seen(YES, NO, NO), "Done") == Followed(False, "c2 and c3: It failed.")

    def test_the_clusters_where_it_is_missing_are_named(self) -> None:
        assert lacking(seen(YES, None, NO)) == ["c2", "c3"]

    def test_what_is_told_so_far_is_told_once_for_clusters_alike(self) -> None:
        assert told_so_far(seen(None, None)) == ""
        assert told_so_far(seen(YES, None, None)) == "c1: It is done. c2 and c3: Still to come."
        assert told_so_far(seen(None, so_far="1 of 2 pods.")) == "c1: 1 of 2 pods."


@pytest.mark.parametrize(("act", "suspended"), [(Act.PAUSE, True), (Act.RESUME, False)])
def test_a_pause_and_its_end_are_seen_in_each_canary(act: Act, suspended: bool) -> None:
    found = governed(running(suspended=suspended), running(suspended=not suspended), None)
    first, second = POLICY_ACTS[act].seen(found, Promised({}))
    assert (first.followed is not None, second.followed) == (True, None)


class TestPromotion:
    def follow(self, before: RolloutState, now: RolloutState | None) -> list[InCluster]:
        """Beside a cluster in which nothing ran."""
        promised = Promised(bind_policy(governed(before, idle())), {"1": "old"})
        return list(POLICY_ACTS[Act.PROMOTE_NOW].seen(governed(now, idle()), promised))

    def blue(self, state: RolloutState, template: str, ready: int = 2) -> RolloutState:
        found: Workload = workload("checkout-primary", "new", ready=ready, template=template)
        return replace(state, blue=found)

    def test_it_is_followed_where_a_release_was_analysed(self) -> None:
        state = running(iterations=1)
        (one,) = self.follow(state, state)
        assert (one.name, one.followed, one.so_far) == ("c1", None, "")

    def test_it_has_come_when_blue_is_ready_with_another_template(self) -> None:
        state = running(iterations=1)
        done = after(after(after(state, Phase.PROMOTING), Phase.FINALISING), Phase.SUCCEEDED)
        (stale,) = self.follow(state, self.blue(done, "old"))
        assert (stale.followed, stale.so_far) == (None, "Promoted. Blue's pods are still to be looked at.")
        (rolling,) = self.follow(state, self.blue(done, "new", ready=1))
        assert (rolling.followed, "1 of 2 pods are ready" in rolling.so_far) == (None, True)
        (ready,) = self.follow(state, self.blue(done, "new"))
        assert ready.followed == Followed(True, "The release is promoted, and blue is ready with it.")

    def test_a_canary_that_is_gone_ends_it_there(self) -> None:
        (one,) = self.follow(running(iterations=1), None)
        assert one.followed == Followed(False, "The Canary was deleted.")

    def test_the_releases_that_were_shown_have_ended_when_all_have(self) -> None:
        state = running(iterations=1)
        bound = bind_policy(governed(state, state))
        failed = after(state, Phase.FAILED)
        assert not have_ended(bound, governed(failed, state))
        assert have_ended(bound, governed(failed, failed))
        assert have_ended(bound, governed(failed, None))

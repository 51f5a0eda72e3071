"""What a person has made of a policy, asked for as an act: what is written, what is warned of, and when it is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import ALL_POLICY_ACTS, Act, Governed, Plan, Refusal, Wanted, judge_policy
from rollouts.domain.commands.policy_following import Promised, in_all, told_so_far
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.policied import governed
from tests.support.policies import POLICY, policy
from tests.support.seen import at

INTERVAL = "rolloutPolicy__trafficAnalysis__checkIntervalSeconds"


def draft(**texts: str) -> Draft:
    return Draft(POLICY, {**shown(read(POLICY)), **texts})


def present(*states: RolloutState | None, rollout: Any = POLICY, **given: Any) -> Governed:
    return governed(*states, rollout=rollout, named=True, **given)


def judged(found: Governed, **texts: str) -> Plan | Refusal:
    return judge_policy(Wanted(Act.EDIT_POLICY, "mark-1", draft=draft(**texts)), found, at(45))


def planned(found: Governed, **texts: str) -> Plan:
    plan = judged(found, **texts)
    assert isinstance(plan, Plan), str(plan)
    return plan


def test_exactly_the_changed_places_are_written_and_guarded() -> None:
    (patch,) = planned(present(idle()), interval="60", suspended="on").patches
    at_ = "/spec/syncPolicies/1"
    assert [dict(one) for one in patch.body if isinstance(one, dict)] == [
        {"op": "test", "path": "/metadata/generation", "value": 7},
        {"op": "test", "path": f"{at_}/rollout/workload/name", "value": "checkout"},
        {"op": "test", "path": f"{at_}/name", "value": "prod"},
        {
            "op": "replace",
            "path": f"{at_}/rollout/rolloutPolicy/trafficAnalysis/checkIntervalSeconds",
            "value": 60,
        },
        {"op": "add", "path": f"{at_}/rollout/rolloutPolicy/suspend", "value": True},
    ]
    assert patch.says == "trafficAnalysis/checkIntervalSeconds, suspend"


def test_it_says_who_may_undo_it_and_where_a_release_runs() -> None:
    plan = planned(present(running(), idle()), interval="60")
    assert plan.undone_by == ("Flux (flux-system/apps), when what it keeps says otherwise.",)
    assert plan.warnings[0] == "A release runs in c1: from the next tick on it is judged by the new policy."
    assert plan.typed == ""


def test_whoever_switches_the_analysis_off_types_the_name() -> None:
    plan = planned(present(idle()), skips="on")
    assert plan.typed == "checkout"
    assert any("goes live unchecked" in one for one in plan.warnings)


def test_it_may_be_what_corrects_a_policy_that_reaches_no_canary() -> None:
    trouble = Trouble(TroubleKind.INCOMPLETE, "rolloutPolicy.trafficAnalysis", "it is missing", "prod")
    plan = planned(present(None, troubles=(trouble,)), interval="60")
    assert "No Canary of it is in c1 yet; one that comes has the same setting." in plan.warnings


def test_what_somebody_else_changed_too_is_refused_by_name() -> None:
    refusal = judged(present(idle(), rollout=policy(**{INTERVAL: 30})), interval="60")
    assert str(refusal) == (
        "Somebody else has changed the same meanwhile: interval. Edit it further, from what it is now."
    )


@pytest.mark.parametrize(
    ("rollout", "said"), [(None, "The text of this policy is not known here."), (policy(**{INTERVAL: 60}), "already")]
)
def test_what_cannot_be_written_is_refused(rollout: Any, said: str) -> None:
    assert said in str(judged(present(idle(), rollout=rollout), interval="60"))


class TestFollowing:
    seen = staticmethod(ALL_POLICY_ACTS[Act.EDIT_POLICY].seen)

    def promised(self, **looked: str) -> Promised:
        return Promised({}, draft=draft(interval="60"), looked={k[1:]: v for k, v in looked.items()}, generation=7)

    def now(self, generation: int = 8, **given: Any) -> Governed:
        found = present(idle(), idle(), **{"rollout": policy(**{INTERVAL: 60}), **given})
        return replace(found, generation=generation)

    def test_it_is_there_when_every_canary_was_seen_with_it(self) -> None:
        assert in_all(self.seen(self.now(), self.promised(c1="")), "Done") is None
        done = in_all(self.seen(self.now(), self.promised(c1="", c2="")), "Done")
        assert done is not None
        assert (done.observed, done.sentence) == (True, "Done in all 2 clusters.")

    def test_what_a_canary_lacks_is_told_of_each(self) -> None:
        seen = self.seen(self.now(), self.promised(c1="", c2="Its Canary says something else at analysis.interval."))
        assert told_so_far(seen) == ("c1: It is there. c2: Its Canary says something else at analysis.interval.")

    def test_what_keeps_kurator_from_it_is_told(self) -> None:
        trouble = Trouble(TroubleKind.SYNC_FAILED, "gitRepository", "no such branch", "prod")
        seen = self.seen(self.now(troubles=(trouble,)), self.promised(c1="connection refused", c2=""))
        assert told_so_far(seen).startswith("c1: connection refused gitRepository: no such branch")

    def test_a_hub_that_was_not_observed_since_is_waited_for(self) -> None:
        assert in_all(self.seen(self.now(7, rollout=POLICY), self.promised(c1="", c2="")), "Done") is None

    def test_a_change_by_somebody_else_on_the_hub_ends_it(self) -> None:
        end = in_all(self.seen(self.now(9, rollout=POLICY), self.promised()), "Done")
        assert end is not None
        assert not end.observed
        assert "The policy was changed again on the hub before it was seen here: interval is 90." in end.sentence

    def test_a_policy_of_no_cluster_is_there_when_the_hub_says_it(self) -> None:
        end = in_all(self.seen(replace(self.now(), members=()), self.promised()), "Done")
        assert end is not None
        assert (end.observed, end.sentence) == (True, "Done in the hub.")

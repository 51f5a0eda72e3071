"""Promote now through a policy: every release that is being analysed, in whichever of its clusters, each followed
until blue is ready with it.
"""

from __future__ import annotations

from rollouts.domain.commands.act import Act, Plan, Refusal, Wanted
from rollouts.domain.commands.binding import Binding
from rollouts.domain.commands.following import Followed, follow
from rollouts.domain.commands.governed import SKIPS, Governed, Member, listed, of_policy, warnings_of_clusters
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.commands.promoting import off_for, what_is_awaited
from rollouts.domain.commands.reversal import Reversal, time_words
from rollouts.domain.commands.switches import Switch
from rollouts.domain.ownership import undone_by
from rollouts.domain.phases import ANALYSING, RUNNING
from rollouts.domain.progress import interval_of


def promote_policy(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    """Of every release that runs, in whichever cluster: the reset comes when all of them have ended."""
    act = wanted.act
    if governed.policy.skips:
        return Refusal(act, "The analysis of the policy is switched off already (skipTrafficAnalysis).")
    if governed.policy.suspended:
        return Refusal(act, "The policy is suspended.", "Resume it first.")
    running = [one for one in governed.seen() if one[1].phase in ANALYSING]
    if not running:
        return Refusal(act, "No release is being analysed: the next version would go live unchecked.")
    longest = max(off_for(interval_of(canary)) for _, canary in running)
    idle = [one.name for one, canary in governed.seen() if canary.phase not in RUNNING]
    failing = [one.name for one, canary in running if canary.failed_checks]
    names = listed([one.name for one, _ in running])
    warnings = (
        "A version that arrives in any cluster of the policy before the analysis is on again goes live unchecked.",
        f"No release runs in {listed(idle)}, where that holds too." if idle else "",
        f"Checks have failed in {listed(failing)}, and nobody looks at that." if failing else "",
    )
    return Plan(
        act,
        (of_policy(governed, SKIPS, True, f"{SKIPS} to true"),),
        f"Kurator brings it to the clusters within 30 s, mostly at once. At Flagger's next tick at which green is ready"
        f" it is promoted without any further check in {names}. The analysis is switched on again as soon as these"
        f" releases have ended, after {time_words(longest)} in any case.",
        None,
        "They stay on blue or are sent there: blue takes over the new version pod by pod, and nothing rolls back any"
        " more.",
        undone_by=undone_by(governed.keeper),
        warnings=(*filter(None, warnings), *warnings_of_clusters(governed)),
        typed=governed.application,
        reversal=Reversal(Switch.SKIP_ANALYSIS, longest, with_release=True),
    )


def promoted_in(governed: Governed, promised: Promised) -> list[InCluster]:
    """Where a release was being analysed when the person asked for it: it is seen there when blue has the new version
    and is ready with it.
    """
    return [_in(one, promised) for one in governed.members if str(one.cluster) in promised.bound.get("analysed", ())]


def _in(one: Member, promised: Promised) -> InCluster:
    key = str(one.cluster)
    if one.state is None:
        return InCluster(one.cluster, one.name, Followed(False, "The Canary was deleted."))
    before = promised.blues.get(key, "")
    followed = follow(Act.PROMOTE_NOW, Binding(*promised.bound["members"][key]), one.state, before)
    return InCluster(one.cluster, one.name, followed, what_is_awaited(one.state, before))

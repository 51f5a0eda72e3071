"""An earlier version fast in all clusters of a policy: the policy switches the analysis off, and where a Canary shows
that, a command of its own puts the version on the target (`earlier_version`, with `UNDER`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rollouts.domain.changes import unready
from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.by_images import IMAGES
from rollouts.domain.commands.earlier_version import CAREFUL, FAST, HOW, NOT_WAITED_FOR, USERS_AT_ONCE
from rollouts.domain.commands.flux_hold import FLUX
from rollouts.domain.commands.governed import SKIPS, Governed, listed, of_policy, warnings_of_clusters
from rollouts.domain.commands.policy_following import WAITED_FOR_KURATOR, told
from rollouts.domain.commands.promoting import off_for
from rollouts.domain.commands.reversal import Reversal, time_words
from rollouts.domain.commands.several import unsaid, works_in
from rollouts.domain.commands.switches import Switch
from rollouts.domain.observations import Phase
from rollouts.domain.ownership import undone_by
from rollouts.domain.phases import ANALYSING
from rollouts.domain.progress import interval_of
from rollouts.domain.rollout import RolloutState

ACT = Act.EARLIER_VERSION
PUT_BACK_WHERE_SHOWN = (
    "Where a Canary shows it, the earlier version is put on the target: a release of it begins at Flagger's next tick,"
    " and at the first one after it at which green is ready it is promoted, without any check. Where it is not shown"
    f" within {WAITED_FOR_KURATOR.seconds} s nothing is put on the target."
)


def earlier_of_policy(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    """Of what is written to the policy. What is put on the targets is planned for each cluster by itself."""
    how, policy = wanted.choice.get(HOW, ""), governed.policy
    if how not in ("", FAST):
        reason = (
            f"Through a policy it is only done {FAST}, and not “{how[:40]}”. For {CAREFUL} ask in several clusters."
        )
        return Unsaid(ACT, reason, field=HOW)
    if policy.skips:
        return Refusal(ACT, "The analysis of the policy is switched off already (skipTrafficAnalysis).")
    if policy.suspended:
        return Refusal(ACT, "The policy is suspended.", "Resume it first.")
    running = [one.name for one, canary in governed.seen() if canary.phase in ANALYSING | {Phase.WAITING}]
    if running:
        reason = f"A release is on its way in {listed(running)}, and would be promoted without checks."
        return Refusal(ACT, reason, "Roll it back there first, or wait for its end.")
    if not any(works_in(ACT, canary.phase) for _, canary in governed.seen()):
        return Refusal(
            ACT, "In none of its clusters Flagger looks at the target now.", "Wait for the end of the release."
        )
    longest = max(off_for(interval_of(canary)) for _, canary in governed.seen())
    everywhere = listed([one.name for one, _ in governed.seen()])
    return Plan(
        ACT,
        (of_policy(governed, SKIPS, True, f"{SKIPS} to true"),),
        f"Kurator brings it to the clusters within 30 s, mostly at once. {PUT_BACK_WHERE_SHOWN} The analysis is"
        f" switched on again as soon as all of these releases have ended, after {time_words(longest)} in any case.",
        None,
        USERS_AT_ONCE,
        undone_by=undone_by(governed.keeper),
        warnings=(
            "Any other version that arrives before the analysis is on again goes live unchecked, in whichever cluster"
            f" of the policy: {everywhere}.",
            *warnings_of_clusters(governed),
        ),
        typed=governed.application,
        reversal=Reversal(Switch.SKIP_ANALYSIS, longest, with_release=True),
    )


def told_to_each(choice: Mapping[str, str]) -> dict[str, str]:
    """What each cluster is told of a choice for the policy."""
    return {IMAGES: choice.get(IMAGES, ""), **({FLUX: choice[FLUX]} if choice.get(FLUX) else {})}


def told_to_the_policy(choice: Mapping[str, str]) -> dict[str, str]:
    return {**told_to_each(choice), HOW: FAST}


def as_part(plan: Plan, state: RolloutState) -> Plan | Refusal:
    """What was planned for a cluster alone, while the policy switches the analysis off. A Canary that shows so already
    could not be told from one that shows it at last.
    """
    if state.canary.skip_analysis:
        reason = "Its Canary still shows the analysis switched off, which the policy does not say."
        return Refusal(ACT, reason, "Kurator puts it back within 30 s: ask again then.")
    warnings = (*((NOT_WAITED_FOR,) if unready(state.blue) else ()), *plan.warnings)
    return replace(plan, effect="It is put on the target.", users=USERS_AT_ONCE, warnings=warnings)


def with_parts(judged: Plan | Refusal, parts: Mapping[str, Plan | Refusal]) -> Plan | Refusal:
    """`parts`: what would happen in each cluster, by its name. The plan stands where it would in one of them."""
    if isinstance(judged, Refusal) or _any_plan(parts.values()):
        return judged
    if (missed := unsaid(parts.values())) is not None:
        return missed
    return Refusal(
        ACT, "It can be put back in none of its clusters.", told({name: str(one) for name, one in parts.items()})
    )


def _any_plan(parts: Iterable[Plan | Refusal]) -> bool:
    return any(isinstance(one, Plan) for one in parts)

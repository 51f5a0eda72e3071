"""An earlier version on the target again, after a success or a failure: Flagger begins a release with it (flagger.md
10.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rollouts.domain.changes import unready
from rollouts.domain.commands import by_images, flux_hold, patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.flux_hold import FLUX
from rollouts.domain.commands.keepers import of_the_policy
from rollouts.domain.commands.new_version import NOT_READ, keepers
from rollouts.domain.commands.promoting import off_for
from rollouts.domain.commands.reversal import Reversal, time_words
from rollouts.domain.commands.runs import no_run
from rollouts.domain.commands.switches import Switch, turned
from rollouts.domain.earlier import Difference, Version, Versions, differences, of_images
from rollouts.domain.observations import Phase, Strategy, Workload
from rollouts.domain.ownership import OwnerKind, owner_of, undone_by
from rollouts.domain.phases import ANALYSING, PROMOTED
from rollouts.domain.progress import interval_of, next_tick
from rollouts.domain.rollout import RolloutState

ACT = Act.EARLIER_VERSION
VERSION, HOW = "version", "how"
CAREFUL, FAST = "careful", "fast"
STANDS_FOR, REPLACES = "stands_for", "replaces"
"""What the choice was seen to be, and the template that it is put in the place of."""
UNDER = "under"
"""The policy that switches the analysis off for it (`policy_earlier`): its Canary has to show that first."""
BEING_READ = "The cluster is being asked which earlier versions it knows. Ask again in a moment."
NONE_KNOWN = (
    "No earlier version is known: the cluster keeps no ReplicaSet of one, and no release with another was seen."
)
NONE_BUT_THAT_OF_BLUE = "The release failed and blue runs the only earlier version that is known: users have it."
LOOK_AGAIN = "Look at it again."
AT_ONCE = (
    "A release of this version begins at Flagger's next tick. At the first one after it at which green is ready it is"
    " promoted, without any check."
)
USERS_AT_ONCE = (
    "They stay on the present version until then. Blue takes over the earlier one pod by pod, while it serves them, and"
    " nothing rolls back any more."
)
NOT_WAITED_FOR = "Blue is not ready now: Flagger does not wait for it."
BESIDE_ITERATIONS = 4
"""Ticks of a blue/green release that are no iteration (flagger.md 5.4)."""


def earlier_version(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    if refusal := _not_now(state):
        return refusal
    target, versions = state.green, wanted.versions
    if target is None or len(target.containers) != len(target.images):
        return Refusal(ACT, NOT_READ, "It is read while its page is open.")
    if versions is None:
        return Unsaid(ACT, BEING_READ, field=by_images.IMAGES if by_images.is_chosen(wanted.choice) else VERSION)
    version = _chosen(wanted, state, target, versions)
    if isinstance(version, Refusal):
        return version
    if refusal := _not_as_seen(wanted, state, target, version):
        return refusal
    if refusal := _how_not(wanted, state):
        return refusal
    if UNDER in wanted.choice and not state.canary.skip_analysis:
        return Refusal(ACT, f"Its Canary does not show that policy {wanted.choice[UNDER]} switches the analysis off.")
    hold = flux_hold.chosen(wanted.choice, versions, of_several=by_images.is_chosen(wanted.choice))
    if isinstance(hold, str):
        return Unsaid(ACT, hold, field=FLUX)
    plan = Plan(
        ACT,
        (_patch(state, target, version, hold),),
        f"A release of this version begins at Flagger's next tick, with the whole analysis. {_duration(state)}".strip(),
        next_tick(state, now),
        "They stay on the present version until the earlier one has passed its checks.",
        undone_by=(flux_hold.undone_by(hold),) if hold is not None else _undone_by(state, versions),
        warnings=_warnings(state, target, version),
        meant={
            STANDS_FOR: version.identity,
            REPLACES: target.template,
            VERSION: version.key,
            FLUX: wanted.choice[FLUX] if hold is not None else "",
        },
        differences=_differences(target, version, versions),
        hold=hold,
    )
    if UNDER in wanted.choice:
        return replace(plan, effect=f"{AT_ONCE} The policy has the analysis again when all of its releases have ended.")
    return _made_fast(plan, wanted, state) if is_fast(wanted.choice) else plan


def is_fast(choice: Mapping[str, str]) -> bool:
    return choice.get(HOW, "") == FAST


def is_unchecked(choice: Mapping[str, str]) -> bool:
    """Whoever switches the analysis off for it."""
    return is_fast(choice) or UNDER in choice


def _made_fast(plan: Plan, wanted: Wanted, state: RolloutState) -> Plan:
    """The analysis is switched off for this one release (proven 12), before anything is put on the target: else the
    release could begin with it on.
    """
    canary = state.canary
    reversal = Reversal(Switch.SKIP_ANALYSIS, off_for(interval_of(canary)), with_release=True)
    return replace(
        plan,
        patches=(turned(Switch.SKIP_ANALYSIS, canary, on=True), *plan.patches),
        in_order=True,
        effect=f"{AT_ONCE} The analysis is switched on again as soon as that release has ended,"
        f" after {time_words(reversal.after)} in any case.",
        users=USERS_AT_ONCE,
        warnings=(
            "A version that arrives before the analysis is on again goes live unchecked.",
            *((NOT_WAITED_FOR,) if unready(state.blue) else ()),
            *plan.warnings,
        ),
        reversal=reversal,
        typed=wanted.name(canary),
    )


def _how_not(wanted: Wanted, state: RolloutState) -> Unsaid | None:
    how = wanted.choice.get(HOW, "")
    if how not in ("", CAREFUL, FAST):
        return Unsaid(ACT, f"It is done {CAREFUL} or {FAST}, and not “{how[:40]}”.", field=HOW)
    if how != FAST:
        return None
    if refusal := of_the_policy(ACT, state.canary):
        return Unsaid(ACT, f"{refusal.reason} Here it can only be done careful.", field=HOW)
    if state.canary.skip_analysis and STANDS_FOR not in wanted.choice:
        reason = "The analysis is switched off already (skipAnalysis), and stays so: careful does the same."
        return Unsaid(ACT, reason, field=HOW)
    return None


def _not_now(state: RolloutState) -> Refusal | None:
    phase = state.canary.phase
    if phase in ANALYSING:
        return Refusal(ACT, "A release is running, and blue still has the version before it.", "Roll back instead.")
    if phase is Phase.WAITING:
        return Refusal(ACT, "A release waits for approval to start.", "Leave its gate closed: users are on blue.")
    if phase is not Phase.FAILED and phase not in PROMOTED and phase:
        reason = f"In {phase} Flagger does not look at the target."
        return Refusal(ACT, reason, "Wait for the end of the release, then choose an earlier version.")
    return no_run(ACT, state)


def offered(versions: Versions, state: RolloutState) -> tuple[Version, ...]:
    """After a failure without the one that blue runs: users have it, and Flagger would begin no release."""
    blue = state.blue.images if state.canary.phase is Phase.FAILED and state.blue is not None else None
    return tuple(one for one in versions.found if one.images != blue)


def _chosen(wanted: Wanted, state: RolloutState, target: Workload, versions: Versions) -> Version | Refusal:
    """By its name here, or by its images: what was asked for in several clusters has a name of its own since."""
    version = versions.named(wanted.choice.get(VERSION, ""))
    if version is not None:
        return version
    found = offered(versions, state)
    if VERSION in wanted.choice or not by_images.is_chosen(wanted.choice) or not found:
        return _not_chosen(wanted, state, versions)
    named = by_images.meant(wanted.choice, versions, target, found)
    return Unsaid(ACT, named, field=by_images.IMAGES) if isinstance(named, str) else named


def _not_chosen(wanted: Wanted, state: RolloutState, versions: Versions) -> Refusal:
    found = offered(versions, state)
    if not found:
        return Refusal(ACT, NONE_BUT_THAT_OF_BLUE if versions.found else NONE_KNOWN, versions.note)
    key = wanted.choice.get(VERSION, "")
    if STANDS_FOR in wanted.choice:
        return Refusal(ACT, f"The cluster does not know {key[:80]} any more.", LOOK_AGAIN)
    known = "; ".join(f"{one.key} ({', '.join(one.images)}, {one.said})" for one in found)
    said = f"There is no earlier version “{key[:80]}”." if key else "Choose a version."
    return Unsaid(ACT, f"{said} Known are {known}.", field=VERSION)


def _not_as_seen(wanted: Wanted, state: RolloutState, target: Workload, version: Version) -> Refusal | None:
    if wanted.choice.get(STANDS_FOR, version.identity) != version.identity:
        return Refusal(ACT, f"{version.key} is not what it was when it was chosen.", LOOK_AGAIN)
    if wanted.choice.get(REPLACES, target.template) != target.template:
        images = ", ".join(target.images)
        return Refusal(ACT, f"Somebody has changed the target meanwhile: it has {images} now.", LOOK_AGAIN)
    if state.canary.phase is Phase.FAILED and state.blue is not None and state.blue.images == version.images:
        reason = "The release failed and blue runs this version: users have it, and Flagger would begin no release."
        return Unsaid(ACT, f"{reason} Choose another one.", field=VERSION)
    return None


def _patch(state: RolloutState, target: Workload, version: Version, hold: Reversal | None) -> patches.Patch:
    """With the annotation in the same patch: Flux cannot come in between."""
    if version.template:
        made = patches.template(state.canary, target, version)
    else:
        made = patches.images(state.canary, target, version.images)
    if hold is None or not isinstance(made.body, tuple):
        return made
    return replace(made, body=(*made.body, *flux_hold.on()), says=f"{made.says}, Flux to leave it alone")


def _differences(target: Workload, version: Version, versions: Versions) -> tuple[Difference, ...]:
    if version.template:
        return differences(versions.present, version.body)
    return of_images(target, version.images)


def _duration(state: RolloutState) -> str:
    canary = state.canary
    if canary.strategy is not Strategy.BLUE_GREEN or canary.skip_analysis:
        return ""
    ticks = canary.iterations_wanted + BESIDE_ITERATIONS
    return f"That takes {ticks} ticks, {_long(ticks * interval_of(canary))} at least."


def _long(took: timedelta) -> str:
    seconds = int(took.total_seconds())
    return f"{seconds} s" if seconds < 120 else time_words(timedelta(minutes=-(-seconds // 60)))


def _undone_by(state: RolloutState, versions: Versions) -> tuple[str, ...]:
    """Flux and others label what they apply: the target's own keeper is surer than that of the Canary."""
    if owner_of(state.canary).kind is OwnerKind.KURATOR:
        return keepers(state)
    return undone_by(versions.keeper) or keepers(state)


def _warnings(state: RolloutState, target: Workload, version: Version) -> tuple[str, ...]:
    found = []
    if state.canary.skip_analysis:
        found.append("The analysis is switched off (skipAnalysis): this version is promoted without any check.")
    if not version.promoted:
        found.append(f"It is not known that users ever had this version: {version.said}.")
    if not version.template:
        found.append("Of this version only the images are known: whatever else the target says stays as it is.")
    elif version.images == target.images:
        found.append("It has the same images as the present version: only the rest of the pod template is another.")
    return tuple(found)

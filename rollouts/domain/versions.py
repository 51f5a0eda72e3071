"""Which versions a release brings and replaces, and what triggered it.

Workloads are read by name and often only shortly after a run began, so what is known at the start is provisional: the
first look at green during the run settles it. Later changes of the template belong to the next release.
"""

from __future__ import annotations

from dataclasses import replace

from rollouts.domain.observations import Canary, Phase, Strategy, Workload
from rollouts.domain.phases import ANALYSING, PROMOTED
from rollouts.domain.rollout import Applied, Images, Release, RolloutState, Trigger


def trigger_of(before: Applied | None, green: Workload, blue: Images | None, canary: Canary) -> Trigger:
    """Compares green with what was applied before; where that is not known, with blue's images.

    When the first look at an idle rollout came between a change and the run that it started, green looks unchanged.
    Blue's images (after a success) or a new `lastAppliedSpec` (after a failure) give that away.
    """
    differs_from_blue = blue is not None and green.images != blue
    if before is None or not before.template:
        return Trigger.IMAGE if differs_from_blue else Trigger.UNKNOWN
    images = before.images
    if before.promoted and not before.certain and blue is not None:
        images = blue
    if green.images != images:
        return Trigger.IMAGE
    if green.template != before.template:
        return Trigger.TEMPLATE
    if dict(canary.tracked_configs) != dict(before.configs):
        return Trigger.CONFIG
    if before.certain or before.promoted or before.spec == canary.last_applied:
        return Trigger.NONE
    return Trigger.IMAGE if differs_from_blue else Trigger.UNKNOWN


def at_start(state: RolloutState, release: Release, canary: Canary) -> tuple[RolloutState, Release]:
    """What is known of the versions when `release` begins with this write of `canary`."""
    before = None
    if state.applied_template:
        before = Applied(
            state.applied_template,
            state.applied_images,
            state.applied_spec,
            state.applied_configs,
            state.applied_certain,
            state.applied_promoted,
        )
    if state.blue is not None and blue_is_old(canary):
        release = replace(release, from_images=state.blue.images)
    state = replace(state, before=before, applied_spec=canary.last_applied, applied_configs=canary.tracked_configs)
    return provisionally(state, release, canary)


def provisionally(state: RolloutState, release: Release, canary: Canary) -> tuple[RolloutState, Release]:
    """Takes green as last read, if it has visibly changed; otherwise it may just not have been read again yet."""
    release = replace(release, green_read=False)
    if state.green is None:
        return state, release
    trigger = trigger_of(state.before, state.green, release.from_images, canary)
    if trigger not in (Trigger.IMAGE, Trigger.TEMPLATE):
        return state, release
    return _applied(state, state.green), replace(release, trigger=trigger, to_images=state.green.images)


def green_seen(state: RolloutState, green: Workload) -> RolloutState:
    """Settles the running release with its first look at green, or remembers what is applied while idle."""
    state = replace(state, green=green)
    release = state.release
    if release is not None and state.running:
        if release.green_read:
            return state
        return _applied(replace(state, release=_settled(state, release, green)), green)
    if state.applied_template:
        return state
    idle = _applied(state, green)
    return replace(
        idle,
        applied_spec=state.canary.last_applied,
        applied_configs=state.canary.tracked_configs,
        applied_certain=False,
        applied_promoted=state.canary.phase in PROMOTED,
    )


def blue_seen(state: RolloutState, blue: Workload) -> RolloutState:
    state = replace(state, blue=blue)
    release = state.release
    if release is None or not state.running or release.blue_read or not blue_is_old(state.canary):
        return state
    release = replace(release, from_images=blue.images, blue_read=True)
    if state.green is not None and release.to_images is not None and (state.before is None or not state.before.certain):
        release = replace(release, trigger=trigger_of(state.before, state.green, blue.images, state.canary))
    return replace(state, release=release)


def blue_is_old(canary: Canary) -> bool:
    """Blue still runs the version before: copying shows on blue's workload before the status says Promoting."""
    if canary.phase is Phase.WAITING:
        return True
    if canary.phase not in ANALYSING or canary.skip_analysis:
        return False
    match canary.strategy:
        case Strategy.BLUE_GREEN:
            return canary.iterations <= canary.iterations_wanted
        case Strategy.AB_TESTING:
            return canary.iterations < canary.iterations_wanted
        case Strategy.CANARY:
            return canary.weight < canary.max_weight


def forget_applied(state: RolloutState) -> RolloutState:
    """Runs may have gone by unseen: nobody knows what is applied now."""
    return replace(state, applied_template="", applied_images=None, applied_certain=False, applied_promoted=False)


def _settled(state: RolloutState, release: Release, green: Workload) -> Release:
    trigger = trigger_of(state.before, green, release.from_images, state.canary)
    return replace(release, trigger=trigger, to_images=green.images, green_read=True)


def _applied(state: RolloutState, green: Workload) -> RolloutState:
    return replace(state, applied_template=green.template, applied_images=green.images, applied_certain=state.running)

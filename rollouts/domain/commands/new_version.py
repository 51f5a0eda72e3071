"""Another image for one container of the target: Flagger begins a release with it."""

from __future__ import annotations

from datetime import datetime

from rollouts.domain import images
from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.runs import ON_BLUE_UNTIL_CHECKED, met_unchecked, no_run
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.ownership import OwnerKind, owner_of, undone_by
from rollouts.domain.phases import ANALYSING
from rollouts.domain.progress import next_tick
from rollouts.domain.rollout import RolloutState

ACT = Act.NEW_VERSION
IMAGE = "image"
NOT_READ = "The target has not been read yet, so its containers are not known."
FROM_GIT = (
    "Flux, which applies the target for Kurator: at the next revision in Git or the next round. Give the image there"
    " too, or in the policy (kustomization.images)."
)
FROM_ANYWHERE = (
    "Whatever applies the target from Git or a pipeline, at its next round, unless it is given the image too."
)


def new_version(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    if refusal := no_run(ACT, state):
        return refusal
    target = state.green
    if target is None or not target.containers or len(target.containers) != len(target.images):
        return Refusal(ACT, NOT_READ, "It is read while its page is open.")
    if refusal := _unsaid(wanted, target):
        return refusal
    number, image = target.containers.index(wanted.choice["container"]), wanted.choice[IMAGE]
    if refusal := _not_as_seen(wanted, state, target, number):
        return refusal
    running = state.canary.phase in ANALYSING
    return Plan(
        ACT,
        (patches.image(state.canary, target, number, image),),
        "The analysis starts again from the beginning at Flagger's next tick, with this version."
        if running
        else "A release of this version begins at Flagger's next tick.",
        next_tick(state, now),
        ON_BLUE_UNTIL_CHECKED,
        undone_by=keepers(state),
        warnings=(*met_unchecked(state), *warnings_of(state, target, number, image)),
        meant={"replaces": target.images[number]},
    )


def keepers(state: RolloutState) -> tuple[str, ...]:
    """Who may undo a change of the target. What keeps the Canary mostly keeps the target, too."""
    owner = owner_of(state.canary)
    if owner.kind is OwnerKind.KURATOR:
        return (FROM_GIT,)
    return undone_by(owner) or (FROM_ANYWHERE,)


def _unsaid(wanted: Wanted, target: Workload) -> Unsaid | None:
    container = wanted.choice.get("container", "")
    if container not in target.containers:
        named = ", ".join(target.containers)
        said = f"The target has no container “{container[:80]}”, but {named}." if container else "Choose a container."
        return Unsaid(ACT, said, field="container")
    image = wanted.choice.get(IMAGE, "")
    if sentence := images.trouble(image):
        return Unsaid(ACT, sentence, field=IMAGE)
    if image == target.images[target.containers.index(container)] and "replaces" not in wanted.choice:
        return Unsaid(ACT, "The target has this image already. Retry runs it once more.", field=IMAGE)
    return None


def _not_as_seen(wanted: Wanted, state: RolloutState, target: Workload, number: int) -> Refusal | None:
    seen = wanted.choice.get("replaces", target.images[number])
    if target.images[number] != seen:
        return Refusal(ACT, f"Somebody has set the image to {target.images[number]} meanwhile.", "Look at it again.")
    if state.canary.phase in ANALYSING and as_blue(state, target, number, wanted.choice[IMAGE]):
        reason = "Blue runs this version, which Flagger takes for nothing new: the release would go on with its pods"
        return Refusal(ACT, f"{reason} exchanged, and be promoted as what it is not.", "Roll back instead.")
    return None


def warnings_of(state: RolloutState, target: Workload, number: int, image: str) -> tuple[str, ...]:
    name, tag, digest = images.parts(image)
    before = images.parts(target.images[number])[0]
    found = []
    if state.canary.skip_analysis:
        found.append("The analysis is switched off (skipAnalysis): this version is promoted without any check.")
    if state.canary.phase is Phase.FAILED and as_blue(state, target, number, image):
        found.append("Blue runs this version: where nothing else of the target differs, Flagger begins no release.")
    if name != before:
        found.append(f"It is another image than the present one, which is {before}.")
    if tag is None and digest is None:
        found.append("Without a tag it is whatever “latest” is when a node fetches it.")
    return tuple(found)


def as_blue(state: RolloutState, target: Workload, number: int, image: str) -> bool:
    return state.blue is not None and state.blue.images == (
        *target.images[:number],
        image,
        *target.images[number + 1 :],
    )

"""Another image for one container of the target, through a policy: an entry of its `kustomization.images`, which Flux
applies in every cluster, and Flagger begins a release there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rollouts.domain import images
from rollouts.domain.commands import image_entries
from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.governed import Governed, Member, beside_rollout, listed, warnings_of_clusters
from rollouts.domain.commands.new_version import IMAGE, NOT_READ, as_blue, warnings_of
from rollouts.domain.commands.policy_following import told
from rollouts.domain.commands.runs import ON_BLUE_UNTIL_CHECKED, met_unchecked, no_run
from rollouts.domain.kurator import Kustomization, Policy
from rollouts.domain.observations import Workload
from rollouts.domain.ownership import DISABLED, RECONCILE, undone_by
from rollouts.domain.phases import ANALYSING
from rollouts.domain.rollout import RolloutState

ACT = Act.NEW_VERSION
CONTAINER, ENTRY, SAID = "container", "entry", "entry_says"
"""In a choice: the container, and what is kept: the name of the entry, and what it said when the person looked."""
IN_EACH = "Ask for it in several clusters instead, or change it in Git."
NEVER_AGAIN = ("", "0", "0s", "0m", "0h", "0m0s", "0h0m0s")
EVERYTHING = (
    "Flux applies everything of the policy then, as Git has it: what somebody has changed by hand is put back, the"
    " number of replicas of the target too where Git says one."
)
INSTEAD_OF_GIT = "From then on this entry says which image it is: another tag in Git changes nothing while it is there."


@dataclass(frozen=True, slots=True)
class At:
    """The container in the target of one cluster."""

    member: Member
    state: RolloutState
    target: Workload
    number: int

    @property
    def image(self) -> str:
        return self.target.images[self.number]


def new_version_of_policy(wanted: Wanted, governed: Governed) -> Plan | Refusal:
    kustomization = governed.policy.kustomization
    if kustomization is None or kustomization.suspended:
        return _not_by_flux(governed.policy)
    if refusal := _not_now(governed):
        return refusal
    targets = list(_targets(governed))
    if not targets:
        return Refusal(ACT, NOT_READ, "It is read while the page of its rollout is open.")
    places = _places(wanted, targets)
    if isinstance(places, Unsaid):
        return places
    image = wanted.choice.get(IMAGE, "")
    if sentence := image_entries.trouble(image):
        return Unsaid(ACT, sentence, field=IMAGE)
    name, why_not = image_entries.name_for({one.image for one in places}, kustomization)
    if why_not:
        return Refusal(ACT, why_not, IN_EACH)
    return _unless_changed(wanted, governed, name, image) or _plan(governed, kustomization, places, name, image)


def _not_by_flux(policy: Policy) -> Refusal:
    if policy.kustomization is not None:
        reason = "Flux is told to leave this policy alone (kustomization.suspend), so no image would be set."
        return Refusal(ACT, reason, f"Let it go on in the Application first. {IN_EACH}")
    how = "It installs a Helm chart" if policy.helm else "It has no kustomization"
    return Refusal(ACT, f"{how}: an image can be set through a policy only in kustomization.images.", IN_EACH)


def _not_now(governed: Governed) -> Refusal | None:
    """A policy reaches all of its clusters: none can be left out."""
    if governed.policy.suspended:
        return Refusal(ACT, "The policy is suspended: Flagger would not notice the image.", "Resume it first.")
    if bare := [one.name for one in governed.members if one.state is None]:
        reason = f"No Canary of it is seen in {listed(bare)}: users there would get the image at once, and unchecked."
        return Refusal(ACT, reason, IN_EACH)
    found = {one.name: no_run(ACT, one.state) for one in governed.members if one.state is not None}
    hindered = {name: str(refusal) for name, refusal in found.items() if refusal is not None}
    if not hindered:
        return None
    return Refusal(ACT, told(hindered), "In several clusters it can be asked for without these.")


def _targets(governed: Governed) -> Iterator[tuple[Member, RolloutState, Workload]]:
    for one in governed.members:
        state = one.state
        target = state.green if state is not None else None
        if state is not None and target is not None and 0 < len(target.containers) == len(target.images):
            yield one, state, target


def _places(wanted: Wanted, targets: Sequence[tuple[Member, RolloutState, Workload]]) -> list[At] | Unsaid:
    container = wanted.choice.get(CONTAINER, "")
    without = {member.name: target.containers for member, _, target in targets if container not in target.containers}
    if not container:
        return Unsaid(ACT, "Choose a container.", field=CONTAINER)
    if without:
        known = ", ".join(dict.fromkeys(name for names in without.values() for name in names))
        said = f"The target has no container “{container[:80]}” in {listed(list(without))}, but {known}."
        return Unsaid(ACT, said, field=CONTAINER)
    return [At(member, state, target, target.containers.index(container)) for member, state, target in targets]


def _unless_changed(wanted: Wanted, governed: Governed, name: str, image: str) -> Refusal | None:
    was = _said_of(governed.policy, name)
    if wanted.choice.get(ENTRY, name) != name or wanted.choice.get(SAID, was) != was:
        now = f"the one for {name} says {was}" if was else f"none is for {name}"
        return Refusal(ACT, f"Somebody has changed kustomization.images meanwhile: {now}.", "Look at it again.")
    if image_entries.says(governed.policy, name, image):
        return Unsaid(ACT, "The policy says this image already.", field=IMAGE)
    return None


def _said_of(policy: Policy, name: str) -> str:
    """What the entry of this name makes of an image; empty where there is none."""
    entries = policy.kustomization.images if policy.kustomization is not None else None
    found = [one for one in entries or () if one.name == name]
    made = [
        f"{one.gives}{f':{one.new_tag}' if one.new_tag else ''}{f'@{one.digest}' if one.digest else ''}"
        for one in found
    ]
    return ", ".join(made)


def _plan(governed: Governed, kustomization: Kustomization, places: list[At], name: str, image: str) -> Plan | Refusal:
    new = image_entries.comes_to(image)
    again = [one.member.name for one in places if one.state.canary.phase in ANALYSING and _as_blue(one, new)]
    if again:
        reason = f"Blue runs this version in {listed(again)}, where a release is analysed: it would go on with its pods"
        return Refusal(ACT, f"{reason} exchanged, and be promoted as what it is not.", "Roll back there instead.")
    number = len(governed.members)
    where = governed.members[0].name if number == 1 else f"all {number} clusters"
    was = _said_of(governed.policy, name)
    says = f"image of {name} to {new}"
    return Plan(
        ACT,
        (beside_rollout(governed, image_entries.operations(kustomization, name, image), says),),
        f"Kurator gives it to the Kustomization of {where} within 30 s, mostly at once, and Flux applies that, since it"
        " has changed. Where the target gets another image by it, a release begins at Flagger's next tick. A target"
        f" with the annotation {RECONCILE}: {DISABLED} stays as it is.",
        None,
        ON_BLUE_UNTIL_CHECKED,
        undone_by=undone_by(governed.keeper),
        warnings=tuple(_warnings(governed, kustomization, places, name, image)),
        meant={ENTRY: name, SAID: was},
        in_each={one.member.cluster: _what_happens(one, new) for one in places},
    )


def _as_blue(one: At, image: str) -> bool:
    return as_blue(one.state, one.target, one.number, image)


def _what_happens(one: At, new: str) -> str:
    if one.image == new:
        return f"It has {new} already: nothing changes there."
    if one.member.let_alone:
        return f"It stays at {one.image}: Flux was told from here to leave this target alone for a time."
    if one.state.canary.phase in ANALYSING:
        return f"From {one.image}. The analysis starts again from the beginning with it."
    return f"From {one.image}. A release of it begins."


def _warnings(
    governed: Governed, kustomization: Kustomization, places: list[At], name: str, image: str
) -> Iterator[str]:
    yield INSTEAD_OF_GIT
    yield EVERYTHING
    _, tag, digest = images.parts(image)
    if tag and digest:
        yield f"The tag {tag} is left out: the digest says which image it is."
    yield from _of_others(places, name)
    yield from _of_states(places, image_entries.comes_to(image))
    alone = [one.member.name for one in places if one.member.let_alone]
    if alone:
        yield f"Flux was told from here to leave the target alone in {listed(alone)}: it stays as it is there."
    unread = [one.name for one in governed.members if one.state is not None and one not in [at.member for at in places]]
    if unread:
        yield f"What the target has in {listed(unread)} has not been read yet."
    away = [one.name for one in governed.members if one.away]
    if away and kustomization.interval in NEVER_AGAIN and kustomization.retry in NEVER_AGAIN:
        yield (
            f"Where Flux does not reach a cluster ({listed(away)}) it does not try again: the policy has an interval of"
            f" {kustomization.interval or '0s'} and no retryInterval."
        )
    yield from warnings_of_clusters(governed)


def _of_others(places: Iterable[At], name: str) -> Iterator[str]:
    """Kustomize looks at names of images, and not at containers."""
    also = {
        container
        for one in places
        for number, (container, image) in enumerate(zip(one.target.containers, one.target.images, strict=True))
        if number != one.number and images.parts(image)[0] == images.parts(one.image)[0]
    }
    if also:
        yield f"The image of {listed(sorted(also))} has the same name: it becomes the same."
    yield f"Whatever else of the policy has an image {name} in Git gets this one too: init containers, jobs."


def _of_states(places: list[At], new: str) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for one in places:
        for warning in (*met_unchecked(one.state), *warnings_of(one.state, one.target, one.number, new)):
            said.setdefault(warning, []).append(one.member.name)
    for warning, names in said.items():
        yield warning if len(names) == len(places) else f"{listed(names)}: {warning}"

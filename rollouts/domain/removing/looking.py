"""What is seen of one cluster during a removal, and whether a step is done there, may be done now, or has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rollouts.domain.commands.governed import listed
from rollouts.domain.observations import Phase

FINALIZER = "finalizer.flagger.app"
AT_REST = frozenset({Phase.INITIALIZED, Phase.SUCCEEDED})
"""Blue and the target have the same version. After a failure the target has the one that failed."""
NOTHING_BEHIND = "Nothing is left behind."
FLAGGER_RUNS = "Only Flagger does that: it has to run there."


@dataclass(frozen=True, slots=True)
class Held:
    """The Canary."""

    uid: str
    resource_version: str
    reverts: bool
    finalizer: bool
    """Flagger's own: it undoes what it has done before the object may go."""
    deleting: bool
    phase: str
    suspended: bool = False
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """The Deployment of one side."""

    wanted: int
    ready: int
    """Of the newest version, and seen by its controller."""
    images: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of its pods."""


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """`selector` is that of the Service of the users; None where it is missing, as the others. `left` is what the
    Canary owned and is still there, `stays` what nobody takes away.
    """

    canary: Held | None
    target: Side | None
    blue: Side | None
    selector: Mapping[str, str] | None
    service: str
    left: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """`said` is what is seen, `by_hand` what a person may do where it does not go on. `over`: it never will."""

    done: bool
    said: str
    by_hand: str = ""
    over: bool = False
    suspend: bool = False
    """The Canary is to be suspended now, as it was seen."""
    delete: bool = False
    """It may be deleted now, as it was seen."""
    switch_on: bool = False
    """`revertOnDeletion` may be switched on now, as it was seen."""


NOT_THE_ONE = "The Canary is not the one that was shown: it was deleted meanwhile."
CLAIMED = Look(False, "A policy of Kurator makes this Canary now: that policy is removed instead.", over=True)
"""Of a plain Canary, before it is deleted."""
ENDED = Look(False, "It was ended before this was done.")
"""Instead of a write that is not ours any more."""


def switched_on(seen: MemberSeen, uid: str) -> Look:
    """Of a Canary that no policy makes."""
    held = seen.canary
    if held is None or held.uid != uid or held.deleting:
        return Look(False, NOT_THE_ONE, over=True)
    if held.reverts:
        return Look(True, "revertOnDeletion was on already.")
    return Look(False, "revertOnDeletion is being switched on.", switch_on=True)


def prepared(seen: MemberSeen, uid: str, *, plain: bool = False) -> Look:
    held = seen.canary
    if held is None or held.uid != uid or held.deleting:
        return Look(False, NOT_THE_ONE, over=True)
    if not held.reverts and plain:
        return Look(False, "Somebody has turned revertOnDeletion off again.", over=True)
    if not held.reverts:
        return Look(False, "Kurator has not brought revertOnDeletion to the Canary yet.")
    if not held.finalizer:
        return Look(False, "Flagger has not put its finalizer on the Canary yet.", FLAGGER_RUNS)
    if why := why_not(seen, held):
        return Look(False, *why)
    return Look(True, "revertOnDeletion and Flagger's finalizer are on the Canary.")


def gone(seen: MemberSeen, uid: str, *, plain: bool = False) -> Look:
    """It is suspended before it is deleted: a tick that comes while Flagger undoes its work leads the Service back to
    blue, which goes right after (`advanceCanary` of Flagger 1.44 asks whether it is suspended, and not whether it is
    being deleted). What is suspended is undone all the same.
    """
    held = seen.canary
    if held is None:
        return Look(True, "The Canary is gone.")
    if held.uid != uid:
        put_back = "applied it again" if plain else "put the policy back"
        said = f"Another Canary of this name has come: somebody has {put_back}. It is left alone."
        return Look(False, said, over=True)
    if held.deleting:
        pods = f"{seen.target.ready} of {seen.target.wanted} pods are ready" if seen.target else "it is missing"
        return Look(
            False,
            f"Flagger brings the target back: {pods}.",
            f"{FLAGGER_RUNS} Do not take its finalizer off: blue would go while users are on it.",
        )
    if not (held.reverts and held.finalizer):
        by_hand = f"Set spec.revertOnDeletion of the Canary to true. {FLAGGER_RUNS}"
        return Look(False, "Somebody has turned revertOnDeletion off again: deleted now, nobody would serve.", by_hand)
    if why := why_not(seen, replace(held, suspended=False)):
        return Look(False, *why)
    if not held.suspended:
        return Look(False, "The Canary is being suspended, so that Flagger undoes its work undisturbed.", suspend=True)
    return Look(False, "The Canary is being deleted.", delete=True)


def taken_over(seen: MemberSeen, blue: int) -> Look:
    """`blue`: the replicas that blue had; 0 where nobody knows."""
    target = seen.target
    if target is None:
        return Look(False, "The target is missing: nobody serves users.", "Apply the workload again.")
    if not target.wanted or target.ready < target.wanted:
        return Look(False, f"{target.ready} of {target.wanted} pods of the target are ready.", _more(target, blue))
    if seen.selector is None:
        return Look(False, f"There is no Service {seen.service}.", "Apply the Service again.")
    if not selects(seen.selector, target.labels):
        by_hand = f"Let the Service select the pods of the target: {_labels(seen.selector, target.labels)}."
        return Look(False, f"Service {seen.service} does not select the pods of the target.", by_hand)
    fewer = f" Blue had {blue}." if target.wanted < blue else ""
    pods = f"{target.ready} pod{'' if target.ready == 1 else 's'}"
    return Look(True, f"{pods} of the target ready, and Service {seen.service} selects them.{fewer}")


def _more(target: Side, blue: int) -> str:
    """Never fewer than it has: it serves all users soon, or does already."""
    if target.wanted < blue:
        return f"Scale it to {blue}, or see why its pods are not ready."
    return "See why its pods are not ready." if target.wanted else "Scale it up: blue does not stay."


def cleared(seen: MemberSeen, *, patience_over: bool) -> Look:
    """What belonged to the Canary Kubernetes itself takes away. What stays for ever is named, and not waited for."""
    if seen.left and not patience_over:
        return Look(False, f"Still there: {', '.join(seen.left)}.")
    behind = [*seen.left, *seen.stays]
    if not behind:
        return Look(True, NOTHING_BEHIND)
    return Look(True, f"Left behind, and not taken away from here: {', '.join(behind)}.")


def why_not(seen: MemberSeen, held: Held) -> tuple[str, str] | None:
    """What speaks against handing users to the target now, and what to do; None where nothing does."""
    if held.suspended:
        return "It is suspended: Flagger does not look after it.", "Resume it."
    if held.phase not in AT_REST:
        after = "Put the version of blue on the target first." if held.phase == Phase.FAILED else ""
        return f"It is {held.phase or 'not processed yet'}: the target may have another version than blue.", after
    if held.weight:
        return "Users are on green.", "Roll back, or wait for the promotion."
    if seen.target is None:
        return "The target is missing: nothing can take over.", "Apply the workload again."
    if seen.blue is None or not seen.blue.wanted or not seen.blue.ready:
        return "Blue has no ready pods: the target would be given none.", "Scale blue up."
    different = [name for name, image in seen.blue.images.items() if seen.target.images.get(name) != image]
    if different:
        return f"The target has another version than blue ({listed(different)}).", "Wait until it is promoted."
    return None


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def _labels(selector: Mapping[str, str], labels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={labels.get(name, '?')}" for name in sorted(selector)) or "by its labels"

"""How far an act on a policy has come in each of the clusters that it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rollouts.domain.commands.following import Followed
from rollouts.domain.commands.governed import listed
from rollouts.domain.policies.drafts import Draft

STILL_TO_COME = "Still to come."
WAITED_FOR_KURATOR = timedelta(seconds=100)
"""Three of its rounds, of 30 s each, and some time to read what came of it."""


@dataclass(frozen=True, slots=True)
class Promised:
    """What a command holds for. `bound` is what `bind_policy` made; `blues` is the digest of blue's pod template before
    it, by the same keys. Of an edit, `looked` are the members whose Canary was read since, with what it lacks (nothing
    when it has all), and `generation` is that of the Application when it was written.
    """

    bound: Mapping[str, Any]
    blues: Mapping[str, str] = field(default_factory=dict)
    draft: Draft | None = None
    looked: Mapping[str, str] = field(default_factory=dict)
    generation: int = 0
    choice: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InCluster:
    """`followed` is None while it is still to come there; `so_far` says then what is seen of it; empty: nothing yet."""

    cluster: int
    name: str
    followed: Followed | None
    so_far: str = ""


def in_all(seen: Sequence[InCluster], said: str) -> Followed | None:
    """None while it is still to come somewhere."""
    found = [one.followed for one in seen]
    if not found or None in found:
        return None
    if bad := [one for one in seen if one.followed is not None and not one.followed.observed]:
        return Followed(False, told({one.name: one.followed.sentence for one in bad if one.followed is not None}))
    where = seen[0].name if len(seen) == 1 else f"all {len(seen)} clusters"
    return Followed(True, f"{said} in {where}.")


def lacking(seen: Sequence[InCluster]) -> list[str]:
    """The clusters where it has not come about."""
    return [one.name for one in seen if one.followed is None or not one.followed.observed]


def told_so_far(seen: Sequence[InCluster]) -> str:
    """Of each cluster; empty while there is nothing to tell of any."""
    so_far = {one.name: one.followed.sentence if one.followed else one.so_far for one in seen}
    return told({name: said or STILL_TO_COME for name, said in so_far.items()}) if any(so_far.values()) else ""


def told(sentences: Mapping[str, str]) -> str:
    """Clusters of which the same is said are said together."""
    names: dict[str, list[str]] = {}
    for name, sentence in sentences.items():
        names.setdefault(sentence, []).append(name)
    return " ".join(f"{listed(where)}: {sentence}" for sentence, where in names.items())

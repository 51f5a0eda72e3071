"""Which weights of a routing object send all users to blue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weighed:
    """One entry of a routing object: `sides` are the side (primary, canary, or empty) and weight of each destination,
    in order; `place` is the JSON pointer of their list. `bound`: cookies decide beside the weights.
    """

    place: str
    sides: tuple[tuple[str, int | None], ...]
    bound: bool = False

    @property
    def reaches_green(self) -> bool:
        alone = len(self.sides) == 1
        return any(side == "canary" and (alone or weight) for side, weight in self.sides)


def to_blue(entries: Sequence[Weighed]) -> dict[str, int]:
    """JSON pointers with the weights to put there. Empty while nobody reaches green, and where it takes more than
    weights: entries bound to cookies, destinations that are neither side, or a green without a blue beside it.
    """
    green = [entry for entry in entries if entry.reaches_green]
    if any(entry.bound for entry in entries):
        return {}
    if any({side for side, _ in entry.sides} != {"primary", "canary"} or len(entry.sides) != 2 for entry in green):
        return {}
    return {
        f"{entry.place}/{number}/weight": 100 if side == "primary" else 0
        for entry in green
        for number, (side, _) in enumerate(entry.sides)
    }

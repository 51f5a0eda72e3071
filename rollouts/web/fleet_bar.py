"""The bar above the fleet: what can be chosen, what is chosen, and how to get rid of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rollouts import access
from rollouts.queries import fleet
from rollouts.queries.clusters import ClusterMark
from rollouts.queries.filters import NO_PHASE, NOBODY, FleetFilter, Sort, View
from rollouts.web import fleet_address, words


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    on: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """Values of one field, of which any number may be chosen."""

    name: str
    label: str
    options: tuple[Option, ...]

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.on]


@dataclass(frozen=True, slots=True)
class Bar:
    menus: tuple[Menu, ...]
    chips: list[fleet_address.Chip]
    clear: str
    """Address without any filter; empty when there is none."""
    kept: tuple[tuple[str, str], ...]
    """What the form must carry along: part, sort, order and view."""


def bar(person: access.Person, chosen: FleetFilter, marks: Sequence[ClusterMark]) -> Bar:
    offered = fleet.choices(person)
    menus = (
        _menu("cluster", "Cluster", (mark.name for mark in marks), chosen.clusters),
        _menu("namespace", "Namespace", offered.namespaces, chosen.namespaces),
        _menu("phase", "Phase", (p or NO_PHASE for p in offered.phases), chosen.phases, _phase_label),
        _menu("strategy", "Strategy", offered.strategies, chosen.strategies, _strategy_label),
        _menu("provider", "Provider", (p for p in offered.providers if p), chosen.providers),
        _menu("owner", "Owner", (o or NOBODY for o in offered.owners), chosen.owners, _owner_label),
    )
    kept = (
        ("part", chosen.part.value if chosen.part else ""),
        ("sort", chosen.sort.value if chosen.sort is not Sort.NEED else ""),
        ("order", fleet_address.BACKWARDS if chosen.backwards else ""),
        ("view", chosen.view.value if chosen.view is not View.ROLLOUTS else ""),
    )
    nothing = FleetFilter(part=chosen.part, sort=chosen.sort, backwards=chosen.backwards, view=chosen.view)
    clear = fleet_address.address(nothing) if chosen.narrows else ""
    return Bar(menus, fleet_address.chips(chosen), clear, tuple((name, value) for name, value in kept if value))


def _menu(
    name: str, label: str, offered: Iterable[str], chosen: Sequence[str], words: Callable[[str], str] = str
) -> Menu:
    """Values that are chosen and no longer offered stay to be seen, so that they can be taken away."""
    values = list(dict.fromkeys([*offered, *chosen]))
    return Menu(name, label, tuple(Option(value, words(value), value in chosen) for value in values))


def _phase_label(value: str) -> str:
    return words.phase_look("" if value == NO_PHASE else value).name


def _strategy_label(value: str) -> str:
    return words.STRATEGIES.get(value, value)


def _owner_label(value: str) -> str:
    return words.OWNERS.get("" if value == NOBODY else value, value)

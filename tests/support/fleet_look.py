"""The fleet as a person sees it, without a page."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User

from rollouts.queries import applications, cards, clusters, fleet
from rollouts.queries.cards import Cards
from rollouts.queries.filters import FleetFilter
from rollouts.queries.rows import RolloutRow

EVERYTHING = FleetFilter()


class Look:
    """The fleet as one person sees it at one moment."""

    def __init__(self, person: User | AnonymousUser, now: datetime, chosen: FleetFilter = EVERYTHING) -> None:
        marks = clusters.marks(person, now)
        self.marks = {mark.id: mark for mark in marks}
        self.present = clusters.present(marks, now)
        self.chosen = chosen
        self.selection = fleet.selected(person, chosen, self.marks)
        self.counters = fleet.counters(self.selection, self.present)

    def rows(self, skipped: int = 0) -> list[RolloutRow]:
        part, _ = fleet.listed(self.chosen, self.counters)
        paging = fleet.paging(self.chosen.page, self.counters.of(part) - skipped)
        return fleet.rollout_rows(self.selection, self.chosen, self.counters, paging, skipped, self.marks, self.present)

    def names(self) -> list[str]:
        return [row.name for row in self.rows()]

    def cards(self, limit: int = 6) -> Cards:
        return cards.cards(self.selection, self.counters.needs, self.marks, self.present, limit)

    def applications(self) -> list[applications.ApplicationRow]:
        numbers = applications.numbers(self.selection, self.chosen, self.present, everything=True)
        return applications.page(self.selection, self.chosen, numbers, self.marks, self.present)

"""The newest release of one application in each of its clusters, for charts: its steps, and one check compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Min, Q, Sum

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.checks import Verdict, judge
from rollouts.domain.observations import Check
from rollouts.models import Application, Measurement, Release, Rollout, Transition
from rollouts.queries import measured
from rollouts.queries.charted import seen_to
from rollouts.queries.measured import MeasuredCheck
from rollouts.queries.timeline import of_newest_releases

STEP = 60
"""Seconds."""
MOST_CLUSTERS = 200
MOST_LANES = 50
"""Drawn, the newest releases; a table has the others."""
MOST_CURVES = 24
"""Drawn, the worst; a table has the others."""
WITHOUT_VALUE = (Verdict.NO_VALUES, Verdict.ERROR)
FAILING = (Verdict.FAILED, *WITHOUT_VALUE)


@dataclass(frozen=True, slots=True)
class Run:
    """The newest release of one rollout. `name` tells it from those of other clusters."""

    name: str
    rollout: Rollout
    release: Release
    history: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One check in one cluster. `low` and `high` are those of green's judged values; None without any.
    `without_value`: how many of the failed ones Flagger took for failed because it got none.
    """

    run: Run
    check: Check | None
    low: float | None
    high: float | None
    judged: int
    failed: int
    without_value: int

    @property
    def beyond(self) -> bool:
        """Whether Flagger takes one of green's values for a failed check."""
        values = (self.low, self.high)
        return self.check is not None and any(judge(self.check, value) is Verdict.FAILED for value in values)

    @property
    def room(self) -> float:
        """How far green stayed from its nearest limit; negative beyond it. Without a value or a limit: infinite."""
        if self.check is None or self.low is None or self.high is None:
            return float("inf")
        below = self.low - self.check.minimum if self.check.minimum is not None else float("inf")
        above = self.check.maximum - self.high if self.check.maximum is not None else float("inf")
        return min(below, above)


def version_of(person: access.Person, application: int, now: datetime) -> str:
    """Changes with every transition and every measurement of the application's newest releases, and while one of them
    runs also with the clock.
    """
    rollouts = access.visible_rollouts(person).filter(application=application)
    releases = Release.objects.filter(rollout__in=rollouts, number=F("rollout__release_number"))
    counted = rollouts.aggregate(number=Count("pk"), versions=Sum("version"))
    moments = releases.aggregate(measured=Max("measured_at"), kept=Max("curves_kept_at"), ended=Max("ended_at"))
    running = releases.filter(ended_at__isnull=True).exists()
    stamps = [f"{at.timestamp():.3f}" if at else "" for at in moments.values()]
    step = str(int(now.timestamp()) // STEP) if running else ""
    return ".".join([str(counted["number"]), str(counted["versions"]), *stamps, step])


def runs(person: access.Person, application: Application) -> list[Run]:
    """The newest first."""
    visible = access.visible_rollouts(person).filter(application=application, deleted_at__isnull=True)
    found = list(
        Release.objects.filter(rollout__in=visible, number=F("rollout__release_number"))
        .select_related("rollout__cluster")
        .defer("rollout__state")
        .order_by("-started_at", "pk")[:MOST_CLUSTERS]
    )
    histories = of_newest_releases([release.rollout_id for release in found])
    several = _repeated(release.rollout.cluster.name for release in found)
    return [
        Run(_name(release.rollout, several), release.rollout, release, tuple(histories.get(release.rollout_id, ())))
        for release in found
    ]


def _repeated(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def _name(rollout: Rollout, several: set[str]) -> str:
    name = rollout.cluster.name
    return f"{name}: {rollout.namespace}/{rollout.name}" if name in several else name


def check_names(several: Iterable[Run]) -> list[str]:
    """In the order in which the policies name them."""
    names: dict[str, None] = {}
    for run in several:
        names |= dict.fromkeys(check.name for check in _checks(run.release))
    return list(names)


def _checks(release: Release) -> tuple[Check, ...]:
    return memory.load_canary(release.canary).checks if release.canary else ()


def compared(several: Sequence[Run], name: str) -> list[Compared]:
    """The worst first, then those without a value."""
    failing, lacking = (Count("pk", filter=Q(verdict__in=those)) for those in (FAILING, WITHOUT_VALUE))
    judged = {
        row["release"]: row
        for row in Measurement.objects.filter(release__in=[run.release.pk for run in several], check_name=name)
        .values("release")
        .annotate(low=Min("green"), high=Max("green"), judged=Count("pk"), failed=failing, lacking=lacking)
    }
    found = []
    for run in several:
        check = next((check for check in _checks(run.release) if check.name == name), None)
        row = judged.get(run.release.pk)
        found.append(
            Compared(run, check, row["low"], row["high"], row["judged"], row["failed"], row["lacking"])
            if row
            else Compared(run, check, None, None, 0, 0, 0)
        )
    return sorted(found, key=lambda one: (one.low is None, one.room, one.run.name))


def curves(several: Iterable[Compared], name: str) -> dict[int, MeasuredCheck]:
    """By the release's id."""
    by_release = measured.of_releases([one.run.release for one in several], name)
    return {pk: check for pk, checks in by_release.items() for check in checks if check.name == name}


def ended(run: Run, now: datetime) -> datetime:
    """Its end, or up to when is known that it ran."""
    return seen_to(run.rollout, run.release, now)

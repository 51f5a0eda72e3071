"""Writes what a pass has read: in one short transaction, and only what is still claimed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rollouts.domain.ports import Hint
from rollouts.domain.rollout import Outcome
from rollouts.models import Curve, Measurement, Release
from rollouts.services.measure.cases import Read
from rollouts.services.measure.claims import Claim, claimed

MEASURED = ("transition", "green", "blue", "verdict", "note", "said", "agrees")
DRAWN = ("begin", "step", "values", "query", "note", "complete")
TURN = ("measure_at", "measured_at", "measured_to", "curves_kept_at", "curves_note")


def save(reads: Sequence[Read], claim: Claim, *, now: datetime) -> list[Hint]:
    """Doing it again with the same values changes nothing. The hints are to be published after the commit."""
    with transaction.atomic():
        mine = set(claimed(claim).select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
        reads = [read for read in reads if read.release.pk in mine]
        Curve.objects.bulk_create(
            [curve for read in reads for curve in read.curves],
            update_conflicts=True,
            unique_fields=("release", "check_name", "side"),
            update_fields=DRAWN,
        )
        Measurement.objects.bulk_create(
            [one for read in reads for one in _one_per_moment(read.measurements)],
            update_conflicts=True,
            unique_fields=("release", "check_name", "at"),
            update_fields=MEASURED,
        )
        for read in reads:  # Django's `bulk_update` of the same takes more than twice as long
            _turn(read, now).save(update_fields=TURN)
            if read.governing is not None:  # somebody has edited the policy of a running release: rare
                running = Release.objects.filter(pk=read.release.pk, outcome=Outcome.RUNNING.value)
                running.update(canary=read.governing)
    return _hints(reads, now)


def _hints(reads: Sequence[Read], now: datetime) -> list[Hint]:
    """One for each rollout, and one for each application that compares its rollouts, however many of them were read."""
    rollouts = [read.release.rollout for read in reads if read.curves or read.measurements]
    applications = dict.fromkeys(one.application_id for one in rollouts if one.application_id is not None)
    topics = [f"measured-{one.pk}" for one in rollouts] + [f"compared-{pk}" for pk in applications]
    version = int(now.timestamp() * 1000)
    return [Hint(topic, version) for topic in topics]


def _turn(read: Read, now: datetime) -> Release:
    release = read.release
    release.measured_at, release.measured_to = read.measured_at, read.measured_to
    release.measure_at = None if read.done else read.measure_at
    release.curves_kept_at, release.curves_note = (now, read.note) if read.done else (None, "")
    return release


def _one_per_moment(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Two transitions of the same second have one value; the one about which Flagger said something is kept."""
    found: dict[tuple[str, datetime], Measurement] = {}
    for one in measurements:
        known = found.get((one.check_name, one.at))
        if known is None or known.agrees is None or one.agrees is not None:
            found[one.check_name, one.at] = one
    return list(found.values())

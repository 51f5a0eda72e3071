"""Old curves with fewer points: what they looked like, and every peak, for a fraction of their size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rollouts.domain import curves
from rollouts.models import Curve, Release

THINNED = ("step", "values", "note", "thinned_at")


def thin(releases: Sequence[Release], *, now: datetime) -> int:
    """Returns the number of curves that have fewer points now; those that had few already count as thinned, too."""
    rows = list(Curve.objects.filter(release__in=releases, thinned_at=None))
    thinned = sum([_thin(row, now) for row in rows])
    Curve.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=("release", "check_name", "side"), update_fields=THINNED
    )
    return thinned


def _thin(row: Curve, now: datetime) -> bool:
    whole = curves.Curve(int(row.begin.timestamp()), row.step, tuple(row.values))
    few = curves.few(whole)
    row.thinned_at = now
    if few is whole:
        return False
    row.step, row.values = few.step, list(few.values)
    if few.known:
        row.note = f"{_told(few)} {row.note}".strip()
    return True


def _told(few: curves.Curve) -> str:
    return f"Thinned for its age: of every {2 * few.step} s the lowest and the highest value are left."

"""Workers claim a row for a pass, and write to it only as long as nobody else has claimed it since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from rollouts.models import ChangeState
from rollouts.models.one_offs import WORKED_ON, OneOff

CLAIM = timedelta(seconds=120)
"""Longer than a pass over some clusters that do not answer may take."""
AGAIN = timedelta(seconds=1.5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(seconds=60)

Row = TypeVar("Row", bound=OneOff)


def row_of(row: Row) -> QuerySet[Row]:
    """That row, as the database has it."""
    return type(row)._default_manager.filter(pk=row.pk)


def held(row: Row) -> QuerySet[Row]:
    """The row, as long as nobody else has claimed it."""
    return row_of(row).filter(claim=row.claim)


def due(model: type[Row], now: datetime) -> QuerySet[Row]:
    return model._default_manager.filter(state__in=WORKED_ON, next_at__lte=now)


def claimed(model: type[Row], pk: int, now: datetime) -> Row | None:
    if not due(model, now).filter(pk=pk).update(next_at=now + CLAIM, claim=F("claim") + 1):
        return None
    return model._default_manager.select_related(f"{model.ASKED}__hub", "person").get(pk=pk)


def wait(row: OneOff, said: str, now: datetime, *, failed: bool = False) -> None:
    attempts = row.attempts + 1 if failed else 0
    pause = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT) if failed else AGAIN
    held(row).filter(state__in=WORKED_ON).update(sentence=said, attempts=attempts, next_at=now + pause)


def looked(row: OneOff, found: dict[str, object]) -> None:
    held(row).filter(state=ChangeState.LOOKING).update(**found, sentence="", attempts=0)


def holder(row: OneOff, now: Callable[[], datetime], *, may_write: bool) -> Callable[[], bool]:
    """Asked right before each write, which it notes: the person may, nobody has taken the row meanwhile, nor ended it.
    The claim is renewed.
    """

    def holds() -> bool:
        at = now()
        open_still = held(row).filter(state=ChangeState.OPEN)
        noted = {"next_at": at + CLAIM, "sent_at": Coalesce(F("sent_at"), at)}
        return may_write and bool(open_still.update(**noted))

    return holds

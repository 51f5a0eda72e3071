"""What people ask for: to have it looked at again, the click on what was shown, and its stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from rollouts.domain.commands import mistyped
from rollouts.domain.errors import KuratorUIError
from rollouts.models import ChangeState
from rollouts.models.one_offs import OneOff
from rollouts.services.act.asking import NotPossible
from rollouts.services.one_offs import ending
from rollouts.services.one_offs.claims import row_of

KEPT_FOR = timedelta(days=1)
"""What was looked at, and never asked for."""
CHANGED = "What was shown is not so any more. Look at it again."
STOPPED = "Stopped. The {} was not asked to do anything."
STOPPED_SENT = "Stopped. The {} was asked already, and may have accepted it; nobody follows it here any more."
STOPPED_WRITTEN = "Stopped. {}; nobody follows it here any more."


class Changed(NotPossible):
    """What was shown is not so any more."""

    def __init__(self) -> None:
        super().__init__(CHANGED)


class Unconfirmed(KuratorUIError):
    """The person has not given what it needs; `field` names it, as forms do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def look_again(row: OneOff, now: datetime) -> bool:
    """Whether a worker is wanted: only for what nobody has asked for yet."""
    held = row_of(row).filter(state=ChangeState.LOOKED)
    return bool(held.update(state=ChangeState.LOOKING, sentence="", attempts=0, made_at=now, next_at=now))


def judge(row: OneOff, digest: str, *, against: bool, otherwise: str) -> None:
    """Raises NotPossible where it cannot work, or is not what was shown."""
    if against or row.state != ChangeState.LOOKED:
        raise NotPossible(otherwise)
    if row.digest != digest:
        raise Changed


def require(*, name: str, typed: str, reason: str, reason_wanted: bool) -> None:
    """Raises Unconfirmed. No `name` has to be typed where it is empty."""
    if sentence := mistyped(name, typed):
        raise Unconfirmed("typed", sentence)
    if reason_wanted and not reason:
        raise Unconfirmed("reason", "Say why: a reason is required.")


def ask(row: OneOff, *, reason: str, patch: dict[str, Any] | None, under_way: str, now: datetime) -> bool:
    """Whether a worker is wanted: sent twice it is asked for once. Raises NotPossible when the same is under way, or
    when it was looked at again since.
    """
    try:
        with transaction.atomic():
            held = row_of(row).filter(state=ChangeState.LOOKED, digest=row.digest)
            asked = {"state": ChangeState.OPEN, "asked_at": now, "reason": reason, "next_at": now, "attempts": 0}
            begun = held.update(**asked, sentence="")
            row.refresh_from_db()
            if not begun and row.asked_at is None:
                raise Changed
            if not begun:
                return False
            ending.requested(row, patch)
    except IntegrityError:
        raise NotPossible(under_way) from None
    return True


def stop(row: OneOff, now: datetime, *, goes_on: str) -> bool:
    """Whether it was still going on. `goes_on`: what does so by itself where it was accepted."""
    with transaction.atomic():
        held = row_of(row).select_for_update().get()  # a worker may just have sent it
        asked = STOPPED_SENT if held.sent_at else STOPPED
        said = STOPPED_WRITTEN.format(goes_on) if held.written_at else asked.format(row.ASKED)
        return ending.end(row, ChangeState.STOPPED, said, now, by_program=False)


def forget(model: type[OneOff], now: datetime) -> None:
    """What was looked at and never asked for."""
    model._default_manager.filter(asked_at=None, made_at__lt=now - KEPT_FOR).delete()

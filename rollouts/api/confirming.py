"""The click on what a worker has looked at, of a whole Application and of a new Canary alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollouts.api.change_shapes import ChangeShape
from rollouts.api.errors import Refused, missed
from rollouts.domain.errors import CredentialError
from rollouts.services.act import NotPossible
from rollouts.services.one_offs import Changed, Unconfirmed


def confirmed(ask: Callable[[], None], now: Callable[[], ChangeShape], *, was_shown: bool) -> ChangeShape:
    """As it is `now`, once it was asked for. `was_shown`: whether the digest that was given is still its own. Raises
    Refused, with the change as it is now.
    """
    try:
        ask()
    except Unconfirmed as error:
        raise _refused(422, error, now(), **missed(error, error.field)) from None
    except (NotPossible, CredentialError) as error:
        code = "changed" if isinstance(error, Changed) or not was_shown else "not-possible"
        raise _refused(409, error, now(), code=code) from None
    return now()


def _refused(status: int, error: Exception, now: ChangeShape, *, code: str, **more: Any) -> Refused:
    return Refused(status, str(error), code=code, change=now.model_dump(mode="json"), **more)

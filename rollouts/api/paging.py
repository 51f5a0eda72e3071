"""Lists come in pieces: an item is neither missed nor given twice, whatever changes between two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from rollouts.domain.errors import InvalidInput

MOST, USUAL = 200, 50
BIGGEST = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=BIGGEST)]
Text = Annotated[str, Field(max_length=507, pattern=r"^[^\x00]*$")]
"""No database of ours keeps a NUL."""
Item = TypeVar("Item")
Row = TypeVar("Row")


class Listed(Schema, Generic[Item]):
    """`next` is the `cursor` of the next piece; null when there is none."""

    items: list[Item]
    next: int | None


class Piece(Schema):
    """What every list takes."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = USUAL
    cursor: Annotated[int, Field(ge=0, le=BIGGEST)] = 0


def cut(found: Sequence[Row], limit: int, key: Callable[[Row], int]) -> tuple[Sequence[Row], int | None]:
    """Of one more than were asked for: those, and the cursor to go on from."""
    shown = found[:limit]
    return shown, key(shown[-1]) if len(found) > limit else None


def only_known(request: HttpRequest, chosen: Schema) -> None:
    """A misspelt filter would silently be none. Raises InvalidInput."""
    known = type(chosen).model_fields
    if unknown := sorted(set(request.GET) - set(known)):
        raise InvalidInput(f"There is no parameter {unknown[0][:60]!r} here. Known are {', '.join(known)}.")

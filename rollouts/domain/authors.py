"""Who is acting now: the person of the request that is being answered, or whoever started this process."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """`id` is that of an account of this program; None for whoever has none. `address` and `request` are those of the
    request that the act came with.
    """

    name: str
    id: int | None = None
    address: str = ""
    request: str = ""


PROGRAM = Author("(this program)")
_present: ContextVar[Callable[[], Author]] = ContextVar("author", default=lambda: PROGRAM)


def present() -> Author:
    return _present.get()()


@contextmanager
def acting(author: Callable[[], Author]) -> Iterator[None]:
    """`author` is asked when somebody wants to know: most requests change nothing."""
    before = _present.set(author)
    try:
        yield
    finally:
        _present.reset(before)


def command_line() -> Author:
    """The account of this machine that runs the process; what the environment says of it could be made up."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Author(f"{name} (command line)")

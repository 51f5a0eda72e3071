"""Applications as a whole: looked at by a worker before anybody is asked, deleted or made after a click, and followed.

The row of a change is all that anybody has to know to go on: each pass looks first and does only what is not done, so
whoever dies at any line is followed by another.
"""

from __future__ import annotations

from rollouts.services.one_offs import Unconfirmed
from rollouts.services.whole.asking import (
    begin_creation,
    begin_deletion,
    confirm,
    forget,
    look_again,
    reason_wanted,
    stop,
)
from rollouts.services.whole.going import go_on, look_after_applications

__all__ = [
    "Unconfirmed",
    "begin_creation",
    "begin_deletion",
    "confirm",
    "forget",
    "go_on",
    "look_after_applications",
    "look_again",
    "reason_wanted",
    "stop",
]

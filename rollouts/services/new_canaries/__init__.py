"""Canaries that are made where no policy of Kurator makes them: looked at by a worker, made after a click, followed.

The row is all that anybody has to know to go on: each pass looks first and does only what is not done, so whoever dies
at any line is followed by another.
"""

from __future__ import annotations

from rollouts.services.new_canaries.asking import begin, confirm, look_again, reason_wanted, stop
from rollouts.services.new_canaries.entered import draft_of, forget
from rollouts.services.new_canaries.going import go_on, look_after_new_canaries

__all__ = [
    "begin",
    "confirm",
    "draft_of",
    "forget",
    "go_on",
    "look_after_new_canaries",
    "look_again",
    "reason_wanted",
    "stop",
]

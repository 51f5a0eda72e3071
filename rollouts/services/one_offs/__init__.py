"""What is asked of one cluster once, be it for an Application or a Canary: the click, the claims of workers, the end.

The row is all that anybody has to know to go on: each pass looks first and does only what is not done, so whoever dies
at any line is followed by another.
"""

from __future__ import annotations

from rollouts.services.one_offs.asking import Changed, Unconfirmed

__all__ = ["Changed", "Unconfirmed"]

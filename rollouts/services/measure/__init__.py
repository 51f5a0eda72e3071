"""Reading the checks of releases on both sides while they run, and keeping the curves when they have ended."""

from __future__ import annotations

from rollouts.services.measure.claims import due
from rollouts.services.measure.passes import measure

__all__ = ["due", "measure"]

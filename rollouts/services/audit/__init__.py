"""The audit trail: who did what to what, and why. Entries are appended, never changed; only their age removes them."""

from __future__ import annotations

from rollouts.services.audit.pruning import old_entries, remove_entries
from rollouts.services.audit.recording import record
from rollouts.services.audit.verifying import Verified, verify

__all__ = ["Verified", "old_entries", "record", "remove_entries", "verify"]

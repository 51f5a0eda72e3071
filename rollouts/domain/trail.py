"""The audit trail: what an entry says, and the chain that holds entries together.

Each entry carries the hash of its content and of the hash before it. Whoever changes, removes or inserts one has to
write all that follow anew, and whatever was signed after it no longer fits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

BEGINNING = "0" * 64
"""Stands for the hash before the first entry."""

Content = Mapping[str, str | int | datetime | None]


class Act(StrEnum):
    """What was done, in one word."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    PRUNE = "prune"
    ROLL_BACK = "roll-back"
    SKIP_ITERATIONS = "skip-iterations"
    PROMOTE_NOW = "promote-now"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    NEW_VERSION = "new-version"
    CONFIG_VALUE = "config-value"
    EARLIER_VERSION = "earlier-version"
    GREEN_TO_ZERO = "green-to-zero"
    OPEN_GATE = "open-gate"
    CLOSE_GATE = "close-gate"
    RESTART_PODS = "restart-pods"
    EDIT_POLICY = "edit-policy"
    PUT_BACK = "put-back"
    """Turned off again what an act had turned on for a while."""
    GIVE_REASON = "give-reason"
    """For an act that was asked for before."""
    DOUBT = "doubt"
    """Of the trail itself: what was found when the next entry was to be appended is not what was left there."""


class SubjectKind(StrEnum):
    CLUSTER = "cluster"
    APPLICATION = "application"
    ROLLOUT = "rollout"
    POLICY = "policy"
    PERSON = "person"
    GROUP = "group"
    GRANT = "grant"
    TOKEN = "token"  # noqa: S105  (a word)
    REQUIRED_REASON = "required-reason"
    TRAIL = "trail"


class Stage(StrEnum):
    """How far an act has come. What goes through several has an entry for each, since no entry is ever changed."""

    WAITING = "waiting"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    OBSERVED = "observed"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act was done to, as text: it is still named when the thing itself is gone.

    `application` is `namespace/name`; `release` the number of the release that the person saw.
    """

    kind: SubjectKind
    name: str = ""
    namespace: str = ""
    cluster: str = ""
    application: str = ""
    release: int | None = None


def digest(content: Content, previous: str) -> str:
    """Fields that are empty have no part in it, so that one which is added to entries later leaves old hashes alone."""
    said = {name: _plain(value) for name, value in content.items() if value not in ("", None)}
    said["previous"] = previous
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: str | int | datetime | None) -> str | int | None:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value

"""What is asked of a Service of the cluster, as data: shown before the click, sent by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollouts.domain.addresses import Service

GOOD = range(200, 203)
"""What Flagger takes for yes (flagger.md 8.1)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A POST of `body` as JSON, safe to repeat. Whether it holds is asked at `check` right after it, with the same
    body: the answer has to be a yes, or (not `yes`) a no.
    """

    service: Service
    path: str
    body: Mapping[str, str]
    says: str
    check: str
    yes: bool

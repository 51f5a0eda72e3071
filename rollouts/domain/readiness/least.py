"""Versions compared with the least that is wanted."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?")


def at_least(version: str, wanted: str) -> bool | None:
    """None where `version` is none (a digest, `latest`). Only the numbers count: a build's own suffix is none of them,
    so `v1.27.3-gke.100` is at least 1.27.3.
    """
    found, least = _numbers(version), _numbers(wanted)
    return None if found is None or least is None else found >= least


def _numbers(version: str) -> tuple[int, int, int] | None:
    found = _NUMBERS.match(version)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3] or 0))

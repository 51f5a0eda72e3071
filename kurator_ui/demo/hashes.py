"""Short hashes in the alphabet Kubernetes uses for them."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import msgspec

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Any) -> str:
    """Of a pod template: equal for equal templates; it looks like Flagger's own, which only Flagger can compute."""
    number = str(zlib.crc32(msgspec.json.encode(template, order="deterministic")))
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in number)


def config_hash(data: Any) -> str:
    """Sixteen hex digits, as `status.trackedConfigs` has them."""
    return hashlib.sha256(msgspec.json.encode(data, order="deterministic")).hexdigest()[:16]

"""What a rule finds, and forms that several rules ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_LABEL = re.compile(LABEL)
_HOST = re.compile(rf"{LABEL}(?:\.{LABEL})*")
_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is the name of a field as in `entering`. Only what is `wrong` keeps a policy from being applied."""

    field: str
    said: str
    wrong: bool = True


def hint(field: str, said: str) -> Finding:
    return Finding(field, said, wrong=False)


def is_host(said: str) -> bool:
    return len(said) <= 253 and _HOST.fullmatch(said) is not None


def is_name(said: str) -> bool:
    """Of an object of Kubernetes."""
    return len(said) <= 253 and _NAME.fullmatch(said) is not None


def is_label(said: str) -> bool:
    """Of a namespace, or a Service: without dots."""
    return _LABEL.fullmatch(said) is not None


def is_duration(said: str) -> bool:
    """As Go writes them: `5s`, `1m30s`."""
    return _DURATION.fullmatch(said) is not None

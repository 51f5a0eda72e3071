"""ConfigMaps that Flagger tracks for a target: other content of one begins a release, as another image does
(flagger.md 11b). Only values that a person may see and type in one line are offered; Secrets never are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.domain.observations import Canary
from rollouts.domain.ownership import keeper_of, undone_by
from rollouts.domain.redaction import HIDDEN, hide

TRACKED = "configmap/"
MAPS, SETTINGS = 10, 100
LONGEST = 1000
"""Characters of a value."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a ConfigMap with its value. `why_not` says in some words why it cannot be changed from here; the value
    is left out then. `undone_by` are whole sentences, of who keeps the ConfigMap.
    """

    config: str
    key: str
    value: str = ""
    why_not: str = ""
    undone_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """In a choice. Neither part can have a slash in it."""
        return f"{self.config}/{self.key}"


@dataclass(frozen=True, slots=True)
class Configs:
    """As they were read at one time. `note` is why some could not be read; mostly nothing."""

    read_at: datetime
    found: tuple[Setting, ...] = ()
    note: str = ""

    @property
    def offered(self) -> tuple[Setting, ...]:
        return tuple(one for one in self.found if not one.why_not)


def tracked(canary: Canary) -> tuple[str, ...]:
    """Names of ConfigMaps. One whose tracking is switched off by its annotation, or that no pod refers to, is not among
    them; nor is any while Flagger tracks none at all.
    """
    return tuple(_names(canary)[:MAPS])


def _names(canary: Canary) -> list[str]:
    return sorted(one.removeprefix(TRACKED) for one in canary.tracked_configs if one.startswith(TRACKED))


def left_out(canary: Canary, keys: Mapping[str, int]) -> str:
    """What is beyond the limits, in a sentence; empty where nothing is. `keys`: how many each ConfigMap has."""
    more = len(_names(canary)) - MAPS
    said = [f"{more} of the ConfigMaps"] if more > 0 else []
    said += [f"{number - SETTINGS} of the keys of {name}" for name, number in keys.items() if number > SETTINGS]
    return f"Not read: {', '.join(said)}." if said else ""


def settings_of(name: str, found: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Of a ConfigMap as it may be looked at: with whatever may be secret hidden."""
    return tuple(_settings(name, found))


def _settings(name: str, found: Mapping[str, Any]) -> Iterator[Setting]:
    labels, data = (found.get("metadata") or {}).get("labels") or {}, found.get("data")
    kept_by = undone_by(keeper_of(labels, ()))
    for key, value in sorted(data.items())[:SETTINGS] if isinstance(data, Mapping) else ():
        why_not = "the ConfigMap is immutable" if found.get("immutable") else _why_not(value)
        yield Setting(name, key, "" if why_not else value, why_not, kept_by)


def _why_not(value: object) -> str:
    if not isinstance(value, str) or HIDDEN in value:
        return "it may be a secret"
    if len(value) > LONGEST:
        return f"it has more than {LONGEST} characters"
    return "it has several lines" if len(value.splitlines()) > 1 or value.endswith("\n") else ""


def may_be_secret(key: str, value: str) -> bool:
    return bool(hide(value, key) != value)

"""The passwords made for the first people of an installation, kept in one file that only its owner can read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

FILE = "people.json"


@dataclass(frozen=True)
class Person:
    name: str
    password: str


def load_passwords(state: Path) -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads((state / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept


def save_passwords(state: Path, passwords: dict[str, str]) -> None:
    draft = state / f".{FILE}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(passwords, file)
    draft.replace(state / FILE)

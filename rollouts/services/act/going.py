"""What is known while a command is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.domain.ports import ClusterConnection
from rollouts.models import Command, CommandState

Accepted = dict[tuple[str, str], dict[str, Any]]
"""What the cluster took, by kind (with its subresource) and name of the object."""


@dataclass(slots=True)
class Pass:
    """One attempt to carry a command out."""

    command: Command
    connection: ClusterConnection
    now: Callable[[], datetime]
    accepted: Accepted


def taken(row: Command, accepted: Accepted) -> list[dict[str, Any]]:
    """With what earlier attempts had accepted: what is found done already says no resource version, and hides none."""
    found = {_place(one): one for one in row.patches}
    for one in accepted.values():
        if _was_sent(one) or _place(one) not in found:
            found[_place(one)] = one
    return list(found.values())


def with_what_was_done(sentence: str, row: Command, accepted: Accepted) -> str:
    """One of two patches may have been taken, and what it does goes on."""
    done = ", ".join(one["says"] for one in taken(row, accepted) if _was_sent(one))
    said = f" Done before that: {done}."
    return sentence if not done or sentence.endswith(said) else f"{sentence}{said}"


def _place(one: Mapping[str, Any]) -> tuple[str, ...]:
    return one["kind"], one["subresource"], one["namespace"], one["name"]


def _was_sent(one: Mapping[str, Any]) -> bool:
    return bool(one["resource_version"] or one.get("answers"))


class Stop(Exception):
    """The command ends here, in this state and with this sentence."""

    def __init__(self, state: CommandState, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state

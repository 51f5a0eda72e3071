"""What is known while a command is carried out."""

from __future__ import annotations

from collections.abc import Callable
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


class Stop(Exception):
    """The command ends here, in this state and with this sentence."""

    def __init__(self, state: CommandState, sentence: str) -> None:
        super().__init__(sentence)
        self.state = state

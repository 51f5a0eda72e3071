"""What this program keeps in the choice of a command: what the choice was seen to stand for when it was asked for.

A worker trusts it, and writes some of it back into the cluster. So nobody outside may say it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rollouts.domain.commands.act import Act
from rollouts.domain.commands.config_value import REPLACED
from rollouts.domain.commands.earlier_version import REPLACES, STANDS_FOR, UNDER
from rollouts.domain.commands.forcing import BEFORE, FORCED
from rollouts.domain.commands.gating import APPROVES, WAITS
from rollouts.domain.commands.green_to_zero import WAS
from rollouts.domain.commands.policy_new_version import ENTRY, SAID
from rollouts.domain.commands.restarting import BLUE

KEPT = frozenset({BEFORE, FORCED, STANDS_FOR, REPLACES, WAITS, APPROVES, WAS, BLUE, UNDER, ENTRY, SAID, REPLACED})
"""All names of `Plan.meant` but those that people choose, too; and what a part of a policy's command is under."""


def said_from_outside(act: Act, choice: Iterable[str]) -> str:
    """The sentence for a name that nobody may give; empty where there is none."""
    given = sorted(KEPT.intersection(choice))
    return f"{act} cannot be told {given[0]!r}: it is seen in the cluster and kept. Leave it out." if given else ""

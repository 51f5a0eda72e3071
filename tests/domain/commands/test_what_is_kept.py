"""Every name that a plan keeps with its command is one that nobody outside may say."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from rollouts.domain import commands
from rollouts.domain.commands import KEPT, NAMES, Act, said_from_outside
from rollouts.domain.commands.earlier_version import UNDER, VERSION
from rollouts.domain.commands.flux_hold import FLUX
from rollouts.domain.commands.forcing import TICK
from rollouts.domain.commands.gating import GATE
from rollouts.domain.commands.pausing import FOR, THEN


def written_down() -> set[str]:
    """The names of every `meant={…}` in the code of the acts."""
    found: set[str] = set()
    for path in Path(commands.__file__).parent.glob("*.py"):
        module = importlib.import_module(f"rollouts.domain.commands.{path.stem}") if path.stem != "__init__" else None
        for one in ast.walk(ast.parse(path.read_text())):
            if isinstance(one, ast.keyword) and one.arg == "meant":
                assert isinstance(one.value, ast.Dict), path
                for key in one.value.keys:
                    assert isinstance(key, ast.Name | ast.Constant), path
                    found.add(str(getattr(module, key.id) if isinstance(key, ast.Name) else key.value))
    return found


def test_all_that_plans_keep_is_refused_but_what_people_choose() -> None:
    """A command of a rollout is told by that of a policy, not by a plan, that it is under it."""
    assert written_down() | {UNDER} == KEPT | {GATE, VERSION, FLUX}


def test_what_people_choose_is_not() -> None:
    chosen = {name for names in NAMES.values() for name in names} | {FLUX, TICK, FOR, THEN}
    assert said_from_outside(Act.ROLL_BACK, chosen) == ""

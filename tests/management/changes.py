"""`manage.py change` as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from rollouts.management.commands.change import Command as ChangeCommand
from tests.management.terminal import never


def change(*words: str, who: str = "ed", pause: Callable[[], None] | None = None) -> list[str]:
    """The lines it writes. `pause` is what happens while it waits."""
    out = StringIO()
    call_command(ChangeCommand(pause=pause or never), "--as", who, *words, stdout=out)
    return out.getvalue().splitlines()


def fails(*words: str, **given: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        change(*words, **given)
    return caught.value.returncode, str(caught.value)

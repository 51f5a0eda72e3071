"""`manage.py rollout` as it is typed, and what happens while it waits."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from rollouts.management.commands.rollout import Command as RolloutCommand
from rollouts.models import Command, Release


def rollout(*words: str, who: str = "olga", pause: Callable[[], None] | None = None) -> list[str]:
    """The lines it writes. `pause` is what happens while it waits."""
    out = StringIO()
    call_command(RolloutCommand(pause=pause or never), "--as", who, *words, stdout=out)
    return out.getvalue().splitlines()


def never() -> None:
    raise AssertionError("it waits for something that nobody brings about")


def fails(*words: str, **given: Any) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        rollout(*words, **given)
    return caught.value.returncode, str(caught.value)


def in_turn(*happens: Callable[[], object]) -> Callable[[], None]:
    left = list(happens)

    def pause() -> None:
        if not left:
            never()
        left.pop(0)()

    return pause


def is_now(state: str) -> Callable[[], object]:
    return lambda: Command.objects.update(state=state, sentence="so it is")


def ends(release: Release, outcome: str, **fields: Any) -> None:
    Release.objects.filter(pk=release.pk).update(outcome=outcome, ended_at=timezone.now(), **fields)

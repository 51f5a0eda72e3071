"""A preview for programs and terminals, where nothing but what is typed says what an act can be told."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from datetime import datetime

from rollouts.domain.commands import KEPT, Act, Plan, Refusal
from rollouts.domain.errors import InvalidInput
from rollouts.models import Application, Rollout
from rollouts.services.act.asking import Preview, preview, want
from rollouts.services.act.policies import PolicyPreview, preview_policy


class _Noted(Mapping[str, str]):
    """A choice that knows which names an act has asked it for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = dict(given)
        self.asked_for: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked_for.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    def items(self) -> ItemsView[str, str]:
        """All of it as it is: asks for no name."""
        return self._given.items()


def preview_exactly(*, rollout: Rollout, act: Act, choice: Mapping[str, str], now: datetime) -> Preview:
    """As `preview`; raises InvalidInput for a name that the act never looks at, too: misspelt, it would silently not
    hold.
    """
    noted = _Noted(choice)
    seen = preview(rollout=rollout, wanted=want(act, noted), now=now)
    _refuse_unknown(act, noted, seen.judged)
    return seen


def preview_policy_exactly(
    *, application: Application, policy: str, act: Act, choice: Mapping[str, str], now: datetime
) -> PolicyPreview | None:
    """As `preview_exactly`; None when there is no such policy."""
    noted = _Noted(choice)
    seen = preview_policy(application=application, policy=policy, wanted=want(act, noted), now=now)
    if seen is not None:
        _refuse_unknown(act, noted, seen.judged)
    return seen


def _refuse_unknown(act: Act, noted: _Noted, judged: Plan | Refusal) -> None:
    unknown = sorted(set(noted) - noted.asked_for)
    if unknown and not isinstance(judged, Refusal):
        may_be = sorted(noted.asked_for - KEPT)
        known = f" It can be told {', '.join(may_be)}." if may_be else ""
        raise InvalidInput(f"{act} cannot be told {unknown[0][:60]!r}.{known}")

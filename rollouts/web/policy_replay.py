"""What a policy's checks would have made of the last releases, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.urls import reverse

from rollouts import access
from rollouts.domain.checks import Verdict, in_words, judge
from rollouts.domain.commands import Governed
from rollouts.domain.policies.editing import Edit
from rollouts.domain.policies.replaying import Failure, Fate, Replay, asked_anew, checks_of, replayed
from rollouts.domain.rollout import Outcome
from rollouts.models import Application
from rollouts.queries.policy_replay import MOST_CHECKS, KeptRelease, kept_releases

TITLES = {
    Fate.ROLLED_BACK: "would have been rolled back",
    Fate.PROMOTED: "would have been promoted",
    Fate.OPEN: "neither, as long as green was measured",
    Fate.UNKNOWN: "cannot be judged",
}
SKIPPED = "The analysis is switched off: none of the last releases would have been checked."
TOO_MANY = f"More than {MOST_CHECKS} metrics are not tried on earlier releases."
HAPPENED = {Outcome.SUCCEEDED: "It was promoted.", Outcome.FAILED: "It was rolled back."}


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """`other`: it went the other way then."""

    release: str
    address: str
    said: str
    happened: str
    other: bool


@dataclass(frozen=True, slots=True)
class ReplayWords:
    """`parts` are a title and its releases. Without any only `note` is said, and nothing where that is empty."""

    total: int = 0
    parts: tuple[tuple[str, tuple[ReplayLine, ...]], ...] = ()
    note: str = ""


def replay_words(person: access.Person, application: Application, governed: Governed, edit: Edit) -> ReplayWords:
    names = list(dict.fromkeys(check.name for check in checks_of(edit.after)))
    if edit.after.skips:
        return ReplayWords(note=SKIPPED)
    if len(names) > MOST_CHECKS:
        return ReplayWords(note=TOO_MANY)
    found = kept_releases(person, application, governed, names)
    anew = asked_anew(edit.before, edit.after)
    tried = [(one, made) for one in found if (made := replayed(edit.after, one.kept, anew)) is not None]
    parts = [(fate, [(one, made) for one, made in tried if made.fate is fate]) for fate in TITLES]
    return ReplayWords(
        total=len(tried),
        parts=tuple(
            (f"{len(those)} {TITLES[fate]}", tuple(_line(one, made) for one, made in those))
            for fate, those in parts
            if those
        ),
        note=_note(tried, edit),
    )


def _line(one: KeptRelease, made: Replay) -> ReplayLine:
    release = one.release
    happened = HAPPENED.get(Outcome(release.outcome), "")
    other = (made.fate, release.outcome) in (
        (Fate.ROLLED_BACK, Outcome.SUCCEEDED),
        (Fate.PROMOTED, Outcome.FAILED),
    )
    return ReplayLine(
        f"release {release.number} in {release.rollout.cluster.name}",
        reverse("release", args=[release.pk]),
        _said(made),
        happened,
        other,
    )


def _said(made: Replay) -> str:
    if made.fate is Fate.UNKNOWN:
        return f"nothing comparable was kept of {', '.join(made.unmeasured)}"
    if made.failure is not None and made.fate is Fate.ROLLED_BACK:
        return f"{_failure(made.failure)}, failed check {made.failed}"
    good = f"{made.good} good check{'' if made.good == 1 else 's'}"
    return good + (f", {made.failed} failed" if made.failed else "")


def _failure(one: Failure) -> str:
    at = f"{datetime.fromtimestamp(one.at, UTC):%H:%M UTC on %d %b}"
    if one.value is None or judge(one.check, one.value) is Verdict.NO_VALUES:
        return f"{one.check.name} had no values at {at}"
    low, high = one.check.minimum, one.check.maximum
    limit = low if low is not None and one.value < low else high
    word = "least" if limit == low else "most"
    limits = f", {word} {in_words(one.check, limit)}" if limit is not None else ""
    return f"{one.check.name} {in_words(one.check, one.value)} at {at}{limits}"


def _note(tried: Sequence[tuple[KeptRelease, Replay]], edit: Edit) -> str:
    notes = []
    if any(one.coarse for one, _ in tried):
        notes.append("Of older releases only the extremes of curves are kept: they are judged roughly.")
    windows = {one.at: one.interval for one in edit.before.metrics}
    if any(one.at in windows and windows[one.at] != one.interval for one in edit.after.metrics):
        notes.append("Values are those of the interval that each metric had then.")
    return " ".join(notes) if tried else ""

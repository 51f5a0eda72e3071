"""The steps of one release on one line, and below it the side that had the users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from rollouts.charts.figure import Window
from rollouts.charts.lanes import Failure, Lane, Span, lanes_figure
from rollouts.domain import memory
from rollouts.domain.observations import Canary, Phase, Strategy
from rollouts.domain.phases import PROMOTING, RUNNING
from rollouts.domain.progress import moves_users, switch_tick
from rollouts.models import Release, Transition
from rollouts.queries.charted import Charted, with_room
from rollouts.queries.lanes import failing, stretches
from rollouts.web import times, words
from rollouts.web.chart_blocks import ChartBlock, plot, table

LABELS: dict[str, str] = {Phase.WAITING: "waits", Phase.WAITING_PROMOTION: "waits for approval"}


def steps_block(found: Charted, release: Release, query: str = "") -> ChartBlock:
    history = [one for one in found.transitions if one.release == release.number]
    last = found.seen_to
    spans, failed = steps_of(history, last, release), failures_of(history)
    lanes = (Lane("steps", spans, failed), Lane("users", users_of(history, last)))
    own = with_room(found.of_release)  # in a long range nothing could be made out
    window = Window(own.begin, own.end)
    address = reverse("steps-csv", args=[found.rollout.pk])
    rows = [(span.begin, span.words, times.exact((span.end - span.begin).total_seconds())) for span in spans]
    return ChartBlock(
        id="steps-chart",
        title=f"Steps of release {release.number}",
        summary=_summary(spans, failed, release, of_range=found.range is not None),
        plots=(plot(lanes_figure(lanes, window, f"{release.pk} {query}")),) if spans else (),
        table=table(("Begin", "Step", "Took"), rows) if rows else None,
        csv_url=f"{address}?{query}" if query else address,
        wide=True,
    )


def steps_of(history: Sequence[Transition], last: datetime, release: Release) -> tuple[Span, ...]:
    """`release` knows what governed it: which iteration is the one with the users on green."""
    canary = memory.load_canary(release.canary) if release.canary else None
    found: list[Span] = []
    key: tuple[object, ...] = ()
    for place, one in enumerate(history):
        end = _end(history, place, last)
        if key == _key(one):
            found[-1] = _step(one, found[-1].begin, end, canary)
        else:
            found.append(_step(one, one.at, end, canary))
        key = _key(one)
    return tuple(found)


def _key(one: Transition) -> tuple[object, ...]:
    """A step is the time in one phase with one number of iterations. A closed gate takes an iteration back and makes it
    again for as long as it is closed: there the step changes only with the side that has the users.
    """
    return (one.phase, one.live_side) if one.phase == Phase.WAITING_PROMOTION else (one.phase, one.iterations)


def _end(history: Sequence[Transition], place: int, last: datetime) -> datetime:
    here = history[place]
    if place + 1 < len(history):
        return max(history[place + 1].at, here.at)
    return max(last, here.at) if here.phase in RUNNING else here.at


def _step(one: Transition, begin: datetime, end: datetime, canary: Canary | None) -> Span:
    look = words.phase_look(one.phase)
    number = _iteration(one, canary) if one.phase == Phase.PROGRESSING and one.iterations else ""
    label = number or LABELS.get(one.phase, look.name)
    tone = "promotion" if one.phase in PROMOTING else look.tone
    told = f"{look.name}{', ' + number if number else ''}"
    return Span(begin, end, tone, label, told)


def _iteration(one: Transition, canary: Canary | None) -> str:
    """Flagger counts the check with the users on green as one iteration more."""
    beyond = canary is not None and canary.strategy is Strategy.BLUE_GREEN and one.iterations == switch_tick(canary)
    if canary is None or not beyond:
        return f"iteration {one.iterations}"
    return "users on green" if moves_users(canary) else "last check"


def users_of(history: Sequence[Transition], last: datetime) -> tuple[Span, ...]:
    found: list[Span] = []
    for one in stretches(history, last):
        if found and found[-1].tone == one.live_side:
            found[-1] = _users(found[-1].begin, one.end, one.live_side)
        else:
            found.append(_users(one.begin, one.end, one.live_side))
    return tuple(found)


def _users(begin: datetime, end: datetime, side: str) -> Span:
    label = {"split": "both sides", "unknown": "not known"}.get(side, side)
    return Span(begin, end, side, label, f"users on {label}")


def failures_of(history: Sequence[Transition]) -> tuple[Failure, ...]:
    return tuple(Failure(one.at, ": ".join(filter(None, ("check failed", one.why)))) for one in failing(history))


def _summary(spans: Sequence[Span], failed: Sequence[Failure], release: Release, *, of_range: bool) -> str:
    if not spans and of_range:
        return "It did not run in this range."
    if not spans:
        return "Nothing was seen of this release while it ran."
    longest = max(spans, key=lambda span: span.end - span.begin)
    lasting = times.exact((longest.end - longest.begin).total_seconds())
    checks = f"{len(failed)} failed check{'' if len(failed) == 1 else 's'}" if failed else "no failed check"
    took = times.exact((spans[-1].end - spans[0].begin).total_seconds())
    return (
        f"{len(spans)} step{'' if len(spans) == 1 else 's'} in {took}, {checks}, {release.outcome}. "
        f"The longest was {longest.words}: {lasting}."
    )

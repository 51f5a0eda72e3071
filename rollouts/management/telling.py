"""Rollouts and commands as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rollouts.domain.commands import Governed, Plan
from rollouts.models import Command, Release, Rollout
from rollouts.queries import commands, kept_by, policies
from rollouts.queries.clusters import mark_of
from rollouts.queries.rows import RolloutRow, row


def columns(one: RolloutRow) -> str:
    """For `list`: separated by tabs, the place first, in the form in which it is taken."""
    place = f"{one.cluster.name}/{one.namespace}/{one.name}"
    return "\t".join((place, one.phase or "-", _how_far(one) or "-", f"live: {one.live_side}", one.attention or "-"))


def _how_far(one: RolloutRow) -> str:
    return f"{one.done} of {one.wanted} {one.unit}" if one.unit else ""


def shown(one: Rollout, newest: Release | None, may_not: str, now: datetime) -> Iterator[str]:
    """For `show`: all that is known, and what may be asked."""
    seen = row(one, mark_of(one.cluster, now), now)
    if seen.cluster.old:
        yield f"Old: {seen.cluster.name} is {seen.cluster.trouble}; so it was at {_time(seen.cluster.old)}."
    if one.unreadable:
        yield f"Unreadable: {one.unreadable}"
    yield f"Phase: {stage(seen)}"
    yield f"Live: {seen.live_side}, by {seen.live_source}"
    for name, side in (("Blue", seen.blue), ("Green", seen.green)):
        yield f"{name}: {', '.join(side.full.splitlines()) if side else 'not read yet'}"
    if seen.attention:
        yield f"Needs a person: {seen.attention}"
    if newest is not None:
        yield f"Release {newest.number}: {newest.outcome}, begun at {_time(newest.started_at)}"
    yield from ([may_not] if may_not else _acts(one, now))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def stage(one: RolloutRow) -> str:
    """Changes whenever something has moved."""
    failed = f"{one.failed_checks} of {one.threshold} failed checks" if one.failed_checks else ""
    said = (one.phase or "not processed yet", _how_far(one), failed, "paused" if one.suspended else "")
    return ", ".join(part for part in said if part)


def _acts(one: Rollout, now: datetime) -> Iterator[str]:
    state = kept_by.known(one) if one.state else None
    for act in commands.possible(state, commands.of_rollout(one), now, may=True):
        yield f"{act.act}: {act.why_not or 'possible'}"


def planned(plan: Plan) -> Iterator[str]:
    """What an act would do."""
    yield f"Effect: {plan.effect}"
    yield f"Users: {plan.users}"
    for one in plan.written:
        place = "/".join(part for part in (one.namespace, one.name) if part)
        yield f"Written: {one.kind}{'/' if one.subresource else ''}{one.subresource} {place}: {one.says}"
    for each in plan.differences:
        yield f"Differs: {each.place}: {each.now or '(nothing)'} -> {each.then or '(nothing)'}"
    for call in plan.calls:
        yield f"Called: POST {call.path} of Service {call.service.namespace}/{call.service.reference}: {call.says}"
    yield from (f"May be undone by: {one}" for one in plan.undone_by)
    yield from (f"Warning: {one}" for one in plan.warnings)


def policy_lines(one: Governed, asked: Iterable[Command], may_not: str, now: datetime) -> Iterator[str]:
    """A policy with what may be asked of it."""
    names = ", ".join(member.name for member in one.members) or "no cluster"
    yield f"Policy {one.policy.name}: {'suspended, ' if one.policy.suspended else ''}in {names}"
    if may_not:
        yield f"  {may_not}"
        return
    for act, why_not in policies.possible(one, asked, now):
        yield f"  {act}: {why_not or 'possible'}"

"""What was asked for in several clusters of an application at once, and what may be asked for now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zlib import crc32

from django.db.models import Exists, OuterRef, Q, QuerySet

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.commands import (
    OF_EDITORS,
    OFFERED,
    OFFERED_OF_PLAIN,
    Act,
    Plan,
    Unsaid,
    Wanted,
    green_to_zero,
    has_configs,
    judge,
    tellable,
    works_in,
)
from rollouts.domain.rollout import RolloutState
from rollouts.models import Application, Batch, Command, Rollout
from rollouts.models.commands import OPEN
from rollouts.queries import kept_by
from rollouts.queries.commands import Possible
from rollouts.queries.rows import RolloutRow

SHOWN_FOR = timedelta(hours=1)
"""After its end."""
MOST = 5
IN_SOME = "You may not act in all clusters of it."
NOWHERE = "In no cluster is it possible now."
UNDER_WAY = "It is under way wherever it is possible."
Load = Callable[[int], RolloutState]
"""Of a rollout, by its id."""


@dataclass(frozen=True, slots=True)
class Given:
    """A batch and, in their order, those of its commands whose rollouts the person may see."""

    batch: Batch
    commands: tuple[Command, ...]


def application(person: access.Person, id: int) -> Application | None:
    return access.visible_applications(person).select_related("hub").filter(pk=id).first()


def rollouts_of(person: access.Person, one: Application) -> QuerySet[Rollout]:
    """In the order in which pages show them."""
    present = access.visible_rollouts(person).filter(application=one, deleted_at__isnull=True)
    return present.select_related("cluster", "application").order_by("cluster__name", "namespace", "name")


def operable_of(person: access.Person, one: Application) -> frozenset[int]:
    present = access.operable_rollouts(person).filter(application=one, deleted_at__isnull=True)
    return frozenset(present.values_list("pk", flat=True))


def offered(one: Application) -> tuple[Act, ...]:
    return OFFERED if one.hub_id is not None else (*OFFERED, *OFFERED_OF_PLAIN)


def not_offered(one: Application, act: str) -> str:
    """The sentence for an act that is not asked of several of its clusters; empty for one that is."""
    known = offered(one)
    if act in known:
        return ""
    policy = " Its policies can be paused and resumed." if act in OFFERED_OF_PLAIN else ""
    return f"{act} is not asked for in several clusters of {one.name}. What can be: {', '.join(known)}.{policy}"


def cannot_be_told(act: Act, choice: Iterable[str]) -> str:
    """The sentence for a name that the act knows nothing of: misspelt, it would silently not hold."""
    known = tellable(act)
    unknown = sorted(set(choice).difference(known))
    if not unknown:
        return ""
    told = f" It can be told {', '.join(known)}." if known else ""
    return f"{act} cannot be told {unknown[0][:60]!r} in several clusters.{told}"


def may_not() -> str:
    """The sentence for who may see an application and act on it in no cluster."""
    return f"You may see this application, but not act on it in any cluster. {access.whom_to_ask()}"


def may_stop(person: access.Person, batch: Batch) -> bool:
    """Whoever asked for it may, and who may act on all rollouts of it."""
    asked = batch.person_id is not None and batch.person_id == person.pk
    return asked or access.may_operate_batch(person, batch.pk)


def recent(person: access.Person, application: int, now: datetime) -> tuple[Given, ...]:
    """What runs or has ended lately, the newest first."""
    shown = Q(ended_at=None) | Q(ended_at__gt=now - SHOWN_FOR)
    of_rollouts = Batch.objects.exclude(act__in=OF_EDITORS)  # those of policies are shown with their commands
    found = of_rollouts.filter(shown, application=application).order_by("-id")[:MOST]
    return given(person, list(found))


def find(person: access.Person, id: int, **of: int) -> Given | None:
    """`of`: what else holds for it, as its `application`."""
    found = given(person, list(Batch.objects.select_related("application").filter(pk=id, **of)))
    return found[0] if found else None


def of_application(person: access.Person, application: int) -> QuerySet[Batch]:
    """Those that have a rollout which the person may see."""
    visible = access.visible_rollouts(person)
    seen = Command.objects.filter(batch=OuterRef("pk"), rollout__in=visible)
    return Batch.objects.filter(Exists(seen), application=application)


def given(person: access.Person, batches: Sequence[Batch]) -> tuple[Given, ...]:
    """Of each what the person may see; without those of which that is nothing."""
    if not batches:
        return ()
    visible = access.visible_rollouts(person)
    commands = Command.objects.filter(batch__in=batches, rollout__in=visible).order_by("id")
    of_each: dict[int | None, list[Command]] = {}
    for command in commands.select_related("rollout__cluster").defer("rollout__state"):
        of_each.setdefault(command.batch_id, []).append(command)
    return tuple(Given(one, tuple(of_each[one.pk])) for one in batches if one.pk in of_each)


def version_of(shown: Iterable[Given]) -> str:
    """Changes with all that is shown of them, and is the same in every process."""
    said = [
        (one.batch.pk, one.batch.sentence, one.batch.ended_at is None, command.pk, command.state, command.sentence)
        for one in shown
        for command in one.commands
    ]
    return f"{crc32(repr(said).encode()):x}"


def possible(
    one: Application, rows: Iterable[RolloutRow], operable: frozenset[int], now: datetime
) -> tuple[Possible, ...]:
    """Every act that is offered: whether there is a cluster where it can work. Nobody is asked about pods that are
    ready everywhere, nor about ConfigMaps where none is tracked.
    """
    acts = offered(one)
    candidates = {act: {row.id for row in rows if row.id in operable and works_in(act, row.phase)} for act in acts}
    asked = set().union(*candidates.values())
    states = dict(Rollout.objects.filter(pk__in=asked).exclude(state={}).values_list("pk", "state")) if asked else {}
    open_ = Command.objects.filter(rollout__in=asked, state__in=OPEN).values_list("rollout_id", "act") if asked else ()
    busy: dict[str, set[int]] = {}
    for rollout, act in open_:
        busy.setdefault(act, set()).add(rollout)
    known = {act: candidates[act] & states.keys() for act in acts}
    load = cache(lambda id: kept_by.as_kept(memory.load(states[id]), claimed=one.hub_id is not None))
    asked_of = [act for act in acts if _is_of(act, known[act], states, load, now)]
    return tuple(Possible(act, _why_not(act, known[act], busy, load, now)) for act in asked_of)


def _is_of(act: Act, candidates: set[int], all_: Iterable[int], load: Load, now: datetime) -> bool:
    if act is Act.GREEN_TO_ZERO:
        return any(green_to_zero.is_of(load(id), now) for id in candidates)
    return act is not Act.CONFIG_VALUE or any(has_configs(load(id).canary) for id in all_)


def _why_not(act: Act, candidates: set[int], busy: dict[str, set[int]], load: Load, now: datetime) -> str:
    free = candidates - busy.get(act, set())
    if candidates and not free:
        return UNDER_WAY
    wanted = Wanted(act, "not to be written")
    works = any(isinstance(judge(wanted, load(id), now), Plan | Unsaid) for id in free)
    return "" if works else NOWHERE

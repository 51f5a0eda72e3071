"""What is said of an Application as a whole, and of what was asked for: on its own page and on that of the change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.urls import reverse
from django.utils.http import urlencode

from rollouts import access
from rollouts.domain import memory
from rollouts.domain.whole.deleting import Going, Trap, TrapKind
from rollouts.models import Application, ApplicationChange, ChangeKind, ChangeState, Cluster, Rollout
from rollouts.queries import whole

MAY_NOT_CREATE = "To create an Application needs the right to edit all policies in every cluster of it. {}"
MAY_NOT_DELETE = "To delete an Application needs the right to edit all of its policies in every cluster they select. {}"
SHOWN = 12
"""Objects of one policy in one cluster that are listed before the rest is folded away."""


@dataclass(frozen=True, slots=True)
class TrapLine:
    """`address` leads to where the next best thing is done."""

    said: str
    instead: str
    address: str
    link: str


@dataclass(frozen=True, slots=True)
class GoingLine:
    policy: str
    cluster: str
    said: str
    goes: bool
    objects: tuple[str, ...]
    folded: tuple[str, ...]
    told: bool
    """Whether Flux tells what it has brought there."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """`shape` and `tone` as those of phases."""

    title: str
    shape: str
    tone: str
    said: str = ""


def section(person: access.Person, application: Application) -> dict[str, Any]:
    """For the page of the application."""
    if application.hub_id is None:
        return {"whole_version": "", "whole_changes": ()}
    parts = whole.parts_of(application) if access.may_edit_something(person) else []
    may = whole.may_delete(person, parts)
    changes = whole.of_application(person, application)
    said = [(one.pk, one.state) for one in changes]
    return {
        "whole_version": f"{may:d}{crc32(repr(said).encode()):x}",
        "whole_may": may,
        "whole_may_not": "" if may else MAY_NOT_DELETE.format(access.whom_to_ask()),
        "whole_changes": changes,
    }


def may_not_any_more(change: ApplicationChange) -> str:
    if change.kind == ChangeKind.DELETE:
        return f"You may not delete it any more. {MAY_NOT_DELETE.format(access.whom_to_ask())}"
    return f"You may not create it any more. {MAY_NOT_CREATE.format(access.whom_to_ask())}"


def traps(change: ApplicationChange, rows: Mapping[str, int]) -> list[TrapLine]:
    """`rows`: of the Application's policies the row that each is on the page of."""
    return [_trap(change, one, rows) for one in memory.load_deletion(change.seen).traps or ()]


def _trap(change: ApplicationChange, one: Trap, rows: Mapping[str, int]) -> TrapLine:
    address, link = "", ""
    if one.kind is TrapKind.ROLLOUT and one.about in rows:
        query = urlencode({"policy": one.about})
        address, link = f"{reverse('policy-remove', args=[rows[one.about]])}?{query}", f"Remove policy {one.about}"
    elif one.kind is TrapKind.REMOVAL:
        address, link = reverse("removal", args=[int(one.about)]), "See how far it is"
    elif one.kind is TrapKind.CANARY and (found := _rollout(change, one.about)) is not None:
        address, link = reverse("rollout", args=[found]), "Look at it"
    elif one.kind in (TrapKind.AWAY, TrapKind.FLEET, TrapKind.MEMBER):
        address, link = reverse("clusters"), "Clusters"
    return TrapLine(one.said, one.instead, address, link)


def _rollout(change: ApplicationChange, canary: str) -> int | None:
    namespace, _, name = canary.partition("/")
    found = Rollout.objects.filter(
        cluster__in=whole.clusters_of(change), namespace=namespace, name=name, deleted_at=None
    )
    return found.values_list("pk", flat=True).first()


def goings(change: ApplicationChange) -> list[GoingLine]:
    return [_going(one) for one in memory.load_deletion(change.seen).going or ()]


def _going(one: Going) -> GoingLine:
    objects = one.objects or ()
    return GoingLine(
        one.policy, one.cluster, one.said, one.goes, objects[:SHOWN], objects[SHOWN:], told=one.objects is not None
    )


def steps(change: ApplicationChange) -> list[StepLine]:
    """Of what was asked for."""
    titles = TITLES[ChangeKind(change.kind)]
    done = [change.written_at is not None, change.arrived_at is not None, change.state == ChangeState.DONE]
    going_on = change.state == ChangeState.OPEN
    return list(step_lines(titles, done, going_on=going_on, sentence=change.sentence, troubled=bool(change.attempts)))


TITLES = {
    ChangeKind.DELETE: (
        "The hub has marked the Application for deletion",
        "Kurator has let it go, and it is gone from the hub",
        "It was looked what is left in its clusters",
    ),
    ChangeKind.CREATE: (
        "The hub has taken the Application",
        "It is observed here",
        "Kurator has made it for its clusters",
    ),
}


def step_lines(
    titles: tuple[str, ...], done: list[bool], *, going_on: bool, sentence: str, troubled: bool
) -> Iterator[StepLine]:  # fmt: skip
    """`sentence` is what the first step that is not done waits for; `troubled`, whether that was tried in vain."""
    first = True
    for title, is_done in zip(titles, done, strict=True):
        if is_done:
            yield StepLine(title, "check", "quiet")
        elif first:
            first = False
            tone = "warn" if troubled else "run"
            said = sentence if going_on else ""
            yield StepLine(title, "ring" if going_on else "close", tone if going_on else "todo", said)
        else:
            yield StepLine(title, "dot", "todo")


def left(change: ApplicationChange) -> list[tuple[str, str]]:
    """By cluster what is left there."""
    return sorted((one["name"], one["said"]) for one in change.left.values())


def clusters_named(change: ApplicationChange) -> list[str]:
    found = Cluster.objects.filter(pk__in=whole.clusters_of(change)).order_by("name")
    return list(found.values_list("name", flat=True))

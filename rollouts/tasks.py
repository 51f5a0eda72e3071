"""Entry points of Celery: each looks up what it needs and calls one service. Arguments are ids, never objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from rollouts import wiring
from rollouts.models import Command
from rollouts.queries import commands, removals
from rollouts.queries import new_canaries as made
from rollouts.queries import whole as applications
from rollouts.services import (
    act,
    copies,
    inventories,
    measure,
    new_canaries,
    ranges,
    readiness,
    remove,
    retention,
    trials,
    whole,
)

BEAT: dict[str, dict[str, Any]] = {
    "measure": {"task": "rollouts.tasks.measure_due", "schedule": 5.0, "options": {"expires": 5}},
    "settle": {"task": "rollouts.tasks.settle_commands", "schedule": 2.0, "options": {"expires": 2}},
    "readiness": {"task": "rollouts.tasks.check_readiness_due", "schedule": 60.0, "options": {"expires": 60}},
    "prune": {"task": "rollouts.tasks.prune", "schedule": 86400.0, "options": {"expires": 3600}},
}
"""What beat starts, by name, in the form of Celery's `beat_schedule`."""

OF_COMMANDS = (
    *("carry_out", "put_back", "settle_commands", "go_on_removing", "go_on_with_application"),
    "go_on_with_new_canary",
)
MEASURING = ("measure_due", "measure_cluster")
ROUTES = {
    f"rollouts.tasks.{name}": {"queue": queue}
    for queue, names in {"commands": OF_COMMANDS, "measure": MEASURING}.items()
    for name in names
}
"""What a person waits for never waits behind other work: commands have a queue and a worker of their own, and what is
measured every few seconds has a queue that waits behind all others.
"""

log = structlog.get_logger(__name__)

SECONDS_A_PASS = 50
"""Of pruning, so that a large backlog holds no worker for longer than a minute."""


@shared_task(expires=60)
def copy_object(copy: int) -> None:
    """Fetches a raw object that somebody wants to look at."""
    copies.fetch(copy=copy, connect=wiring.ways().connect, feed=wiring.change_feed(), now=timezone.now)


@shared_task(expires=60)
def read_versions(copy: int) -> None:
    """Reads which earlier versions a target had: somebody is about to choose one."""
    act.fetch_versions(copy=copy, connect=wiring.ways().connect, feed=wiring.change_feed(), now=timezone.now)


@shared_task(expires=60)
def read_configs(copy: int) -> None:
    """Reads what stands in the ConfigMaps of a target: somebody is about to change a value."""
    act.fetch_configs(copy=copy, connect=wiring.ways().connect, feed=wiring.change_feed(), now=timezone.now)


@shared_task(expires=60)
def try_draft(trial: int) -> None:
    """Asks a cluster what it says of what somebody is about to make of a policy."""
    act.try_out(trial=trial, connect=wiring.ways(wiring.connect_briefly).connect, now=timezone.now)


@shared_task(expires=60)
def look_for_draft(trial: int) -> None:
    """Looks whether a member has what somebody made of a policy."""
    act.look(trial=trial, connect=wiring.ways(wiring.connect_briefly).connect, now=timezone.now)


@shared_task(expires=60)
def try_query(trial: int) -> None:
    """Asks a cluster's Prometheus a query that somebody is writing."""
    trials.answer(trial=trial, open_metrics=wiring.open_metrics, now=timezone.now)


@shared_task
def measure_due() -> None:
    """Asks for a pass over every cluster that has something to read. Those that nobody gets to are asked for again."""
    for cluster, releases in measure.due(now=timezone.now()).items():
        measure_cluster.apply_async(kwargs={"cluster": cluster, "releases": releases})


@shared_task(expires=15)
def measure_cluster(cluster: int, releases: list[int]) -> None:
    """Reads the checks of these releases, all of one cluster."""
    feed, now = wiring.change_feed(), timezone.now
    measure.measure(cluster=cluster, releases=releases, open_metrics=wiring.open_metrics, feed=feed, now=now)


@shared_task(expires=60)
def read_ranges(cluster: int) -> None:
    """Reads the ranges of time that somebody looks at, all of one cluster."""
    feed, now = wiring.change_feed(), timezone.now
    ranges.read(cluster=cluster, open_metrics=wiring.open_metrics, enqueue=wiring.enqueue, feed=feed, now=now)


@shared_task
def check_readiness_due() -> None:
    """Asks for a check of every cluster that had none for a day, a few at a time."""
    for cluster in readiness.due(now=timezone.now()):
        readiness.request(cluster=cluster, enqueue=wiring.enqueue, now=timezone.now())


@shared_task(expires=120)
def check_readiness(cluster: int) -> None:
    """Looks whether a cluster is ready for rollouts."""
    readiness.check(
        cluster=cluster,
        ways=wiring.ways(wiring.connect_briefly),
        open_surroundings=wiring.open_surroundings,
        open_metrics=wiring.open_metrics,
        feed=wiring.change_feed(),
        now=timezone.now,
    )


@shared_task(expires=60)
def read_inventory(cluster: int) -> None:
    """Reads what a rollout can be set up for in a cluster: somebody is about to choose."""
    inventories.read(
        cluster=cluster, open_surroundings=wiring.open_surroundings, feed=wiring.change_feed(), now=timezone.now
    )


@shared_task
def prune() -> None:
    """Removes what is too old. What does not fit into one pass waits behind the tasks that came meanwhile."""
    if not retention.prune(keep=wiring.keep(), now=timezone.now(), seconds=SECONDS_A_PASS).finished:
        prune.delay()


@shared_task
def carry_out(command: int) -> None:
    """Does what a person asked of a rollout, or of a policy."""
    act.carry_out(
        command=command,
        connect=wiring.ways().connect,
        may=_may,
        record=act.on_behalf,
        feed=wiring.change_feed(),
        now=timezone.now,
    )


def _may(command: Command) -> bool:
    """The person is as the database has them now, and may have lost the right since the click."""
    person, draft = command.person, act.draft_of_command(command)
    return person is not None and commands.may_be_carried_out(person, command, timezone.now(), draft)


@shared_task
def put_back(reversal: int) -> None:
    """Turns off what a command has turned on for a while."""
    act.put_back(
        reversal=reversal,
        connect=wiring.ways().connect,
        record=act.record_put_back,
        feed=wiring.change_feed(),
        now=timezone.now,
    )


@shared_task
def go_on_removing(part: int) -> None:
    """One pass over what is to be done in one cluster to remove the rollout of a policy."""
    may = removals.may_be_carried_out
    remove.go_on_removing(part=part, connect=wiring.ways().connect, may=may, now=timezone.now)


@shared_task
def go_on_with_application(change: int) -> None:
    """One pass over an Application that is made or deleted as a whole."""
    may, reach = applications.may_be_carried_out, wiring.ways(wiring.connect_briefly).connect
    whole.go_on(change=change, connect=reach, may=may, now=timezone.now)


@shared_task
def go_on_with_new_canary(canary: int) -> None:
    """One pass over a Canary that is made where no policy makes it."""
    may, reach = made.may_be_carried_out, wiring.ways(wiring.connect_briefly).connect
    new_canaries.go_on(canary=canary, connect=reach, may=may, now=timezone.now)


@shared_task
def settle_commands() -> None:
    """Looks after commands that are open, those that wait for their turn, what is to be put back, removals, whole
    Applications and new Canaries.
    """
    now = timezone.now()
    of_each: dict[str, Any] = {"now": now, "feed": wiring.change_feed(), "enqueue": wiring.enqueue}
    steps: dict[str, Callable[[], object]] = {
        "settle": partial(act.settle, **of_each, record=act.on_behalf),
        "begin parts": partial(act.begin_parts, **of_each, record=act.on_behalf),
        "go on": partial(act.go_on, **of_each, record=act.on_behalf, record_batch=act.batch_on_behalf),
        "look after what is put back": partial(act.look_after, **of_each),
        "look after removals": partial(remove.look_after_removals, now=now, enqueue=wiring.enqueue),
        "look after applications": partial(whole.look_after_applications, now=now, enqueue=wiring.enqueue),
        "look after new canaries": partial(new_canaries.look_after_new_canaries, now=now, enqueue=wiring.enqueue),
    }
    for name, step in steps.items():
        try:
            step()
        except Exception:  # what is on in the fleet is put back, whatever else fails
            log.exception("a step of looking after commands failed", step=name)

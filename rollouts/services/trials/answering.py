"""One trial: three questions at most to the Prometheus that Flagger would ask."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from rollouts.domain import memory
from rollouts.domain.errors import CredentialError, MetricsError, QueryRefused
from rollouts.domain.metrics import Asking, MetricsSource, MetricTemplate, Place
from rollouts.domain.observations import Canary
from rollouts.domain.policies import trying
from rollouts.domain.policies.trying import Question
from rollouts.domain.ports import MetricsDoor
from rollouts.domain.redaction import hide_in_text
from rollouts.models import Cluster, QueryTrial
from rollouts.services.clusters import metrics_of
from rollouts.services.trials.requesting import STOPPED
from rollouts.services.trials.sealing import opened

LONGEST = 500
REFUSED = "It is not understood: {}"


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    good: bool = False
    hint: str = ""


def answer(*, trial: int, open_metrics: Callable[[Cluster], MetricsDoor], now: Callable[[], datetime]) -> None:
    """Keeps what came of it, whatever that is. Safe to repeat: what is answered is not asked again."""
    row = QueryTrial.objects.select_related("cluster__hub").filter(pk=trial, answered_at=None).first()
    if row is None:
        return
    found = _found(row, open_metrics)
    QueryTrial.objects.filter(pk=row.pk, requested_at=row.requested_at, answered_at=None).update(
        sealed="",
        answered_at=max(now(), row.requested_at),
        said=hide_in_text(found.text.replace("\0", ""))[:LONGEST],  # a source may repeat what it was asked
        good=found.good,
        hint=found.hint,
    )


def _found(row: QueryTrial, open_metrics: Callable[[Cluster], MetricsDoor]) -> Said:
    if not row.cluster.is_watched:
        return Said(STOPPED)
    try:
        question = opened(row.sealed)
    except CredentialError as error:
        return Said(str(error))
    door = open_metrics(row.cluster)
    try:
        asking = _asking(row.cluster, question, door)
        place = asking.place
        return Said(asking.unreadable) if place is None else _asked(asking, place, door)
    finally:
        door.close()


def _asking(cluster: Cluster, question: Question, door: MetricsDoor) -> Asking:
    canary, key = _canary(cluster, question), question.template_key
    read: MetricTemplate | str = ""
    if key is not None:
        read = trying.may_not_read(key, question.namespace, canary) or door.template(*key)
    return trying.asking_of(question, canary, metrics_of(cluster), read)


def _canary(cluster: Cluster, question: Question) -> Canary | None:
    name = question.canary or question.workload
    there = cluster.rollouts.filter(namespace=question.namespace, name=name, deleted_at=None)
    state = there.exclude(state={}).values_list("state", flat=True).first()
    return memory.load(state).canary if state else None


def _asked(asking: Asking, place: Place, door: MetricsDoor) -> Said:
    try:
        source = door.source(place)
        try:
            return _said(asking, source)
        finally:
            source.close()
    except QueryRefused as error:
        return Said(REFUSED.format(error))
    except MetricsError as error:
        return Said(str(error))


def _said(asking: Asking, source: MetricsSource) -> Said:
    """Raises MetricsError where green's question has no answer."""
    green, blue, scraped = source.instant(asking.green), None, None
    with suppress(MetricsError):
        blue = source.instant(asking.blue) if asking.blue else None
        scraped = trying.scraped_every(source.instant(trying.SCRAPES))
    good = trying.has_value(green) or (blue is not None and trying.has_value(blue))
    return Said(trying.said_of(asking, green, blue), good, trying.too_short(asking.check.interval, scraped))

"""The way to a cluster's metrics, also where it is closed: that is then why nothing can be read."""

from __future__ import annotations

from collections.abc import Callable

from rollouts.domain.errors import KuratorUIError, MetricsUnreachable
from rollouts.domain.metrics import MetricsSource, MetricTemplate, Place, Revisions
from rollouts.domain.observations import Canary
from rollouts.domain.ports import MetricsDoor
from rollouts.models import Cluster

Open = Callable[[Cluster], MetricsDoor]


def door(cluster: Cluster, open_metrics: Open) -> MetricsDoor:
    """Raises nothing: a credential that cannot be used closes it."""
    try:
        return open_metrics(cluster)
    except KuratorUIError as error:
        return ClosedDoor(str(error))


class ClosedDoor:
    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    def template(self, namespace: str, name: str) -> MetricTemplate | str:
        return self._sentence

    def revisions(self, canary: Canary) -> Revisions | str:
        return self._sentence

    def source(self, place: Place) -> MetricsSource:
        raise MetricsUnreachable(self._sentence)

    def close(self) -> None:
        """Nothing was opened."""

"""Clusters: how they are added, reached, recognised, tested and removed."""

from __future__ import annotations

from rollouts.services.clusters.given import MetricsGiven, set_metrics
from rollouts.services.clusters.identity import WrongCluster, identify
from rollouts.services.clusters.metrics import metrics_of
from rollouts.services.clusters.probing import Report, probe, test
from rollouts.services.clusters.reading import ReadKubeconfig, ReadOnce
from rollouts.services.clusters.registering import (
    Added,
    add,
    change,
    check,
    left_on_without,
    remove,
    replace_kubeconfig,
)
from rollouts.services.clusters.trying import MetricsReport, source_in_words, try_metrics
from rollouts.services.clusters.ways import Ways

__all__ = [
    "Added",
    "MetricsGiven",
    "MetricsReport",
    "ReadKubeconfig",
    "ReadOnce",
    "Report",
    "Ways",
    "WrongCluster",
    "add",
    "change",
    "check",
    "identify",
    "left_on_without",
    "metrics_of",
    "probe",
    "remove",
    "replace_kubeconfig",
    "set_metrics",
    "source_in_words",
    "test",
    "try_metrics",
]

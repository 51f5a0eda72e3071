"""Every cause there is, the most specific first: in this order they are told when several hold at once."""

from __future__ import annotations

from enum import StrEnum


class CauseKind(StrEnum):
    CLUSTER_UNSEEN = "cluster-unseen"
    PROMOTION_FAILED = "promotion-failed"
    SUSPENDED = "suspended"
    FLAGGER_DOWN = "flagger-down"
    IMAGE_PULL = "image-pull"
    CRASH_LOOP = "crash-loop"
    CONTAINER_CONFIG = "container-config"
    UNSCHEDULABLE = "unschedulable"
    QUOTA = "quota"
    PROBE_FAILING = "probe-failing"
    BLUE_BLOCKS = "blue-blocks"
    PODS_NOT_READY = "pods-not-ready"
    SCALED_TO_ZERO = "scaled-to-zero"
    NGINX_NO_VALUES = "nginx-no-values"
    METRICS_UNREACHABLE = "metrics-unreachable"
    QUERY_ERROR = "query-error"
    NO_SERIES = "no-series"
    NO_TRAFFIC = "no-traffic"
    NO_VALUES = "no-values"
    HOOK_FAILING = "hook-failing"
    CHECK_FAILING = "check-failing"
    GATE_CLOSED = "gate-closed"
    REVISION_LOST = "revision-lost"
    OBSTACLE = "obstacle"
    FLAGGER_SILENT = "flagger-silent"
    NAMES_DIFFER = "names-differ"
    POLICY_INCOMPLETE = "policy-incomplete"
    SYNC_FAILED = "sync-failed"
    RELEASE_FAILED = "release-failed"
    SPURIOUS_RUN = "spurious-run"
    ANALYSIS_SKIPPED = "analysis-skipped"
    DRIFT = "drift"
    VERSION_UNNOTICED = "version-unnoticed"
    SCALED_BY_HAND = "scaled-by-hand"
    NOT_PROCESSED = "not-processed"
    WAITS_FOR_TICK = "waits-for-tick"
    SIBLING_UNREACHABLE = "sibling-unreachable"
    UNKNOWN = "unknown"


PLACE = {kind: number for number, kind in enumerate(CauseKind)}

"""Specs of Canaries as nobody would write them: anything at some places."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from rollouts.domain.policies.layouts import PLAIN
from tests.support.canaries import SPEC
from tests.support.policies import put

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
durations = st.sampled_from(["90s", "1m", "1m30s", "500ms", "0.5m", "1h", "", "x", "1d", "90", "-5s", "1e3s"])
simple = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**31 - 1), st.floats(-1e6, 1e6), words, durations)
anything = st.recursive(
    simple, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
places = st.sampled_from(
    [
        *(one.place for one in PLAIN.scalars.values()),
        *("analysis.metrics", "analysis.webhooks", "service.headers", "service.corsPolicy", "analysis.later", "later"),
        *(f"analysis.metrics.{row}.{one.place}" for row in (0, 1) for one in PLAIN.in_metric.values()),
        *(f"analysis.webhooks.{row}.{one.place}" for row in (0, 1) for one in PLAIN.in_hook.values()),
        *(f"analysis.alerts.{row}.{one.place}" for row in (0, 1) for one in PLAIN.in_alert.values()),
        *("analysis.alerts", "service.apex", "service.rewrite", "autoscalerRef", "ingressRef", "upstreamRef"),
    ]
)
how = st.dictionaries(st.sampled_from(["exact", "prefix", "suffix", "regex"]), words, min_size=1, max_size=2)
requests = st.dictionaries(
    st.sampled_from(["uri", "method", "scheme", "authority", "headers", "later"]), how, max_size=3
)
named = st.dictionaries(st.sampled_from(["x-group", "a b", "uri prefix", "query x", ":path"]), how, max_size=2)
matches = st.lists(requests | st.fixed_dictionaries({"headers": named}, optional={"queryParams": named}), max_size=3)
dns = st.sampled_from(["public", "infra", "https", "A", "a.b", "", "x y"])
references = st.dictionaries(
    st.sampled_from(["group", "kind", "namespace", "name", "sectionName"]),
    dns | st.sampled_from(["Gateway", "Service", "gateway.networking.k8s.io"]),
    max_size=5,
)
numbered_references = st.tuples(references, st.sampled_from([None, 80, "80"])).map(
    lambda both: both[0] if both[1] is None else {**both[0], "port": both[1]}
)
services = st.fixed_dictionaries({"backendRef": numbered_references}, optional={"later": words})
objects = st.dictionaries(words, anything, max_size=3)
structured = st.one_of(
    st.tuples(st.sampled_from(["service.match", "analysis.match"]), matches),
    st.tuples(st.just("service.gatewayRefs"), st.lists(numbered_references, max_size=3)),
    st.tuples(st.just("service.mirror"), st.lists(services, max_size=3)),
    st.tuples(st.just("service.trafficPolicy"), objects),
    st.tuples(st.just("service.targetPort"), st.integers(-5, 99999) | st.sampled_from(["http", "80", "080", "-1", ""])),
)
specs = st.lists(st.tuples(places, anything) | structured, max_size=6).map(lambda changes: changed(changes))


def changed(changes: list[tuple[str, Any]]) -> dict[str, Any]:
    """With anything at some places, as far as what is above them has room for it."""
    made = copy.deepcopy(SPEC)
    for place, value in changes:
        before = copy.deepcopy(made)
        try:
            put(made, place, value)
        except (AttributeError, IndexError, TypeError, ValueError):
            made = before
    return made

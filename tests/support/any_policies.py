"""Policies as nobody would write them: anything at some places."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from rollouts.domain.policies.fields import ORIGINS, PAIRS, PLACED
from tests.support.any_canaries import matches
from tests.support.policies import ANALYSIS, POLICY, ROUTING, put

OF_REQUESTS = [one for one in PLACED.values() if one.metadata.get("kind") in (PAIRS, ORIGINS)]
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
plain = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**31 - 1), st.floats(-1e6, 1e6), words)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
places = st.sampled_from(
    [
        *(str(one.metadata["place"]) for one in PLACED.values()),
        *(f"{ANALYSIS}.metrics", f"{ANALYSIS}.webhooks.command", "primary.labels", "later"),
        *(f"{ROUTING}.{one}" for one in ("corsPolicy", "headers", "headers.request", "headers.request.set.x-tier")),
        *(f"{ANALYSIS}.metrics.0.{one}" for one in ("name", "thresholdRange.max", "customMetric.query", "later")),
    ]
)
placed = st.tuples(places, anything)
pairs = st.dictionaries(st.one_of(words, st.sampled_from(["x-tier", "a: b", ":path", "x.y"])), words, max_size=3)
sites = st.lists(st.dictionaries(st.sampled_from(["exact", "prefix", "regex"]), words, max_size=2), max_size=3)
requests = st.tuples(st.sampled_from([one.metadata["place"] for one in OF_REQUESTS]), pairs | sites)
whom = st.tuples(st.just(PLACED["match"].metadata["place"]), matches)
policies = st.lists(placed | requests | whom, max_size=6).map(lambda changes: changed(changes))


def changed(changes: list[tuple[str, Any]]) -> dict[str, Any]:
    """The policy with anything at some places, as far as what is above them has room for it."""
    made = copy.deepcopy(POLICY)
    for place, value in changes:
        before = copy.deepcopy(made)
        try:
            put(made, place, value)
        except (AttributeError, IndexError, TypeError, ValueError):
            made = before
    return made

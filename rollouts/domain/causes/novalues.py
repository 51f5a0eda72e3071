"""No values for a metric, told apart: is green without traffic, are labels or names wrong, does the query fail, does
Prometheus not answer, or can there be none (nginx in blue/green)?

Flagger itself says the same of all of them. Blue's value tells most: the same query finds blue but not green. Whether
the metric exists at all takes one more question, `probe_of`, whose answer arrives as the measurement's note. Of a query
that somebody wrote we may not know how to ask for blue, so that no value of blue says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rollouts.domain.causes.cause import Evidence
from rollouts.domain.causes.kinds import CauseKind
from rollouts.domain.causes.reading import Reading
from rollouts.domain.causes.situation import Measured, Situation
from rollouts.domain.checks import Verdict, in_words, is_built_in
from rollouts.domain.observations import Check, Strategy
from rollouts.domain.rollout import LiveSide

NOT_A_METRIC = frozenset(
    {
        "sum",
        "min",
        "max",
        "avg",
        "count",
        "stddev",
        "stdvar",
        "topk",
        "bottomk",
        "quantile",
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "offset",
        "bool",
        "and",
        "or",
        "unless",
        "group",
        "count_values",
        "atan2",
        "inf",
        "nan",
        "start",
        "end",
        "limitk",
        "limit_ratio",
    }
)
"""Words of PromQL that stand where a name could."""
NO_SUCH_METRIC = "Prometheus has no series of this name at all."
"""The note of a measurement whose probe found nothing: the name itself is wrong, or nothing is scraped."""
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`")
_BRACES = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])")


@lru_cache(maxsize=512)
def probe_of(query: str) -> str:
    """A question that tells whether the metrics of `query` exist at all, whatever their labels: one count for them
    all. Empty when no name can be found in it.
    """
    if len(query) > 10_000:
        return ""
    bare = _BRACES.sub(" ", _QUOTED.sub('""', query))
    bare = _BRACES.sub(" ", bare)
    found = dict.fromkeys(name for name in _NAME.findall(bare) if name.lower() not in NOT_A_METRIC)
    names = list(found)[:5]
    return f"count({' or '.join(names)})" if names else ""


def no_values(situation: Situation, name: str) -> Reading:
    check, measured = situation.check(name), situation.latest(name)
    evidence = tuple(_measured(measured, check))
    if check is not None and is_built_in(check) and _nginx_without_users(situation):
        return Reading(
            CauseKind.NGINX_NO_VALUES,
            f"{name} can have no values here: nginx counts only what comes through the Ingress, and in blue/green"
            " nothing of that reaches green before the users move.",
            (situation.spec("provider", situation.provider), *evidence),
        )
    if measured is not None and measured.verdict is Verdict.ERROR:
        return Reading(
            CauseKind.QUERY_ERROR, f"{name} has no values because its query fails: {measured.note}", evidence
        )
    if measured is not None and measured.note.startswith(NO_SUCH_METRIC):
        return Reading(
            CauseKind.NO_SERIES, f"{name} has no values because its metric does not exist in Prometheus.", evidence
        )
    if measured is not None and measured.green is None and measured.blue is not None:
        return _no_traffic(situation, name, evidence)
    if measured is not None and measured.verdict is Verdict.NO_VALUES and check is not None and is_built_in(check):
        return Reading(
            CauseKind.NO_SERIES,
            f"{name} has values for neither side: its name or labels fit nothing that Prometheus has collected.",
            evidence,
        )
    return Reading(CauseKind.NO_VALUES, f"Flagger found no values for {name}. Why is not known.", evidence)


def _no_traffic(situation: Situation, name: str, evidence: tuple[Evidence, ...]) -> Reading:
    loaded = any(hook.type in ("", "rollout") for hook in situation.canary.hooks)
    helps = (
        ""
        if loaded
        else "The policy has no rollout hook, so nothing sends requests to green: add a load test, or send some."
    )
    if loaded and situation.canary.iterations <= 1:
        helps = (
            "The load test begins with this very check, whose query comes too early for its requests: the next one"
            " usually has values. Allow for one failed check more, or let a pre-rollout hook begin the load."
        )
    return Reading(
        CauseKind.NO_TRAFFIC,
        f"{name} has values for blue and none for green: no requests reach green, or its labels are not those of the"
        " query.",
        (*evidence, situation.spec("analysis.webhooks", _hooks(situation))),
        helps,
    )


def _hooks(situation: Situation) -> str:
    names = [f"{hook.name} ({hook.type or 'rollout'})" for hook in situation.canary.hooks]
    return ", ".join(names) or "none"


def _nginx_without_users(situation: Situation) -> bool:
    blue_green = situation.canary.strategy is Strategy.BLUE_GREEN
    return situation.provider == "nginx" and blue_green and situation.state.live.side is not LiveSide.GREEN


def _measured(measured: Measured | None, check: Check | None) -> Iterator[Evidence]:
    if measured is None:
        return
    for side, value in (("green", measured.green), ("blue", measured.blue)):
        said = "no value" if value is None else in_words(check, value) if check else f"{value:g}"
        yield Evidence(f"Measurement of {measured.check}", side, said, measured.at)
    if measured.note:
        yield Evidence(f"Measurement of {measured.check}", "note", measured.note, measured.at)

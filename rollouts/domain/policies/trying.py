"""How the query of a metric that somebody edits is tried: asked as Flagger would ask it, and told in one sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rollouts.domain.asking import askings
from rollouts.domain.checks import in_words
from rollouts.domain.metrics import Answer, Asking, ClusterMetrics, MetricTemplate
from rollouts.domain.observations import Canary, Check

SCRAPES = "max(count_over_time(up[10m]))"
"""How often the most often scraped target was scraped in ten minutes."""
SCRAPES_OVER = 600
TWICE = 2
"""Scrapes that a rate needs."""


@dataclass(frozen=True, slots=True)
class Question:
    """A metric of a policy, with the names that its query is about."""

    namespace: str
    workload: str
    service: str
    provider: str
    name: str
    interval: int
    built_in: bool
    source: str = ""
    address: str = ""
    query: str = ""


def asking_of(question: Question, canary: Canary | None, cluster: ClusterMetrics) -> Asking:
    """`canary` is what is seen there of it. No Secret that somebody names is ever read for this."""
    about = canary or Canary(question.namespace, question.workload, uid="", resource_version="")
    check = Check(
        question.name, question.interval, interval_text=f"{question.interval}s",
        template="" if question.built_in else question.name, template_namespace=question.namespace,
    )  # fmt: skip
    about = replace(
        about, checks=(check,), provider=question.provider, target_name=question.workload, service_name=question.service
    )
    template = MetricTemplate(question.namespace, question.name, question.source, question.address, question.query)
    return askings(about, {(question.namespace, question.name): template}, cluster)[0]


def said_of(asking: Asking, green: Answer, blue: Answer | None) -> str:
    """That it was understood, and what came."""
    sides = [f"green {_value(asking, green)}"]
    if blue is not None:
        sides.append(f"blue {_value(asking, blue)}")
    said = f"It is understood: {', '.join(sides)}."
    if len(green.series) > 1:
        said += f" It gives {len(green.series)} series; the last one counts, as for Flagger."
    if not has_value(green) and not (blue is not None and has_value(blue)):
        said += " Without values a check fails: see that the names and labels are right, and that somebody asks green."
    elif not has_value(green):
        said += " Green has values once it runs and is asked."
    return said + "".join(f" The source warns: {one}" for one in green.warnings)


def has_value(answer: Answer) -> bool:
    return bool(answer.series) and not math.isnan(answer.series[-1].samples[-1][1])


def scraped_every(answer: Answer) -> int | None:
    """Seconds; None where it is not known."""
    if not has_value(answer) or (times := answer.series[-1].samples[-1][1]) < 1:
        return None
    return math.ceil(SCRAPES_OVER / times)


def too_short(interval: int, scraped: int | None) -> str:
    """Empty where it is long enough, or that is not known."""
    if scraped is None or interval >= TWICE * scraped:
        return ""
    if interval < scraped:
        return f"Nothing here is scraped more often than every {scraped} s: over {interval} s there may be no value."
    return f"Nothing here is scraped more often than every {scraped} s, and a rate needs {TWICE} scrapes: take longer."


def _value(asking: Asking, answer: Answer) -> str:
    if not has_value(answer):
        return "no values"
    return in_words(asking.check, answer.series[-1].samples[-1][1] * asking.scale)

"""How the query of a metric that somebody edits is tried: asked as Flagger would ask it, and told in one sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rollouts.domain.asking import TemplateKey, askings, templates_of
from rollouts.domain.checks import in_words
from rollouts.domain.metrics import Answer, Asking, ClusterMetrics, MetricTemplate
from rollouts.domain.observations import Canary, Check

SCRAPES = "max(count_over_time(up[10m]))"
"""How often the most often scraped target was scraped in ten minutes."""
SCRAPES_OVER = 600
DEFAULT_INTERVAL = 60
"""Seconds, where a metric says none."""
TWICE = 2
"""Scrapes that a rate needs."""


@dataclass(frozen=True, slots=True)
class Question:
    """A metric of a policy, or of the Canary of this name, with the names that its query is about. `interval` in
    seconds; 0: it says none.
    """

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
    canary: str = ""
    """Empty: it is of a policy, and the MetricTemplate is one that Kurator would make of what is typed."""
    template: str = ""
    template_namespace: str = ""
    variables: Sequence[Sequence[str]] = ()
    metrics_server: str = ""

    @property
    def template_key(self) -> TemplateKey | None:
        """Of a MetricTemplate that has to be read."""
        if not self.canary or not self.template:
            return None
        return self.template_namespace or self.namespace, self.template


def asking_of(
    question: Question, canary: Canary | None, cluster: ClusterMetrics, read: MetricTemplate | str = ""
) -> Asking:
    """`canary` is what is seen there of it; `read` the MetricTemplate of its key, or the sentence why it could not be
    read. No Secret that somebody names is ever read for this.
    """
    about = canary or Canary(question.namespace, question.workload, uid="", resource_version="")
    named = question.template_key or (question.namespace, question.name)
    of_template = question.template_key is not None or not (question.canary or question.built_in)
    check = Check(
        question.name, question.interval or DEFAULT_INTERVAL,
        interval_text=f"{question.interval}s" if question.interval else "",
        query=question.query if question.canary else "", template=named[1] if of_template else "",
        template_namespace=named[0], variables=dict(question.variables),  # type: ignore[arg-type]
    )  # fmt: skip
    about = replace(
        about, checks=(check,), provider=question.provider, target_name=question.workload, service_name=question.service
    )
    if question.canary:
        about = replace(about, metrics_server=question.metrics_server)
        template = replace(read, secret="") if isinstance(read, MetricTemplate) else read
    else:
        template = MetricTemplate(question.namespace, question.name, question.source, question.address, question.query)
    return askings(about, {named: template}, cluster)[0]


def may_not_read(key: TemplateKey, namespace: str, canary: Canary | None) -> str:
    """Why the MetricTemplate is not read for whoever edits the Canary; empty where it is. What another namespace asks
    is nothing to them, unless the Canary asks it already.
    """
    if key[0] == namespace or (canary is not None and key in templates_of(canary)):
        return ""
    return f"It stands in namespace {key[0]}, and is tried only once the Canary names it."


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

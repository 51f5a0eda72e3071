"""How each check of a rollout is asked for, on both sides: the query, where it goes, or why it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from rollouts.domain.addresses import Unplaceable
from rollouts.domain.checks import is_built_in
from rollouts.domain.metric_headers import Unsendable, sendable
from rollouts.domain.metric_places import place_of, place_of_template
from rollouts.domain.metric_queries import Queries, built_in, provider_of
from rollouts.domain.metric_templates import Unrenderable, rendered
from rollouts.domain.metrics import Asking, ClusterMetrics, MetricTemplate, Place, Revisions, Way
from rollouts.domain.observations import Canary, Check

TemplateKey = tuple[str, str]
"""Namespace and name."""
DEFAULT_INTERVAL = "1m"
_DURATION = re.compile(r"(\d+(ms|s|m|h|d|w|y))+")
ONE_SERIES = "The query does not tell the sides apart."
ONE_ROUTE = "APISIX counts both sides on one route: what Flagger asks about, and stands under green, is of both."
ONE_REVISION = "The newest revision is the one that users have: both sides are the same, and stand under green."
NO_BLUE_REVISION = "Flagger has not noted yet which revision users have."
NOT_READ = "It has not been read yet."


def templates_of(canary: Canary) -> tuple[TemplateKey, ...]:
    """The MetricTemplates that `askings` needs, each once."""
    return tuple(dict.fromkeys((one.template_namespace, one.template) for one in canary.checks if one.template))


def follows_revisions(canary: Canary, cluster: ClusterMetrics) -> bool:
    """Whether `askings` needs the revisions of a Knative Service."""
    return provider_of(canary, cluster.provider) == "knative" and any(map(is_built_in, canary.checks))


def askings(
    canary: Canary,
    templates: Mapping[TemplateKey, MetricTemplate | str],
    cluster: ClusterMetrics,
    revisions: Revisions | str = NOT_READ,
) -> tuple[Asking, ...]:
    """One per check, in the order in which Flagger evaluates them: built-in and inline ones first, then templates.

    Text in `templates` is the sentence why that template could not be read; so is text as `revisions`.
    """
    ordered = sorted(canary.checks, key=lambda check: bool(check.template))
    return tuple(_asking(check, canary, templates, cluster, revisions) for check in ordered)


def _asking(
    check: Check,
    canary: Canary,
    templates: Mapping[TemplateKey, MetricTemplate | str],
    cluster: ClusterMetrics,
    revisions: Revisions | str,
) -> Asking:
    if check.template:
        found = templates.get((check.template_namespace, check.template), NOT_READ)
        if isinstance(found, str):
            name = f"{check.template_namespace}/{check.template}"
            return Asking(check, unreadable=f"The MetricTemplate {name} cannot be read. {found}", unread=True)
        return _of_template(check, found, canary, cluster)
    if check.query:
        return _of_query(check, canary, cluster)
    if is_built_in(check):
        return _of_built_in(check, canary, cluster, revisions)
    return Asking(check, unreadable="The check has neither a query nor a template; Flagger cannot evaluate it either.")


def _of_built_in(check: Check, canary: Canary, cluster: ClusterMetrics, revisions: Revisions | str) -> Asking:
    provider = provider_of(canary, cluster.provider)
    window = check.interval_text or DEFAULT_INTERVAL
    if not _DURATION.fullmatch(window):
        return Asking(check, unreadable=f"The check's interval {window[:40]!r} is no duration that Prometheus knows.")
    if provider == "knative":
        return _of_knative(check, canary, cluster, window, revisions)
    queries = built_in(canary, provider, check.name, window, cluster.flagger_version)
    asking = _asked(check, queries, canary, cluster)
    return replace(asking, blue_note=ONE_ROUTE) if asking.blue_note else asking


def _of_knative(
    check: Check, canary: Canary, cluster: ClusterMetrics, window: str, revisions: Revisions | str
) -> Asking:
    """Flagger asks about the newest revision, by its name."""
    service = f"The Knative Service {canary.namespace}/{canary.target_name}"
    if isinstance(revisions, str):
        sentence = f"{service}, whose newest revision Flagger asks about, cannot be read. {revisions}"
        return Asking(check, unreadable=sentence, unread=True)
    if not revisions.green:
        return Asking(check, unreadable=f"{service} has no revision yet.", unread=True)
    queries = built_in(canary, "knative", check.name, window, cluster.flagger_version, revisions)
    if not revisions.blue:
        queries = replace(queries, blue="")
    asking = replace(_asked(check, queries, canary, cluster), by_revision=True)
    note = ONE_REVISION if revisions.blue else NO_BLUE_REVISION
    return replace(asking, blue_note=note) if asking.blue_note else asking


def _of_query(check: Check, canary: Canary, cluster: ClusterMetrics) -> Asking:
    try:
        queries = rendered(check.query, canary, check.interval_text or DEFAULT_INTERVAL, check.variables)
    except Unrenderable as error:
        return Asking(check, unreadable=f"The query {error}.")
    return _asked(check, queries, canary, cluster)


def _of_template(check: Check, template: MetricTemplate, canary: Canary, cluster: ClusterMetrics) -> Asking:
    """A template's query is given no interval when the check names none, as Flagger gives none."""
    if template.provider != "prometheus":
        kind = template.provider or "an unnamed provider"
        return Asking(check, template=template, unreadable=f"Values of {kind} are not readable from here.")
    try:
        queries = rendered(template.query, canary, check.interval_text, check.variables)
        place = _own_place(template, canary, cluster)
    except Unrenderable as error:
        return Asking(check, template=template, unreadable=f"The query {error}.")
    except (Unplaceable, Unsendable) as error:
        return Asking(check, template=template, unreadable=str(error))
    return replace(_placed(check, queries, place), template=template)


def _own_place(template: MetricTemplate, canary: Canary, cluster: ClusterMetrics) -> Place:
    """With what the template sends to its address. Raises Unplaceable and Unsendable."""
    place = place_of_template(template, canary, cluster)
    headers = sendable(template, place.way, trusted=place.trusted)
    if place.trusted:
        return place
    if template.secret and place.way is Way.PROXY:
        raise Unplaceable(
            f"The MetricTemplate's address needs the Secret {template.secret}, and the API server passes no"
            " credential on to a Service. An administrator can allow the address for this cluster, where it can be"
            " reached directly, or give the cluster the address of its Prometheus."
        )
    secret_namespace = template.namespace if template.secret else ""
    insecure = template.insecure and place.way is Way.DIRECT
    return replace(place, secret_namespace=secret_namespace, secret=template.secret, headers=headers, insecure=insecure)


def _asked(check: Check, queries: Queries, canary: Canary, cluster: ClusterMetrics) -> Asking:
    try:
        return _placed(check, queries, place_of(canary, cluster))
    except Unplaceable as error:
        return Asking(check, unreadable=str(error))


def _placed(check: Check, queries: Queries, place: Place) -> Asking:
    note = "" if queries.blue else ONE_SERIES
    return Asking(check, queries.green, queries.blue, queries.scale, place, blue_note=note)

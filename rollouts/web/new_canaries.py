"""What a new Canary is for, as it is named in an address: picked among what was found, or typed."""

from __future__ import annotations

from collections.abc import Mapping

from django.urls import reverse
from django.utils.http import urlencode

from rollouts.domain.new_canaries.choosing import Choice, Way
from rollouts.domain.new_canaries.judging import Near
from rollouts.domain.new_canaries.making import Target
from rollouts.domain.policies.entering import LARGEST
from rollouts.models import Cluster, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.queries import new_canary_entered

KINDS = new_canary_entered.KINDS
LONGEST, MOST_FOUND = 253, 20


def target_of(given: Mapping[str, str]) -> Target | None:
    """None while nothing was picked. Whether it can be says `wrong_with`."""
    namespace, name, service = (_text(given, one) for one in ("namespace", "workload", "service"))
    if not name:
        return None
    kind = given.get("kind", "")
    return Target(kind if kind in KINDS else KINDS[0], namespace, name, service or name)


def wrong_with(target: Target) -> list[str]:
    return [one.said for one in new_canary_entered.wrong_with(target)]


def port_of(given: Mapping[str, str]) -> int | None:
    said = given.get("port", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 10 and int(said) <= LARGEST else None


def form_address(cluster: Cluster, target: Target, **more: str | int | None) -> str:
    said = {
        "kind": target.kind, "namespace": target.namespace, "workload": target.name, "service": target.service,
        **more,
    }  # fmt: skip
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{reverse('canary-new', args=[cluster.pk])}?{query}"


def address_of(cluster: Cluster, choice: Choice, way: Way) -> str:
    one = choice.offer
    return form_address(cluster, Target(one.kind, one.namespace, one.name, way.service), port=way.port)


def again(row: NewCanary) -> str:
    """The form with all that was entered."""
    return form_address(row.cluster, queries.target_of(row), **{"from": row.pk})


def found_around(near: Near) -> dict[str, tuple[str, ...]]:
    """What is offered in the fields of the form."""
    found = {"ingress": near.ingresses, "gateways": near.gateways, "gateway_refs": near.api_gateways}
    return {name: several[:MOST_FOUND] for name, several in found.items()}


def _text(given: Mapping[str, str], name: str) -> str:
    return given.get(name, "").replace("\0", "").strip()[:LONGEST]

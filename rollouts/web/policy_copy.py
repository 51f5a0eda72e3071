"""The form of a policy filled with what the policy of another application says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from rollouts import access
from rollouts.domain.commands import Governed
from rollouts.domain.policies.copying import NotTaken, copied, kept_by
from rollouts.domain.policies.fields import SCALARS, RolloutPolicy
from rollouts.domain.policies.reading import Obj, read, unknown
from rollouts.models import Application, PolicyRevision, Rollout
from rollouts.queries import canary_specs, policies, policy_fields
from rollouts.queries import rollout as rollouts
from rollouts.web.people import person_of
from rollouts.web.policy_labels import LABELS

FROM, NAMED, WITH_ADDRESSES = "from", "copied", "addresses"
MOST_PLACES = 20
LONGEST_ID = 15


@dataclass(frozen=True, slots=True)
class CopiedWords:
    """`kept` are fields that stay this policy's own; `not_taken` and `to_be_there` what of the other one, and why."""

    name: str
    of: str
    """The application of a policy, or the cluster of a Canary."""
    address: str
    kept: tuple[str, ...]
    not_taken: tuple[tuple[str, str], ...]
    to_be_there: tuple[tuple[str, str], ...]
    without_a_field: tuple[str, ...]


def is_asked_for(given: QueryDict) -> bool:
    return FROM in given


def asked(given: QueryDict) -> dict[str, str]:
    """What an address says of it, to go on with."""
    return {name: str(given[name]) for name in (FROM, NAMED, WITH_ADDRESSES) if name in given}


def query(given: QueryDict) -> str:
    return urlencode(asked(given))


def source(person: access.Person, id: str, name: str, now: datetime) -> tuple[Application, Governed]:
    """The policy to copy from. Raises Http404, also for who does not see all of its clusters."""
    number = int(id) if id.isascii() and id.isdigit() and len(id) <= LONGEST_ID else 0
    one = access.visible_applications(person).select_related("hub").filter(pk=number).first()
    governed = policies.governed(one, name, now) if one is not None else None
    if one is None or governed is None or not policies.seen_by(person, one, [governed]):
        raise Http404("There is no such policy to copy from.")
    return one, governed


def begun(
    request: HttpRequest, target: Application, to: Governed, current: RolloutPolicy, now: datetime
) -> tuple[RolloutPolicy, CopiedWords]:
    """`current` is what the policy says without it."""
    given, layout = request.GET, to.layout
    if to.plain is None:
        one, governed = source(person_of(request), given.get(FROM, ""), given.get(NAMED, ""), now)
        name, address, text = governed.policy.name, reverse("application", args=[one.pk]), governed.policy.rollout
        of = one.name
    else:
        rollout, text = source_canary(person_of(request), given.get(FROM, ""))
        name, address, of = rollout.name, reverse("rollout", args=[rollout.pk]), rollout.cluster.name
    if text is None:
        raise Http404("What this policy says is not known here.")
    addresses = bool(given.get(WITH_ADDRESSES))
    both = from_it, into = read(text, layout), current
    if to.plain is not None:
        from_it, into = _called(from_it, rollout.namespace), _called(current, to.policy.namespace)
    made = copied(into, from_it, policy_fields.known_to(target), addresses=addresses, layout=layout)
    places = [place for place, _ in unknown(text, layout)]
    more = (f"and {len(places) - MOST_PLACES} more",) if len(places) > MOST_PLACES else ()
    words = CopiedWords(
        name,
        of,
        address,
        tuple(LABELS[name] for name in kept_by(layout, addresses=addresses) if to.plain is None or _says(name, *both)),
        tuple(words_of(made.not_taken)),
        tuple(words_of(made.to_be_there)),
        (*places[:MOST_PLACES], *more),
    )
    return replace(made.policy, service=current.service, namespace=current.namespace), words


def source_canary(person: access.Person, id: str) -> tuple[Rollout, Obj | None]:
    """A plain Canary to copy from, with what it was last read to say. Raises Http404."""
    number = int(id) if id.isascii() and id.isdigit() and len(id) <= LONGEST_ID else 0
    one = rollouts.find(person, number)
    if one is None or not canary_specs.is_editable(one):
        raise Http404("There is no such Canary to copy from.")
    return one, PolicyRevision.objects.filter(plain=one).order_by("-pk").values_list("rollout", flat=True).first()


def _says(name: str, *either: RolloutPolicy) -> bool:
    """A Canary has many fields of its own, most of which say nothing."""
    return any(getattr(one, name) != SCALARS[name].default for one in either)


def _called(policy: RolloutPolicy, namespace: str) -> RolloutPolicy:
    """With the names by which its Services are called, of which a spec need not say any."""
    return replace(policy, service=policy.service or policy.workload, namespace=namespace)


def words_of(found: Iterable[NotTaken]) -> Iterator[tuple[str, str]]:
    for one in found:
        first, _, inner = one.name.partition("-")
        whole = {"metrics": "Metric", "commands": "Command", "hooks": "Webhook"}.get(first)
        of_it = f", {LABELS[inner].lower()}" if inner else ""
        yield (f"{whole} {one.of}{of_it}" if whole else LABELS[one.name]), one.why

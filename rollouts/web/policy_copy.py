"""The form of a policy filled with what the policy of another application says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, QueryDict
from django.utils.http import urlencode

from rollouts import access
from rollouts.domain.commands import Governed
from rollouts.domain.policies.copying import ADDRESSES, FOR_A_WHILE, WORKLOAD, NotTaken, copied
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.reading import read, unknown
from rollouts.models import Application
from rollouts.queries import policies, policy_fields
from rollouts.web.people import person_of
from rollouts.web.policy_labels import LABELS

FROM, NAMED, WITH_ADDRESSES = "from", "copied", "addresses"
MOST_PLACES = 20
LONGEST_ID = 15


@dataclass(frozen=True, slots=True)
class CopiedWords:
    """`kept` are fields that stay this policy's own; `not_taken` and `to_be_there` what of the other one, and why."""

    application: Application
    policy: str
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
    request: HttpRequest, target: Application, current: RolloutPolicy, now: datetime
) -> tuple[RolloutPolicy, CopiedWords]:
    """`current` is what the policy says without it."""
    given = request.GET
    one, governed = source(person_of(request), given.get(FROM, ""), given.get(NAMED, ""), now)
    if governed.policy.rollout is None:
        raise Http404("What this policy says is not known here.")
    rollout = governed.policy.rollout
    addresses = bool(given.get(WITH_ADDRESSES))
    made = copied(current, read(rollout), policy_fields.known_to(target), addresses=addresses)
    kept = (*WORKLOAD, *(() if addresses else ADDRESSES), *FOR_A_WHILE)
    places = [place for place, _ in unknown(rollout)]
    more = (f"and {len(places) - MOST_PLACES} more",) if len(places) > MOST_PLACES else ()
    words = CopiedWords(
        one,
        governed.policy.name,
        tuple(LABELS[name] for name in kept),
        tuple(words_of(made.not_taken)),
        tuple(words_of(made.to_be_there)),
        (*places[:MOST_PLACES], *more),
    )
    return made.policy, words


def words_of(found: Iterable[NotTaken]) -> Iterator[tuple[str, str]]:
    for one in found:
        first, _, inner = one.name.partition("-")
        whole = {"metrics": "Metric", "commands": "Command"}.get(first)
        of_it = f", {LABELS[inner].lower()}" if inner else ""
        yield (f"{whole} {one.of}{of_it}" if whole else LABELS[one.name]), one.why

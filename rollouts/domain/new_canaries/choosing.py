"""Which workloads of one cluster a Canary can be made for, and by which of their Services."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rollouts.domain.policies.offering import SELECTOR_LABELS, Offer, Offers

TAKEN = "Canary {} governs it already."
OF_THIS_NAME = "A Canary of its name is there already, for another workload."
LED = "Canary {} leads Service {} already, and both would write it. Choose another Service."
SIDES = ("-primary", "-canary")
"""Of the two Services that Flagger makes beside the Canary's."""


@dataclass(frozen=True, slots=True)
class Governing:
    """A Canary that is there."""

    namespace: str
    name: str
    target_kind: str
    target: str
    service: str = ""
    """Empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Way:
    """A port of a Service that leads to the pods."""

    service: str
    port: int


@dataclass(frozen=True, slots=True)
class Choice:
    offer: Offer
    ways: tuple[Way, ...]
    """By the Service of the workload's name first."""
    why_not: str = ""

    @property
    def fits(self) -> bool:
        return not self.why_not


def choices(offers: Offers, canaries: Iterable[Governing], may: Callable[[str], bool]) -> tuple[Choice, ...]:
    """Of the namespaces for which `may` is true; what fits first."""
    known = list(canaries)
    made = [_choice(one, known) for one in offers.found if may(one.namespace)]
    return tuple(sorted(made, key=lambda one: (not one.fits, one.offer.key)))


def taken(kind: str, namespace: str, name: str, canaries: Iterable[Governing]) -> str:
    """Why no Canary can be made for the workload beside these; empty where none of them is in the way."""
    here = [one for one in canaries if one.namespace == namespace]
    for one in here:
        if (one.target_kind, one.target) == (kind, name):
            return TAKEN.format(one.name)
    return OF_THIS_NAME if any(one.name == name for one in here) else ""


def led(namespace: str, service: str, canaries: Iterable[Governing]) -> str:
    """Why the Service is not free beside these; empty where it is."""
    for one in canaries:
        if one.namespace == namespace and one.service and (shared := written(one.service) & written(service)):
            return LED.format(one.name, min(shared, key=len))
    return ""


def written(service: str) -> set[str]:
    """All that Flagger writes for a Canary with this Service."""
    return {service, *(service + side for side in SIDES)}


def leads_to(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a Service selects the pods with these labels, or the blue that Flagger makes of them, as it does where
    there was a Canary before.
    """
    if not selector:
        return False
    of_blue = any({name: f"{labels[name]}-primary"} == dict(selector) for name in SELECTOR_LABELS if name in labels)
    return of_blue or selector.items() <= labels.items()


def _choice(offer: Offer, canaries: Iterable[Governing]) -> Choice:
    ways = tuple(_ways(offer))
    why_not = taken(offer.kind, offer.namespace, offer.name, canaries) or _why_not(offer, ways)
    return Choice(offer, ways, why_not)


def _ways(offer: Offer) -> Iterator[Way]:
    for one in offer.leading:
        yield from (Way(one.name, port) for port in one.ports)


def _why_not(offer: Offer, ways: tuple[Way, ...]) -> str:
    if not offer.services_read:
        return "Which Services lead to its pods could not be read."
    if not ways:
        return "Its Service has no port." if offer.leading else "No Service leads to its pods."
    if not offer.label:
        return f"It selects its pods by none of {', '.join(SELECTOR_LABELS)}: Flagger refuses it."
    return ""

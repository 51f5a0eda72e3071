"""What a removal changes of the text of a policy, or of a plain Canary's spec: told from what that says afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from rollouts.domain.policies.reading import Obj
from rollouts.domain.removing.judging import FIELD

SUSPEND = "suspend"


def before(text: Obj, *, plain: bool) -> Iterator[Obj]:
    """All that it may have said before a removal wrote into it; of a Canary it may have done so twice since."""
    if plain:
        for one in _without(text, FIELD, SUSPEND):
            yield one
            yield from _without_port(one)
    elif isinstance(inner := text.get("rolloutPolicy"), Mapping):
        for one in _without(inner, FIELD):
            yield {**text, "rolloutPolicy": one}


def _without(text: Mapping[str, object], *switched_on: str) -> Iterator[Obj]:
    """Each of these was there with `false`, or not at all, or is not of the removal."""
    on = [name for name in switched_on if text.get(name) is True]
    for before in product((True, False, None), repeat=len(on)):
        said = dict(zip(on, before, strict=True))
        if not all(said.values()):
            kept = {name: value for name, value in text.items() if name not in said}
            yield kept | {name: value for name, value in said.items() if value is not None}


def _without_port(text: Obj) -> Iterator[Obj]:
    """Flagger writes the whole Canary when it adds its finalizer, and in it a port of the pods of 0 where none was."""
    service = text.get("service")
    if isinstance(service, Mapping) and service.get("targetPort") == 0:
        yield {**text, "service": {name: said for name, said in service.items() if name != "targetPort"}}

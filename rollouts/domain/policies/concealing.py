"""The texts of a form with hidden whatever may be secret, as in the object that is made of them."""

from __future__ import annotations

from rollouts.domain.policies import matching, structures
from rollouts.domain.policies.entering import KEPT, Texts
from rollouts.domain.policies.fields import IN_HOOK, IN_METRIC, MATCH, OBJECTS, PAIRS, SCALARS, STRUCTURE
from rollouts.domain.policies.request_lines import parsed_pairs
from rollouts.domain.redaction import HIDDEN, hide, hide_in_text

OF_PAIRS = frozenset(
    name
    for fields in (SCALARS, IN_METRIC, IN_HOOK)
    for name, one in fields.items()
    if one.metadata.get("kind") == PAIRS
)
STRUCTURES = frozenset(name for name, one in SCALARS.items() if one.metadata.get("kind") == STRUCTURE)
MATCHES = frozenset(name for name, one in SCALARS.items() if one.metadata.get("kind") == MATCH)
LISTS_OF_OBJECTS = frozenset(name for name, one in SCALARS.items() if one.metadata.get("kind") in OBJECTS)


def concealed(texts: Texts) -> dict[str, str]:
    return {name: _concealed(name, said) for name, said in texts.items()}


def _concealed(name: str, said: str) -> str:
    if name.rpartition("-")[2] in OF_PAIRS:
        return _pairs(said)
    if name in STRUCTURES or (name in LISTS_OF_OBJECTS and structures.is_list(said)):
        return structures.concealed(said)
    if name in MATCHES and said != KEPT:
        return _match(said)
    return str(hide(said, name))


def _match(said: str) -> str:
    found, wrong = matching.parse(said)
    whole = [hide(one) for one in found]
    if wrong:
        return HIDDEN
    return said if whole == list(found) else matching.lines(whole) or HIDDEN


def _pairs(said: str) -> str:
    """Each line has a name of its own, by which its value may be secret: `token: …`."""
    pairs, wrong = parsed_pairs(hide_in_text(said))
    if wrong:
        return HIDDEN
    whole = hide(dict(pairs))
    return (
        said if whole == dict(parsed_pairs(said)[0]) else "\n".join(f"{name}: {value}" for name, value in whole.items())
    )

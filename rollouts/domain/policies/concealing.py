"""The texts of a form with hidden whatever may be secret, as in the object that is made of them."""

from __future__ import annotations

from rollouts.domain.policies.entering import Texts
from rollouts.domain.policies.fields import IN_HOOK, IN_METRIC, PAIRS, SCALARS
from rollouts.domain.policies.request_lines import parsed_pairs
from rollouts.domain.redaction import HIDDEN, hide, hide_in_text

OF_PAIRS = frozenset(
    name
    for fields in (SCALARS, IN_METRIC, IN_HOOK)
    for name, one in fields.items()
    if one.metadata.get("kind") == PAIRS
)


def concealed(texts: Texts) -> dict[str, str]:
    return {
        name: _pairs(said) if name.rpartition("-")[2] in OF_PAIRS else hide(said, name) for name, said in texts.items()
    }


def _pairs(said: str) -> str:
    """Each line has a name of its own, by which its value may be secret: `token: …`."""
    pairs, wrong = parsed_pairs(hide_in_text(said))
    if wrong:
        return HIDDEN
    whole = hide(dict(pairs))
    return (
        said if whole == dict(parsed_pairs(said)[0]) else "\n".join(f"{name}: {value}" for name, value in whole.items())
    )

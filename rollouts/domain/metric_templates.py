"""Queries that people wrote, with the names of a rollout filled in as Flagger's Go templates do.

Understood is what such queries are made of: the functions of Flagger's `TemplateFunctions`, variables by field or by
`index`, and comments, each with Go's trimming of blanks. Anything else raises Unrenderable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rollouts.domain.metric_queries import Queries
from rollouts.domain.observations import Canary

LONGEST = 20_000
_COMMENT = re.compile(r"/\*(?:(?!\*/).)*\*/", re.DOTALL)
_NAME = re.compile(r"[a-z]+")
_VARIABLE = re.compile(r"variables\.(?P<field>\w+)|index\s+variables\s+(?:\"(?P<key>[^\"\\]*)\"|`(?P<raw>[^`]*)`)")
_GO_BLANKS = " \t\r\n"
_TRIMS_BEFORE, _TRIMS_AFTER = (tuple("-" + blank for blank in _GO_BLANKS), tuple(blank + "-" for blank in _GO_BLANKS))
_GREEN_OF_NGINX = re.compile(r'\bcanary\s*!=\s*""')
_OF_GREEN, _OF_BLUE = (re.compile(rf"-{side}(?![a-zA-Z0-9])") for side in ("canary", "primary"))


class Unrenderable(Exception):
    """A clause that ends "The query …": why it cannot be rendered."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`function` is empty for text that stands as it is."""

    text: str
    function: str = ""


def rendered(query: str, canary: Canary, interval: str, variables: Mapping[str, str]) -> Queries:
    """For both sides; blue is empty where the query does not tell them apart, or asks about both itself."""
    pieces = list(_pieces(query, canary, interval, variables))
    green = "".join(piece.text for piece in pieces)
    if not green.strip():
        raise Unrenderable("is empty")
    blue = "".join(_of_blue(pieces))
    blue = _GREEN_OF_NGINX.sub('canary=""', blue)
    return Queries(green, "" if blue == green or _names_blue(pieces) else blue)


def _pieces(query: str, canary: Canary, interval: str, variables: Mapping[str, str]) -> Iterator[Piece]:
    if len(query) > LONGEST:
        raise Unrenderable(f"is longer than {LONGEST} characters")
    names = {
        "name": canary.name,
        "namespace": canary.namespace,
        "target": canary.target_name,
        "service": canary.service_name,
        "ingress": canary.ingress_name or canary.target_name,
        "route": canary.route_name or canary.target_name,
        "interval": interval,
    }
    rest, trim = query, False
    while "{{" in rest:
        before, _, rest = rest.partition("{{")
        inside, closing, rest = rest.partition("}}")
        if not closing:
            raise Unrenderable("has a {{ that is not closed")
        trims = inside.startswith(_TRIMS_BEFORE), inside.endswith(_TRIMS_AFTER)
        yield Piece(_trimmed(before, trim, trims[0]))
        yield _evaluated(inside[2 * trims[0] : len(inside) - 2 * trims[1]], names, variables)
        trim = trims[1]
    yield Piece(_trimmed(rest, trim, False))


def _trimmed(text: str, left: bool, right: bool) -> str:
    text = text.lstrip(_GO_BLANKS) if left else text
    return text.rstrip(_GO_BLANKS) if right else text


def _evaluated(inside: str, names: Mapping[str, str], variables: Mapping[str, str]) -> Piece:
    asked = inside.strip(_GO_BLANKS)
    if _COMMENT.fullmatch(inside):  # Go takes one for such only directly behind the braces
        return Piece("")
    if _NAME.fullmatch(asked) and asked in names:
        return Piece(names[asked], asked)
    found = _VARIABLE.fullmatch(asked)
    if found is None:
        raise Unrenderable(f"uses {{{{ {asked[:60]} }}}}, which is not understood here")
    if (field := found["field"]) is None:
        return Piece(variables.get(found["key"] or found["raw"] or "", ""))  # Go's index of a missing key is empty
    if field not in variables:
        raise Unrenderable(f"uses the variable {field[:60]}, which the Canary does not give; Flagger fails at it too")
    return Piece(variables[field])


def _of_blue(pieces: list[Piece]) -> Iterator[str]:
    """The target is blue's workload; `-canary` behind a target or service is the name of green's Service."""
    switched = False
    for number, piece in enumerate(pieces):
        following = pieces[number + 1].text if number + 1 < len(pieces) else ""
        text = piece.text
        if switched:
            text = text.replace("-canary", "-primary", 1)
        switched = piece.function in ("target", "service") and _OF_GREEN.match(following) is not None
        yield f"{text}-primary" if piece.function == "target" and not switched else text


def _names_blue(pieces: list[Piece]) -> bool:
    return any(
        piece.function in ("target", "service") and _OF_BLUE.match(following.text) is not None
        for piece, following in pairwise(pieces)
    )

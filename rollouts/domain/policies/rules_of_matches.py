"""Rules of whom an A/B test is for: what Flagger's router of a provider makes of it (its pkg/router)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollouts.domain.observations import Strategy
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint
from rollouts.domain.policies.matching import HEADERS
from rollouts.domain.policies.strategies import Provider, strategy_of

FOR_ALL = frozenset({Provider.KUMA.value, "skipper"})
"""Whose routers know shares of users only, and an A/B test gives green the whole."""
COOKIE = "cookie"


def of_matches(policy: RolloutPolicy) -> Iterator[Finding]:
    if strategy_of(policy) is not Strategy.AB_TESTING:
        return
    if policy.provider in FOR_ALL:
        said = f"With {policy.provider} all users come to green from the first check on: Flagger reads this not at all."
        yield hint("match", said)
    elif policy.provider == Provider.NGINX:
        yield from _of_nginx([_conditions(one) for one in policy.match])


def _of_nginx(alternatives: list[list[tuple[str, bool]]]) -> Iterator[Finding]:
    """Its Ingress has room for one header and one cookie (canary-by-header, canary-by-cookie)."""
    conditions = [one for alternative in alternatives for one in alternative]
    compared = [name for name, is_compared in conditions if is_compared]
    if not compared:
        yield Finding(
            "match",
            "With nginx this brings nobody to green. Say a header that is compared by exact or regex, or by exact the"
            f" name of a cookie: “{COOKIE}: exact NAME”.",
        )
        return
    cookies = compared.count(COOKIE)
    is_all = len(compared) == len(conditions) and max(map(len, alternatives)) == 1
    if not is_all or cookies > 1 or len(compared) - cookies > 1:
        yield hint(
            "match",
            "Of all this nginx compares one header, the last, and one cookie, and either of them is enough: what else"
            " is said here does nothing.",
        )
    elif cookies:
        yield hint(
            "match", "nginx takes this for the name of a cookie: whoever has it with the value “always” is meant."
        )


def _conditions(alternative: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """The name of each, and whether nginx compares it."""
    found = []
    for where, inner in alternative.items():
        named = inner if where == HEADERS and isinstance(inner, Mapping) else {"": None}
        found += [(name, _is_compared(name, condition)) for name, condition in named.items()]
    return found


def _is_compared(name: str, condition: Any) -> bool:
    ways = ("exact",) if name == COOKIE else ("exact", "regex")
    return isinstance(condition, Mapping) and any(condition.get(one) for one in ways)

"""Which strategy a policy says, which fields are of one strategy or one provider only, and what is dropped when
another is chosen. Flagger decides, not Kurator, which only copies (kurator.md 6.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from rollouts.domain.observations import Strategy
from rollouts.domain.policies.fields import SCALARS, RolloutPolicy


class Provider(StrEnum):
    ISTIO = "istio"
    NGINX = "nginx"
    KUMA = "kuma"


OF_STRATEGY: Mapping[str, frozenset[Strategy]] = {
    "times": frozenset({Strategy.BLUE_GREEN, Strategy.AB_TESTING}),
    "match": frozenset({Strategy.AB_TESTING}),
    **dict.fromkeys(("step", "steps", "most", "promotion_step"), frozenset({Strategy.CANARY})),
}
OF_PROVIDER: Mapping[str, Provider] = {
    **dict.fromkeys(
        (
            *("gateways", "hosts", "retries", "retry_timeout", "retry_on", "cookie", "cookie_age"),
            *("request_set", "request_add", "request_remove", "response_set", "response_add", "response_remove"),
            *("origins", "exact_origins", "cors_methods", "cors_headers", "cors_exposed", "cors_age"),
            "cors_credentials",
        ),
        Provider.ISTIO,
    ),
    "host": Provider.NGINX,
    "protocol": Provider.KUMA,
}


def strategy_of(policy: RolloutPolicy) -> Strategy | None:
    """None while it says none, or several that exclude each other."""
    steps = bool(policy.step or policy.steps)
    if steps:
        return None if policy.times else Strategy.CANARY
    if not policy.times or policy.times < 0:
        return None
    return Strategy.AB_TESTING if policy.match else Strategy.BLUE_GREEN


def belongs(name: str, strategy: Strategy | None, provider: str) -> bool:
    """Whether the field does anything there. Without a known strategy or provider everything may."""
    known_strategy, known_provider = OF_STRATEGY.get(name), OF_PROVIDER.get(name)
    if known_strategy is not None and strategy is not None and strategy not in known_strategy:
        return False
    return known_provider is None or provider not in set(Provider) or provider == known_provider


def without_effect(policy: RolloutPolicy, strategy: Strategy | None, provider: str) -> tuple[str, ...]:
    """Names of the fields that say something which does nothing there."""
    return tuple(
        name
        for name, one in SCALARS.items()
        if getattr(policy, name) != one.default and not belongs(name, strategy, provider)
    )


def dropped(policy: RolloutPolicy, names: tuple[str, ...]) -> RolloutPolicy:
    empty: dict[str, Any] = {name: SCALARS[name].default for name in names}
    return replace(policy, **empty)

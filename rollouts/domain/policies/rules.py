"""All rules of a policy: what keeps it from working, and what a person should know."""

from __future__ import annotations

from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.findings import Finding
from rollouts.domain.policies.rules_of_analysis import of_analysis, of_behaviour, of_load
from rollouts.domain.policies.rules_of_requests import of_requests
from rollouts.domain.policies.rules_of_traffic import of_strategy, of_traffic, of_workload

RULES = (of_workload, of_traffic, of_requests, of_strategy, of_analysis, of_load, of_behaviour)


def judged(policy: RolloutPolicy) -> tuple[Finding, ...]:
    """In the order of the fields."""
    return tuple(finding for rule in RULES for finding in rule(policy))

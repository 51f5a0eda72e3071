"""All rules of a policy: what keeps it from working, and what a person should know."""

from __future__ import annotations

from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.findings import Finding
from rollouts.domain.policies.layouts import KURATOR, Layout
from rollouts.domain.policies.rules_of_analysis import of_analysis, of_behaviour, of_load
from rollouts.domain.policies.rules_of_hooks import of_hooks
from rollouts.domain.policies.rules_of_matches import of_matches
from rollouts.domain.policies.rules_of_plain import of_plain_analysis, of_plain_traffic
from rollouts.domain.policies.rules_of_references import of_alerts, of_references
from rollouts.domain.policies.rules_of_requests import of_requests
from rollouts.domain.policies.rules_of_services import of_cookie, of_services
from rollouts.domain.policies.rules_of_traffic import of_strategy, of_traffic, of_workload

RULES = (of_workload, of_traffic, of_requests, of_strategy, of_matches, of_analysis, of_load, of_behaviour)

PLAIN_RULES = (
    *(of_services, of_plain_traffic, of_matches, of_references, of_cookie),
    *(of_plain_analysis, of_hooks, of_alerts, of_behaviour),
)


def judged(policy: RolloutPolicy, layout: Layout = KURATOR) -> tuple[Finding, ...]:
    """In the order of the fields."""
    rules = RULES if layout is KURATOR else PLAIN_RULES
    return tuple(finding for rule in rules for finding in rule(policy))

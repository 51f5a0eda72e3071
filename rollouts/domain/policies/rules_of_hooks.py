"""Rules of the webhooks of a Canary (flagger.md 2 and 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollouts.domain.policies.fields import Hook, RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_duration

KINDS = (
    *("rollout", "pre-rollout", "post-rollout", "confirm-rollout", "confirm-promotion", "confirm-traffic-increase"),
    *("rollback", "event"),
)
"""None is `rollout`: asked at every check."""
COMMAND = "cmd"
"""What a load tester runs, by its name in the metadata."""
_BEGINS = re.compile(r"[0-9]+(m|s)")
"""What the definition of the kind asks of a duration."""
DECIDING = ("", "rollout", "pre-rollout")
"""Kinds where a wrong answer is a failed check."""


def of_hooks(policy: RolloutPolicy) -> Iterator[Finding]:
    green = f"{policy.service or policy.workload}-canary"
    for row, hook in enumerate(policy.hooks):
        for one in _of_hook(hook, green):
            yield Finding(f"hooks-{row}-{one.field}", one.said, one.wrong)


def _of_hook(hook: Hook, green: str) -> Iterator[Finding]:
    if not hook.name.strip():
        yield Finding("name", "Say a name: Flagger's events call it so.")
    if hook.kind and hook.kind not in KINDS:
        yield Finding("kind", f"The cluster knows no “{hook.kind[:40]}”. Say {', '.join(KINDS)}, or nothing.")
    if not hook.url.startswith(("http://", "https://")):
        yield Finding("url", "Say the address that is asked, from http:// or https:// on.")
    if hook.timeout and not is_duration(hook.timeout):
        yield Finding("timeout", f"“{hook.timeout[:40]}” is no duration. Write it as 5s, 500ms or 1m30s.")
    elif hook.timeout and not _BEGINS.match(hook.timeout):
        yield Finding("timeout", "The cluster takes whole minutes and seconds, as 5s or 1m, and no hours.")
    if hook.retries is not None and hook.retries < 0:
        yield Finding("retries", "A number of attempts is not below 0.")
    if hook.unverified:
        yield hint("unverified", "Whoever stands between Flagger and this address may answer in its place.")
    command = dict(hook.metadata).get(COMMAND, "")
    if command and hook.kind in DECIDING and green != "-canary" and green not in command:
        yield hint("metadata", f"It does not ask {green}: other addresses lead to blue while iterations run.")

"""Rules of the Services that Flagger makes for a Canary, and of the cookie that keeps users on one (flagger.md 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_host
from rollouts.domain.policies.reading import is_number
from rollouts.domain.policies.rules_of_traffic import is_cookie

DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
SAME_SITES = ("Strict", "Lax", "None")
SIDES = ("apex", "blue", "green")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_KEY = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def of_services(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.target_port and not _is_port(policy.target_port):
        yield Finding(
            "target_port",
            "Say a port from 1 to 65535, or the name of one: at most 15 lower-case letters, digits and hyphens.",
        )
    if policy.app_protocol and not _KEY.fullmatch(policy.app_protocol):
        yield Finding("app_protocol", "Say its name without spaces, as http, grpc or kubernetes.io/h2c.")
    if policy.distribution and policy.distribution not in DISTRIBUTIONS:
        yield Finding("distribution", f"Say {', '.join(DISTRIBUTIONS)}, or nothing.")
    for side in SIDES:
        yield from _of_names(f"{side}_labels", getattr(policy, f"{side}_labels"), labels=True)
        yield from _of_names(f"{side}_annotations", getattr(policy, f"{side}_annotations"), labels=False)


def of_cookie(policy: RolloutPolicy) -> Iterator[Finding]:
    flags = policy.cookie_http_only or policy.cookie_secure or policy.cookie_partitioned
    others = (policy.blue_cookie, policy.cookie_domain, policy.cookie_path, policy.cookie_same_site, flags)
    if any(others) and not policy.cookie and policy.cookie_age is None:
        yield Finding("cookie", "Say the name of the cookie: without it the cluster refuses the Canary.")
    if policy.blue_cookie and not is_cookie(policy.blue_cookie):
        yield Finding("blue_cookie", f"“{policy.blue_cookie[:40]}” is no name of a cookie: letters, digits, _ and -.")
    elif policy.blue_cookie and policy.blue_cookie == policy.cookie:
        yield Finding("blue_cookie", "It has to be another cookie than green's.")
    if policy.cookie_domain and not is_host(policy.cookie_domain.removeprefix(".")):
        yield Finding("cookie_domain", "Say a host name, without scheme, port and path.")
    if policy.cookie_path and not policy.cookie_path.startswith("/"):
        yield Finding("cookie_path", "A path begins with a slash.")
    if policy.cookie_same_site and policy.cookie_same_site not in SAME_SITES:
        yield Finding("cookie_same_site", f"Say {', '.join(SAME_SITES)}, or nothing.")
    needs_secure = policy.cookie_same_site == "None" or policy.cookie_partitioned
    if needs_secure and not policy.cookie_secure:
        yield hint("cookie_secure", "Browsers drop the cookie without this: it is for other sites, or partitioned.")


def _of_names(field: str, pairs: tuple[tuple[str, str], ...], *, labels: bool) -> Iterator[Finding]:
    for name, value in pairs:
        if not _KEY.fullmatch(name):
            yield Finding(
                field, f"“{name[:80]}” is no name: at most 63 letters, digits, - _ and ., and a domain before /."
            )
            return
        if labels and not _VALUE.fullmatch(value):
            yield Finding(field, f"“{value[:80]}” is no value of a label: at most 63 letters, digits, - _ and .")
            return


def _is_port(said: str) -> bool:
    if is_number(said):
        return len(said) <= 5 and 1 <= int(said) <= 65535
    return len(said) <= 15 and _PORT_NAME.fullmatch(said) is not None

"""Rules of the headers that Istio changes, and of the sites whose pages may ask (kurator.md 6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.domain.policies.findings import Finding, hint, is_duration
from rollouts.domain.policies.request_lines import ORIGIN
from rollouts.domain.policies.strategies import Provider

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
_NAME = re.compile(r":?[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SITE = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s]+")
ANY = "*"


def of_requests(policy: RolloutPolicy) -> Iterator[Finding]:
    if policy.provider == Provider.ISTIO:
        yield from _of_headers(policy)
        yield from _of_sites(policy)


def _of_headers(policy: RolloutPolicy) -> Iterator[Finding]:
    for side in ("request", "response"):
        removed = getattr(policy, f"{side}_remove")
        for what in ("set", "add"):
            said = [name for name, _ in getattr(policy, f"{side}_{what}")]
            yield from _of_names(f"{side}_{what}", said)
            if both := {name.lower() for name in said} & {name.lower() for name in removed}:
                yield hint(f"{side}_{what}", f"“{min(both)}” is also taken away below. Say one of the two.")
        yield from _of_names(f"{side}_remove", removed)


def _of_sites(policy: RolloutPolicy) -> Iterator[Finding]:
    exact = [one["exact"] for one in policy.origins if isinstance(one.get("exact"), str)]
    for field, sites in (("origins", exact), ("exact_origins", policy.exact_origins)):
        for site in sites:
            if site != ANY and not _SITE.fullmatch(site):
                form = f"write it with its scheme and without a path, as in “{ORIGIN}”, or *"
                yield Finding(field, f"“{site}” is no site: {form}.")
                break
    for method in policy.cors_methods:
        if method not in (*METHODS, ANY):
            yield Finding("cors_methods", f"“{method}” is no method. Say some of {', '.join(METHODS)}, or *.")
            break
    for field in ("cors_headers", "cors_exposed"):
        yield from _of_names(field, getattr(policy, field))
    if policy.cors_age and not is_duration(policy.cors_age):
        yield Finding("cors_age", f"“{policy.cors_age}” is no duration. Write it as 24h, 10m or 1h30m.")
    others = (policy.cors_methods, policy.cors_headers, policy.cors_exposed, policy.cors_age, policy.cors_credentials)
    if any(others) and not (policy.origins or policy.exact_origins):
        yield hint("origins", "Without one no page of another site may ask, and what stands below does nothing.")
    if policy.cors_credentials and ANY in (*exact, *policy.exact_origins):
        yield hint("cors_credentials", "With * any site may then ask in the name of whoever is signed in here.")


def _of_names(field: str, names: tuple[str, ...] | list[str]) -> Iterator[Finding]:
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        yield Finding(field, f"“{wrong}” is no name of a header: letters, digits and hyphens, without spaces.")

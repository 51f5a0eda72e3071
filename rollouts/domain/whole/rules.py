"""Rules of a new Application, each with its sentence: what the hub would refuse, what Kurator and Flux would try again
and again without a word (kurator.md 2, 6.1, 14), and what may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from rollouts.domain.kurator import entry_of
from rollouts.domain.policies.findings import Finding, hint, is_duration, is_host, is_label, is_name
from rollouts.domain.redaction import hide_in_text
from rollouts.domain.whole.making import ON, ONLY_OF, By, NewApplication, RefKind, Source

LONGEST_LABEL, LONGEST_RELEASE = 63, 53
SCHEMES = {Source.GIT: ("https", "http", "ssh"), Source.HELM: ("https", "http", "oci"), Source.OCI: ("oci",)}
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REF = re.compile(r"(?![-/.])(?!.*(\.\.|//|@\{|\.lock$|/$|\.$))[\w./+@-]{1,200}", re.ASCII)
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_CHART = re.compile(r"[A-Za-z0-9][\w.-]{0,127}", re.ASCII)
_VERSION = re.compile(r"[\w.*+~^<>=|, -]{1,100}", re.ASCII)
_PATH = re.compile(r"[\w./@+-]{1,500}", re.ASCII)
_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
ZERO = re.compile(r"(?:0+(?:\.0+)?(?:ms|s|m|h))+")
KNOWN: dict[str, frozenset[str]] = {"source": frozenset(Source), "by": frozenset(By)}
NONE_SELECTED = "No cluster of this Fleet that is known here has these labels."
NO_DURATION = "Say a time as in 30s, 5m or 1h30m."


def findings(application: NewApplication, clusters: Sequence[tuple[str, str]]) -> tuple[Finding, ...]:
    """`clusters`: kind and name, on the hub, of those that the Fleet and the labels select."""
    return (
        *_of_places(application, clusters),
        *_of_source(application),
        *_of_policy(application),
        *_without_effect(application),
    )


def _of_places(application: NewApplication, clusters: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    if not application.fleet:
        yield Finding("fleet", "Choose the Fleet whose clusters get it.")
    if not is_name(application.name):
        yield Finding("name", "Say its name, in lower-case letters, digits and hyphens.")
    elif len(application.name) > LONGEST_LABEL:
        yield Finding("name", f"At most {LONGEST_LABEL} characters: Kurator puts it into a label.")
    if wrong := _not_labels(application.selector):
        yield Finding("selector", wrong)
    elif application.fleet and not clusters:
        yield Finding("selector", NONE_SELECTED)
    if application.policy and not is_name(application.policy):
        yield Finding("policy", "Say a name in lower-case letters, digits and hyphens, or nothing.")
    elif (application.policy or is_label(application.name)) and _share_names(application.policy_name, clusters):
        yield Finding(
            "policy",
            f"It is too long: Kurator cuts what it makes of policy and cluster at {LONGEST_LABEL} characters, and"
            " several clusters would share one.",
        )


def _share_names(policy: str, clusters: Sequence[tuple[str, str]]) -> bool:
    return len({entry_of(policy, *one) for one in clusters}) < len(clusters)


def _not_labels(lines: str) -> str:
    known: set[str] = set()
    for line in filter(None, map(str.strip, lines.splitlines())):
        key, equals, value = (part.strip() for part in line.partition("="))
        prefix, _, name = key.rpartition("/")
        if not equals or not name or not _VALUE.fullmatch(name) or (prefix and not is_name(prefix)):
            return f"“{line[:80]}” is no label. Write one in each line, as in tier=edge."
        if not _VALUE.fullmatch(value):
            return f"“{value[:80]}” is no value of a label: letters, digits, hyphens and dots, at most 63."
        if key in known:
            return f"{key} is there twice, and no cluster has both."
        known.add(key)
    return ""


def _of_source(application: NewApplication) -> Iterator[Finding]:
    if application.source not in set(Source):
        yield Finding("source", "Choose exactly one: a Git repository, a Helm repository or an OCI repository.")
        return
    source = Source(application.source)
    if wrong := _not_address(application.url, source):
        yield Finding("url", wrong)
    if wrong := _not_time(application.source_interval):
        yield Finding("source_interval", wrong)
    elif ZERO.fullmatch(application.source_interval):
        yield Finding("source_interval", "With 0 Flux would never look again for what has changed in the source.")
    if application.source_secret and not is_name(application.source_secret):
        yield Finding(
            "source_secret",
            "Say the name of a Secret in the namespace of the Application, not what is in it: lower-case letters,"
            " digits and hyphens.",
        )
    elif not application.source_secret and application.url.startswith("ssh://"):
        yield Finding("source_secret", "By ssh Flux comes in with a key only: say the name of the Secret that has it.")
    yield from _of_ref(application, source)


def _not_address(url: str, source: Source) -> str:
    schemes = SCHEMES[source]
    wanted = f"Begin it with {' or '.join(f'{one}://' for one in schemes)}"
    if not url:
        return f"Say the address of the repository. {wanted}."
    if any(not one.isprintable() or one.isspace() for one in url):
        return "There is a space in it, or something that cannot be seen."
    if source is Source.GIT and "://" not in url and ":" in url:
        return f"Flux does not take this short form. {wanted}, as in ssh://git@host/path."
    try:
        parts = urlsplit(url)
        host, user, password = parts.hostname or "", parts.username, parts.password
        _ = parts.port
    except ValueError:
        return f"It is no address. {wanted}."
    if parts.scheme not in schemes:
        return f"{wanted}: “{url[:80]}” is no address of this kind of source." if user is None else f"{wanted}."
    if password or (user and parts.scheme != "ssh") or (hide_in_text(url) != url and parts.scheme != "ssh"):
        return "Leave the login out: whoever may see the Application would read it. Name a Secret below instead."
    if not is_host(host.lower()) and not re.fullmatch(r"[0-9a-f:.]+", host):
        return f"It has no host name. {wanted}, then the host."
    return ""


def _of_ref(application: NewApplication, source: Source) -> Iterator[Finding]:
    kind, ref = application.ref_kind, application.ref
    if source is Source.OCI and ref and not _TAG.fullmatch(ref):
        yield Finding("ref", "Say a tag of the artifact: letters, digits, dots and hyphens.")
    elif source is Source.OCI and not ref:
        yield hint("ref", "Without a tag Flux takes the one that is called latest.")
    if source is not Source.GIT:
        return
    if kind not in set(RefKind):
        yield Finding("ref_kind", "Choose exactly one: branch, tag or commit.")
    elif not ref:
        yield Finding("ref", f"Say the {kind}: without it Flux looks for a branch called master.")
    elif kind == RefKind.COMMIT and not _COMMIT.fullmatch(ref):
        yield Finding("ref", "Say the whole commit, all 40 characters of it.")
    elif kind != RefKind.COMMIT and not _REF.fullmatch(ref):
        yield Finding("ref", f"“{ref[:80]}” is no name of a {kind}.")


def _of_policy(application: NewApplication) -> Iterator[Finding]:
    if application.by not in set(By):
        yield Finding("by", "Choose exactly one: a kustomization or a Helm chart.")
        return
    if application.by == By.KUSTOMIZATION and application.source == Source.HELM:
        yield Finding("by", "A Helm repository has charts only: choose the Helm chart, or another source.")
    if application.by == By.HELM and application.source == Source.OCI:
        yield Finding(
            "by", "This Flux takes no chart from an OCI repository: choose a Helm repository whose address is oci://…"
        )
    if wrong := _not_time(application.interval):
        yield Finding("interval", wrong)
    elif application.by == By.HELM and ZERO.fullmatch(application.interval):
        yield Finding("interval", "A Helm release needs a time above 0.")
    if application.timeout and (wrong := _not_time(application.timeout)):
        yield Finding("timeout", wrong)
    elif application.timeout and ZERO.fullmatch(application.timeout):
        yield Finding("timeout", "With 0 nothing would ever be done in time.")
    if application.target_namespace and not is_label(application.target_namespace):
        yield Finding("target_namespace", "Say a namespace: lower-case letters, digits and hyphens, at most 63.")
    yield from _of_chart(application) if application.by == By.HELM else _of_path(application)


def _of_path(application: NewApplication) -> Iterator[Finding]:
    if application.prune not in ("", ON):
        yield Finding("prune", f"“{application.prune[:40]}” says neither yes nor no: write “on”, or nothing.")
    path = application.path
    if path and not _PATH.fullmatch(path):
        yield Finding("path", "Say a folder of the source, as in ./deploy/production.")
    elif ".." in path.split("/"):
        yield Finding("path", "It leads out of the source: leave “..” out.")
    if application.prune != ON:
        yield hint("prune", "What is taken out of the source stays in the clusters, and nobody keeps it.")
    if application.interval and not ZERO.fullmatch(application.interval) and is_duration(application.interval):
        yield hint(
            "interval",
            "Flux applies everything again each time, the number of replicas too. With blue/green that would bring"
            " green up between releases: 0s applies when the source changes.",
        )


def _of_chart(application: NewApplication) -> Iterator[Finding]:
    chart = application.chart
    if not chart:
        yield Finding("chart", "Say the name of the chart; in a Git repository its folder.")
    elif application.source == Source.GIT and (not _PATH.fullmatch(chart) or ".." in chart.split("/")):
        yield Finding("chart", "Say the folder of the chart in the repository, as in ./charts/shop.")
    elif application.source == Source.HELM and not _CHART.fullmatch(chart):
        yield Finding("chart", "Say the name of a chart of the repository: letters, digits, dots and hyphens.")
    if application.version and not _VERSION.fullmatch(application.version):
        yield Finding("version", "Say a version or a range of them, as in 1.4.2 or 1.x.")
    elif not application.version and application.source == Source.HELM:
        yield hint("version", "Without it Flux takes the newest, and each newer one as it comes.")
    release = application.release_name
    if release and (not is_name(release) or len(release) > LONGEST_RELEASE):
        yield Finding("release_name", f"Say lower-case letters, digits and hyphens, at most {LONGEST_RELEASE}.")


def _without_effect(application: NewApplication) -> Iterator[Finding]:
    """What was filled in for another choice would be dropped without a word."""
    for choice, of_fields in ONLY_OF.items():
        known = getattr(application, choice) in KNOWN[choice]
        for name, values in of_fields.items() if known else ():
            said = getattr(application, name)
            if said and getattr(application, choice) not in values and (name, said) != ("path", "./"):
                word = "kind of source" if choice == "source" else "kind of policy"
                yield Finding(name, f"It says nothing with this {word}: leave it empty.")


def _not_time(said: str) -> str:
    return "" if is_duration(said) else f"“{said[:40]}” is no time. {NO_DURATION}" if said else NO_DURATION

"""The form of a new Application in words: its fields in groups, each with what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rollouts.domain.policies.findings import Finding
from rollouts.domain.whole.making import By, NewApplication, RefKind, Source, shown
from rollouts.queries.whole import FleetChoice

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SaidLine:
    text: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class FieldWords:
    name: str
    label: str
    value: str
    kind: str = "text"
    """Also `choice`, `flag` and `area`."""
    options: Options = ()
    help: str = ""
    said: tuple[SaidLine, ...] = ()
    wide: bool = False

    @property
    def wrong(self) -> bool:
        return any(one.wrong for one in self.said)


@dataclass(frozen=True, slots=True)
class GroupWords:
    title: str
    fields: tuple[FieldWords, ...]
    help: str = ""


SOURCES: Options = (
    (Source.GIT, "Git repository"), (Source.HELM, "Helm repository"), (Source.OCI, "OCI repository")
)  # fmt: skip
REFS: Options = ((RefKind.BRANCH, "branch"), (RefKind.TAG, "tag"), (RefKind.COMMIT, "commit"))
KINDS: Options = ((By.KUSTOMIZATION, "Kustomization, or plain manifests"), (By.HELM, "Helm chart"))
LABELS: Mapping[str, tuple[str, str]] = {
    "fleet": ("Fleet", "The Application comes into the namespace of its Fleet, on the same hub."),
    "selector": (
        "Only clusters with these labels",
        "One in each line, as in tier=edge. Empty: all of the Fleet.",
    ),
    "name": ("Name", ""),
    "source": ("Kind", ""),
    "url": ("Address", "As in https://git.example.com/shop/deploy.git. No login in it."),
    "source_interval": ("Look for changes every", "As in 3m0s."),
    "ref_kind": ("Of a Git repository", ""),
    "ref": ("Branch, tag or commit", "Of an OCI repository the tag; of a Helm repository nothing."),
    "source_secret": (
        "Secret with the login",
        "Its name only, where one is needed: a Secret of the same namespace.",
    ),
    "policy": ("Name of the policy", "Empty: the name of the Application with -0."),
    "by": ("Brings", ""),
    "interval": ("Apply again every", "0s: when the source changes, which fits blue/green. A chart needs more than 0."),
    "timeout": ("Give up after", "As in 2m0s."),
    "target_namespace": (
        "Namespace in the clusters",
        "Empty: as the manifests say; of a chart, the Application's.",
    ),
    "path": ("Folder in the source", "As in ./deploy/production."),
    "prune": ("Delete what is taken out of the source", ""),
    "chart": ("Chart", "Its name; in a Git repository its folder."),
    "version": ("Version", "As in 1.4.2 or 1.x."),
    "release_name": ("Name of the release", "Empty: Flux makes one."),
}
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Where it goes", "", ("fleet", "name", "selector")),
    ("Source", "", ("source", "url", "ref_kind", "ref", "source_interval", "source_secret")),
    ("Policy", "", ("by", "policy", "interval", "timeout", "target_namespace")),
    ("Of a Kustomization", "Only where the policy brings one.", ("path", "prune")),
    ("Of a Helm chart", "Only where the policy brings one.", ("chart", "version", "release_name")),
)
FIXED: Mapping[str, Options] = {"source": SOURCES, "ref_kind": REFS, "by": KINDS}
WIDE = ("fleet", "url", "selector")
WAYS = {"prune": "flag", "selector": "area"}


def groups(
    application: NewApplication, fleets: Sequence[FleetChoice], findings: Iterable[Finding]
) -> list[GroupWords]:  # fmt: skip
    texts, said = shown(application), list(findings)
    options = {**FIXED, "fleet": (("", "Choose …"), *((one.value, _fleet(one)) for one in fleets))}

    def words(name: str) -> FieldWords:
        label, help = LABELS[name]
        lines = tuple(SaidLine(one.said, one.wrong) for one in said if one.field == name)
        kind = WAYS.get(name, "choice" if name in options else "text")
        return FieldWords(name, label, texts[name], kind, options.get(name, ()), help, lines, name in WIDE)

    return [GroupWords(title, tuple(map(words, names)), help) for title, help, names in GROUPS]


def _fleet(one: FleetChoice) -> str:
    clusters = f"{one.clusters} cluster{'' if one.clusters == 1 else 's'}"
    return f"{one.name} in namespace {one.namespace} of {one.hub.name}, {clusters}"

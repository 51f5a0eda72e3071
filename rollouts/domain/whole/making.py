"""A new Application as a person enters it: its source, a Fleet, and one policy without a rollout; and the object that
Kurator gets of it (kurator.md 6.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.observations import Kind

ACT = "create-application"
ASKED_FOR = "kurator-ui/asked-for"
"""The annotation by which it is known again, whatever the hub makes of its fields: a worker may be killed before it has
noted that the hub took it.
"""
ON = "on"
LONGEST = 2000
"""Characters of one field."""


class Source(StrEnum):
    GIT = "git"
    HELM = "helm"
    OCI = "oci"


class RefKind(StrEnum):
    BRANCH = "branch"
    TAG = "tag"
    COMMIT = "commit"


class By(StrEnum):
    """What the policy brings into its clusters."""

    KUSTOMIZATION = "kustomization"
    HELM = "helm"


@dataclass(frozen=True, slots=True)
class NewApplication:
    """All as text, stripped; the names of the fields are those of the form. `fleet` is `hub/namespace/name`."""

    fleet: str = ""
    selector: str = ""
    """Lines `label=value`."""
    name: str = ""
    source: str = Source.GIT
    url: str = ""
    source_interval: str = "3m0s"
    ref_kind: str = RefKind.BRANCH
    ref: str = ""
    source_secret: str = ""
    """The name of a Secret beside the Application; never what is in it."""
    policy: str = ""
    by: str = By.KUSTOMIZATION
    interval: str = "0s"
    timeout: str = "2m0s"
    target_namespace: str = ""
    path: str = "./"
    prune: str = ON
    chart: str = ""
    version: str = ""
    release_name: str = ""

    @property
    def fleet_name(self) -> str:
        return self.fleet.rpartition("/")[2]

    @property
    def namespace(self) -> str:
        """That of the Fleet: Kurator looks for the Fleet in the Application's own (kurator.md 2)."""
        return self.fleet.partition("/")[2].rpartition("/")[0]

    @property
    def hub(self) -> str:
        return self.fleet.partition("/")[0]

    @property
    def policy_name(self) -> str:
        """As Kurator calls one without a name."""
        return self.policy or f"{self.name}-0"

    def labels(self) -> dict[str, str]:
        """Of `selector`; a line without `=` has no value."""
        pairs = (line.partition("=") for line in self.selector.splitlines() if line.strip())
        return {key.strip(): value.strip() for key, _, value in pairs}


NAMES = tuple(one.name for one in fields(NewApplication))
ONLY_OF: Mapping[str, Mapping[str, frozenset[str]]] = {
    "source": {
        "ref": frozenset({Source.GIT.value, Source.OCI.value}),
    },
    "by": {
        "path": frozenset({By.KUSTOMIZATION.value}),
        "chart": frozenset({By.HELM.value}),
        "version": frozenset({By.HELM.value}),
        "release_name": frozenset({By.HELM.value}),
    },
}
"""Fields that say something for one choice only."""


def entered(texts: Mapping[str, str]) -> NewApplication:
    """A field of which there is no text is empty, also where the form has one at first."""
    return NewApplication(**{name: texts.get(name, "").replace("\r\n", "\n").strip()[:LONGEST] for name in NAMES})


def shown(application: NewApplication) -> dict[str, str]:
    return {name: str(getattr(application, name)) for name in NAMES}


def manifest(application: NewApplication, mark: str) -> dict[str, Any]:
    """Only what says something: fields that were left empty are not in it. `mark` is of this one creation alone."""
    destination: dict[str, Any] = {"fleet": application.fleet_name}
    if labels := application.labels():
        destination["clusterSelector"] = {"matchLabels": labels}
    policy = {"name": application.policy_name, "destination": destination, application.by: _of_policy(application)}
    return {
        "apiVersion": "apps.kurator.dev/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": application.name,
            "namespace": application.namespace,
            "annotations": {ASKED_FOR: mark},
        },
        "spec": {"source": _source(application), "syncPolicies": [policy]},
    }


def creation(manifest: Mapping[str, Any]) -> Patch:
    meta = manifest["metadata"]
    return Patch(Kind.APPLICATION, meta["namespace"], meta["name"], Form.NEW, manifest, "the Application")


def is_same(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether what is found was made of this very manifest."""
    return mark_of(wanted) != "" and mark_of(wanted) == mark_of(found)


def mark_of(manifest: Mapping[str, Any]) -> str:
    return str(((manifest.get("metadata") or {}).get("annotations") or {}).get(ASKED_FOR, ""))


def _source(application: NewApplication) -> dict[str, Any]:
    made: dict[str, Any] = {"url": application.url, "interval": application.source_interval}
    if application.source_secret:
        made["secretRef"] = {"name": application.source_secret}
    match application.source:
        case Source.HELM:
            made |= {"type": "oci"} if application.url.startswith("oci://") else {}
            return {"helmRepository": made}
        case Source.OCI:
            made |= {"ref": {"tag": application.ref}} if application.ref else {}
            return {"ociRepository": made}
        case _:
            return {"gitRepository": {**made, "ref": {application.ref_kind: application.ref}}}


def _of_policy(application: NewApplication) -> dict[str, Any]:
    made: dict[str, Any] = {"interval": application.interval}
    made |= _given(timeout=application.timeout, targetNamespace=application.target_namespace)
    if application.by == By.HELM:
        chart = {"chart": application.chart, **_given(version=application.version)}
        return {"chart": {"spec": chart}, **made, **_given(releaseName=application.release_name)}
    return {**made, "path": application.path or "./", "prune": application.prune == ON}


def _given(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}

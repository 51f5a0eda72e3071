"""Who keeps a Canary, and so would undo what is changed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from rollouts.domain.observations import Canary

FLUX = ("kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io")
RECONCILE, DISABLED = "kustomize.toolkit.fluxcd.io/reconcile", "disabled"
"""The annotation by which Flux leaves an object alone."""
ARGO_LABELS = ("argocd.argoproj.io/instance", "argocd.argoproj.io/tracking-id")
ARGO_MANAGER = "argocd-controller"


class OwnerKind(StrEnum):
    KURATOR = "kurator"
    FLUX = "flux"
    ARGO_CD = "argo-cd"
    HELM = "helm"
    NOBODY = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """`name` is what the owner calls it: the policy, `namespace/name` of a Flux object, the Argo application, the Helm
    release.
    """

    kind: OwnerKind
    name: str = ""


NOBODY = Owner(OwnerKind.NOBODY)


def owner_of(canary: Canary) -> Owner:
    """The first that applies: Kurator writes through Flux, and Flux and Argo CD install Helm charts."""
    if canary.policy:
        return Owner(OwnerKind.KURATOR, canary.policy)
    return keeper_of(canary.labels, canary.managers, canary.helm_release)


def keeper_of(labels: Mapping[str, str], managers: Iterable[str], helm_release: str = "") -> Owner:
    """Of any object, which Kurator did not make."""
    for prefix in FLUX:
        name = labels.get(f"{prefix}/name")
        if name:
            namespace = labels.get(f"{prefix}/namespace", "")
            return Owner(OwnerKind.FLUX, f"{namespace}/{name}" if namespace else name)
    tracked = next((labels[label] for label in ARGO_LABELS if labels.get(label)), "")
    if tracked or ARGO_MANAGER in managers:
        # A tracking id is `application:group/kind:namespace/name`; Argo's other label names only the application.
        return Owner(OwnerKind.ARGO_CD, tracked.partition(":")[0] or labels.get("app.kubernetes.io/instance", ""))
    if helm_release or labels.get("app.kubernetes.io/managed-by") == "Helm":
        return Owner(OwnerKind.HELM, helm_release or labels.get("app.kubernetes.io/instance", ""))
    return NOBODY


def let_go(canary: Canary) -> Canary:
    """As one whose policy makes it no more: without that mark, which stays on it for ever (proven K5)."""
    return replace(canary, policy="")


def said_of_left(policy: str) -> str:
    """To who changes the spec of what this policy has made."""
    return (
        f"Policy {policy} of Kurator has made it, and no Application that is known here has that policy for it any"
        " more. Should one that is not known here still have it, Kurator writes it anew within 30 s."
    )


def is_kustomized(labels: Mapping[str, str]) -> bool:
    """Whether a Kustomization of Flux applies the object."""
    return bool(labels.get(f"{FLUX[0]}/name"))


def undone_by(owner: Owner) -> tuple[str, ...]:
    """Who may undo a change, as a sentence; empty for who notices none."""
    named = {OwnerKind.FLUX: "Flux", OwnerKind.ARGO_CD: "Argo CD", OwnerKind.HELM: "the next Helm upgrade"}
    who = named.get(owner.kind)
    if who is None:
        return ()
    return (f"{who} ({owner.name}), when what it keeps says otherwise." if owner.name else f"{who}.",)

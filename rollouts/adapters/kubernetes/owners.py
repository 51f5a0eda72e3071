"""Who keeps an object, as labels and managers tell, and who owns a single field of it, as its `managedFields` do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct, ValidationError, field
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.shapes import TEXT_LIMIT, Manager, Meta, instant, text
from rollouts.domain.ownership import Owner, keeper_of

OWNER_LABELS = ("kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/", "argocd.argoproj.io/")
OWNER_LABEL_NAMES = {"app.kubernetes.io/managed-by", "app.kubernetes.io/instance"}
ARGO_TRACKING = "argocd.argoproj.io/tracking-id"
_FIELDS = Decoder(dict[str, dict[str, Any]])


class KeeperAnnotations(Struct):
    helm_release: str | None = field(name="meta.helm.sh/release-name", default=None)
    argo: str | None = field(name=ARGO_TRACKING, default=None)


class KeptMeta(Meta):
    """Of an object of which is asked who keeps it."""

    annotations: KeeperAnnotations | None = None


def keeper(meta: KeptMeta) -> Owner:
    annotations = meta.annotations or KeeperAnnotations()
    return keeper_of(owner_labels(meta, annotations.argo), managers_of(meta), text(annotations.helm_release))


def owner_of(managers: Iterable[Manager], part: str, name: str) -> tuple[str, datetime | None]:
    """The manager that owns `part.name`, the latest of several, and when it last wrote any field of its own."""
    owners = [
        (text(one.manager), instant(one.time))
        for one in managers
        if one.manager and _owns(one, f"f:{part}", f"f:{name}")
    ]
    known = [owner for owner in owners if owner[1] is not None]
    return max(known, key=lambda owner: str(owner[1])) if known else owners[0] if owners else ("", None)


def _owns(manager: Manager, part: str, field: str) -> bool:
    try:
        return field in _FIELDS.decode(manager.fields).get(part, {})
    except ValidationError:  # not the shape we know: nobody can be named
        return False


def owner_labels(meta: Meta, argo: str | None) -> dict[str, str]:
    """The labels that tell who owns the object, and Argo CD's tracking annotation, which says the same."""
    kept = {
        text(name): text(value)
        for name, value in (meta.labels or {}).items()
        if name in OWNER_LABEL_NAMES or name.startswith(OWNER_LABELS)
    }
    return {**kept, ARGO_TRACKING: text(argo, TEXT_LIMIT)} if argo else kept


def managers_of(meta: Meta) -> tuple[str, ...]:
    return tuple(filter(None, dict.fromkeys(text(entry.manager) for entry in meta.managed_fields or ())))

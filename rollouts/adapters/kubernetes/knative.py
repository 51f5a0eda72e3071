"""A Knative Service, as far as its revisions are the sides of a rollout: Flagger keeps blue's name in an annotation."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.shapes import text
from rollouts.domain.metrics import Revisions


class Annotations(Struct):
    primary: str | None = field(name="flagger.app/primary-revision", default=None)


class ServiceMeta(Struct):
    annotations: Annotations | None = None


class Status(Struct, rename="camel"):
    latest_created_revision_name: str | None = None


class ServiceObject(Struct):
    metadata: ServiceMeta
    status: Status | None = None


KNATIVE_SERVICE = Decoder(ServiceObject, strict=False)


def revisions(found: ServiceObject) -> Revisions:
    status, annotations = found.status or Status(), found.metadata.annotations or Annotations()
    return Revisions(text(status.latest_created_revision_name), text(annotations.primary))

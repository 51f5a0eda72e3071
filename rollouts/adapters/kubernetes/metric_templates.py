"""A MetricTemplate, as far as its values can be read from here."""

from __future__ import annotations

from msgspec import Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.canaries import QUERY_LIMIT, URL_LIMIT
from rollouts.adapters.kubernetes.shapes import Meta, Reference, text
from rollouts.domain.metrics import MetricTemplate


class Provider(Struct, rename="camel"):
    type: str | None = None
    address: str | None = None
    headers: dict[str, list[str] | None] | None = None
    secret_ref: Reference | None = None
    insecure_skip_verify: bool | None = None


class Spec(Struct):
    provider: Provider | None = None
    query: str | None = None


class TemplateObject(Struct):
    metadata: Meta
    spec: Spec | None = None


METRIC_TEMPLATE = Decoder(TemplateObject, strict=False)


def metric_template(found: TemplateObject) -> MetricTemplate:
    spec = found.spec or Spec()
    provider = spec.provider or Provider()
    return MetricTemplate(
        namespace=text(found.metadata.namespace),
        name=text(found.metadata.name),
        provider=text(provider.type),
        address=text(provider.address, URL_LIMIT),
        query=text(spec.query, QUERY_LIMIT),
        secret=text(provider.secret_ref.name if provider.secret_ref else None),
        insecure=bool(provider.insecure_skip_verify),
        headers=tuple((name, value) for name, values in (provider.headers or {}).items() for value in values or ()),
    )

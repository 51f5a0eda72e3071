"""Ingresses of a cluster, as far as somebody chooses among them by which users come to a workload."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.shapes import ListMeta, Meta, Reference, text
from rollouts.domain.policies.offering import FoundIngress

MOST_SERVICES = 100


class Backend(Struct):
    service: Reference | None = None


class Path(Struct):
    backend: Backend | None = None


class Http(Struct):
    paths: list[Path] | None = None


class Rule(Struct):
    http: Http | None = None


class IngressSpec(Struct, rename="camel"):
    default_backend: Backend | None = None
    rules: list[Rule] | None = None


class IngressObject(Struct):
    metadata: Meta
    spec: IngressSpec | None = None


class IngressList(Struct):
    metadata: ListMeta
    items: list[IngressObject] | None = None


INGRESSES = Decoder(IngressList, strict=False)


def ingress(found: IngressObject) -> FoundIngress | None:
    """None for what Flagger has made for green."""
    meta = found.metadata
    if any(one.kind == "Canary" for one in meta.owner_references or ()):
        return None
    services = dict.fromkeys(name for one in _backends(found.spec or IngressSpec()) if (name := _service(one)))
    return FoundIngress(text(meta.namespace), text(meta.name), tuple(services)[:MOST_SERVICES])


def _backends(spec: IngressSpec) -> Iterator[Backend | None]:
    yield spec.default_backend
    for rule in spec.rules or ():
        yield from (path.backend for path in (rule.http or Http()).paths or ())


def _service(backend: Backend | None) -> str:
    return text(backend.service.name) if backend is not None and backend.service is not None else ""

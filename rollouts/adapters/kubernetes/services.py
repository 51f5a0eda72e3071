"""Services of a cluster: which pods they lead to, and what they say when asked through its API server's proxy."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.errors import from_the_api_server
from rollouts.adapters.kubernetes.shapes import Owner, text
from rollouts.adapters.kubernetes.transport import Transport, decoded
from rollouts.domain.addresses import Service
from rollouts.domain.metrics import Headers, Reply


class Spec(Struct):
    selector: dict[str, str] | None = None


class Owned(Struct, rename="camel"):
    owner_references: list[Owner] | None = None


class ServiceObject(Struct):
    spec: Spec
    metadata: Owned | None = None


SERVICE = Decoder(ServiceObject, strict=False)


def selector(http: Transport, namespace: str, name: str) -> dict[str, str]:
    return {text(key): text(value) for key, value in (_get(http, namespace, name).spec.selector or {}).items()}


def made_for(http: Transport, namespace: str, name: str) -> str:
    meta = _get(http, namespace, name).metadata or Owned()
    return next((text(one.name) for one in meta.owner_references or () if one.kind == "Canary"), "")


def _get(http: Transport, namespace: str, name: str) -> ServiceObject:
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/services/{quote(name, safe='')}"
    what = f"get Service {namespace}/{name}"
    found: ServiceObject = decoded(SERVICE, http.get(path, what=what), http.asked(what))
    return found


def ask(
    http: Transport, service: Service, path: str, query: Mapping[str, str] | None = None, headers: Headers = (),
    *, body: Mapping[str, str] | None = None,
) -> Reply:  # fmt: skip
    """A Status is the API server's own word and becomes an error; anything else is what the Service answered. With a
    body it is a POST.
    """
    reference = ":".join(quote(part, safe="") for part in (service.scheme, service.name, service.port))
    where = f"/api/v1/namespaces/{quote(service.namespace, safe='')}/services/{reference}/proxy"
    what = f"pass a question on to Service {service.namespace}/{service.name}"
    sent = None if body is None else dict(body)
    reply = http.relayed(f"{where}{quote(path)}", query or {}, headers, body=sent, what=what)
    refusal = from_the_api_server(http.asked(what), reply.status, reply.body)
    if refusal is not None:
        raise refusal
    return reply

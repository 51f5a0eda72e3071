"""Services of a cluster, asked through its API server's proxy."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from rollouts.adapters.kubernetes.errors import from_the_api_server
from rollouts.adapters.kubernetes.transport import Transport
from rollouts.domain.addresses import Service
from rollouts.domain.metrics import Headers, Reply


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

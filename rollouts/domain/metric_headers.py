"""The headers that a MetricTemplate sends along with its query: words of a tenant's, of which some are not passed on.

Directly they go to the template's own address, as Flagger sends them. Through an API server they must not mean anything
to it: it takes some as who is asking, and what stands in front of it may take others.
"""

from __future__ import annotations

import re

from rollouts.domain.metrics import Headers, MetricTemplate, Way

OURS = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
"""About the connection, or the form of question and answer: they choose no other values, so they are left out."""
OF_THE_CONNECTION = "proxy-"
OF_THE_API_SERVER = (
    *("authorization", "cookie", "forwarded", "impersonate-", "x-forwarded-", "x-remote-", "sec-", "audit-id"),
    *("x-http-method", "x-original-", "x-rewrite-", "traceparent", "tracestate"),
)
"""What their names begin with."""
MOST, LONGEST = 32, 4096
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_VALUE = re.compile(r"[\x20-\x7e\t]*")


class Unsendable(Exception):
    """A sentence: why a template's headers are not sent. It never quotes one."""


def sendable(template: MetricTemplate, way: Way, *, trusted: bool) -> Headers:
    """Those that are sent, in the template's order. Raises Unsendable where the answer could be another one without
    those that are not.
    """
    headers = tuple((name, value) for name, value in template.headers if not _is_ours(name, template))
    if not headers:
        return ()
    if trusted:
        raise Unsendable(
            "The MetricTemplate sends headers of its own, which are not sent to an address that an administrator gave;"
            " without them the answer could be another one."
        )
    if len(headers) > MOST or not all(_is_whole(name, value) for name, value in headers):
        raise Unsendable(
            "The MetricTemplate sends headers that cannot be sent from here: there are too many, or one is too long or"
            " has signs that no header has."
        )
    if way is Way.PROXY and any(_plain(name).startswith(OF_THE_API_SERVER) for name, _ in headers):
        raise Unsendable(
            "The MetricTemplate sends a header that the API server in between would take as meant for itself, or passes"
            " on to nobody. An administrator can allow the address for this cluster, where it can be reached directly."
        )
    return headers


def _is_ours(name: str, template: MetricTemplate) -> bool:
    plain = _plain(name)
    return plain in OURS or plain.startswith(OF_THE_CONNECTION) or (plain == "authorization" and bool(template.secret))


def _is_whole(name: str, value: str) -> bool:
    fits = len(value) <= LONGEST and value == value.strip()
    return fits and _NAME.fullmatch(name) is not None and _VALUE.fullmatch(value) is not None


def _plain(name: str) -> str:
    """As servers may read it: some make no difference between the two dashes."""
    return name.lower().replace("_", "-").strip()

"""What Prometheus answers, reduced to series of numbers."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from rollouts.domain.errors import MetricsDenied, MetricsError, MetricsUnfinished, MetricsUnreachable, QueryRefused
from rollouts.domain.metrics import Answer, Reply, Series

LONGEST_WORDS = 300
MOST_WARNINGS = 5
CLOCKS_APART = 5.0
"""Seconds; less may be the way between the two clocks, and a Date header has whole seconds only."""


class Data(Struct, rename="camel"):
    result_type: str
    result: msgspec.Raw


class Body(Struct, rename="camel"):
    status: str
    data: Data | None = None
    error: str | None = None
    error_type: str | None = None
    warnings: list[str] | None = None


class One(Struct):
    """Of a vector. One with a histogram instead of a value has no number."""

    metric: dict[str, str]
    value: tuple[float, str] | None = None


class Many(Struct):
    """Of a matrix."""

    metric: dict[str, str]
    values: list[tuple[float, str]] | None = None


_body = Decoder(Body)
_status = Decoder(Body, strict=False)
_vector = Decoder(list[One])
_matrix = Decoder(list[Many])
_scalar = Decoder(tuple[float, str])


def answer(asked: str, reply: Reply, *, of_range: bool) -> Answer:
    """`asked` names the source, for the sentence of an error. Raises MetricsErrors."""
    problem: MetricsError
    if reply.status != 200:
        raise refusal(asked, reply)
    try:
        body = _body.decode(reply.body)
        if body.status == "success" and body.data is not None:
            return Answer(_series(body.data, of_range), _warnings(body.warnings))
        problem = QueryRefused(f"{asked} and does not accept the query{_said(body.error)}")
    except _NotNumbers as error:
        problem = QueryRefused(f"{asked} and {error}")
    except (ValueError, RecursionError):
        problem = MetricsUnreachable(f"{asked} and did not answer like a Prometheus; check the address.")
    raise problem


class _NotNumbers(Exception):
    pass


def _series(data: Data, of_range: bool) -> tuple[Series, ...]:
    match data.result_type, of_range:
        case "vector", False:
            found = [(one.metric, [one.value]) for one in _vector.decode(data.result) if one.value is not None]
        case "scalar", False:
            found = [({}, [_scalar.decode(data.result)])]
        case "matrix", True:
            found = [(one.metric, list(one.values)) for one in _matrix.decode(data.result) if one.values]
        case "matrix", False:
            raise _NotNumbers("gave a range of values where Flagger wants a single one.")
        case kind, _:
            raise _NotNumbers(f"gave a {_clean(kind)[:20]} instead of numbers.")
    return tuple(Series(labels, tuple((at, float(text)) for at, text in samples)) for labels, samples in found)


def refusal(asked: str, reply: Reply) -> MetricsError:
    try:
        body = _status.decode(reply.body)
        said, late = _said(body.error), body.error_type == "timeout"
    except (ValueError, RecursionError):
        said, late = ".", False  # not Prometheus' own words: a proxy's page is for nobody
    code = reply.status
    if code in (400, 422):
        return QueryRefused(f"{asked} and does not accept the query ({code}){said}")
    if code in (401, 403):
        return MetricsDenied(f"{asked} and does not let this program in ({code}){said}")
    if code == 404:
        return MetricsUnreachable(f"{asked} and has nothing there (404); check the address and its path.")
    if 300 <= code < 400:
        return MetricsUnreachable(f"{asked} and redirects elsewhere ({code}); give the address of Prometheus itself.")
    kind = MetricsUnfinished if late else MetricsUnreachable
    return kind(f"{asked} and failed ({code}){said}")


def _warnings(given: list[str] | None) -> tuple[str, ...]:
    return tuple(_clean(one)[:LONGEST_WORDS] for one in (given or ())[:MOST_WARNINGS])


def _said(words: str | None) -> str:
    return f": {_clean(words)[:LONGEST_WORDS]}" if words else "."


def _clean(words: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", words)


def clocks(date: str, now: float) -> str:
    """A sentence when the source's clock is not this machine's: the moments in its answers are then not ours."""
    try:
        ahead = parsedate_to_datetime(date).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return ""
    if abs(ahead) < CLOCKS_APART:
        return ""
    return f"Its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the one here."

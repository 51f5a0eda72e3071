"""Who did what: the audit trail, for those who administer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollouts import access
from rollouts.queries import audit
from rollouts.queries.audit_export import Format, export_lines
from rollouts.web import audit_address, audit_words
from rollouts.web.fragments import private
from rollouts.web.people import person_of

TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.JSON_LINES: "application/jsonl; charset=utf-8"}
LINES_A_PIECE = 200


@require_safe
def audit_page(request: HttpRequest) -> HttpResponse:
    person = _administrator(request)
    chosen = audit_address.parse(request.GET)
    page = audit.page(audit.selected(person, chosen), chosen)
    context = {
        "chosen": chosen,
        "entries": [audit_words.words_of(entry) for entry in page.entries],
        "acts": _offered(audit_words.ACTS, chosen.act),
        "kinds": _offered(audit_words.KINDS, chosen.kind),
        "outcomes": _offered(audit_words.OUTCOMES, chosen.outcome),
        "newest": audit_address.address(chosen) if page.newer else "",
        "newer": audit_address.address(chosen, after=page.newer) if page.newer else "",
        "older": audit_address.address(chosen, before=page.older) if page.older else "",
        "csv": audit_address.address(chosen, "audit-csv"),
        "json_lines": audit_address.address(chosen, "audit-jsonl"),
        "section": "audit",
    }
    return private(render(request, "rollouts/audit.html", context))


def _offered(known: Iterable[str], chosen: str) -> list[str]:
    """What an address asks for stays to be seen."""
    return list(dict.fromkeys([*known, *([chosen] if chosen else [])]))


@require_safe
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    return _export(request, Format.CSV)


@require_safe
def audit_jsonl(request: HttpRequest) -> StreamingHttpResponse:
    return _export(request, Format.JSON_LINES)


def _export(request: HttpRequest, format: Format) -> StreamingHttpResponse:
    entries = audit.selected(_administrator(request), audit_address.parse(request.GET))
    lines = export_lines(audit.in_order(entries), format)
    answer = StreamingHttpResponse(_in_pieces(lines), content_type=TYPES[format])
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-trail.{format}"'
    return private(answer)


def _in_pieces(lines: Iterator[str]) -> Iterator[str]:
    """Some lines at a time: a server passes on each piece by itself."""
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) == LINES_A_PIECE:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece)


def _administrator(request: HttpRequest) -> access.Person:
    person = person_of(request)
    if not access.may_read_trail(person):
        raise PermissionDenied
    return person

"""The audit trail as a page and as files: for those who administer, chosen by its address, the newest first."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.domain.authors import Author
from rollouts.domain.trail import Act, Stage, Subject, SubjectKind
from rollouts.models import AuditEntry
from rollouts.queries.audit import A_PAGE, A_READ
from rollouts.services import audit
from tests.support.trail import unguard, write

pytestmark = pytest.mark.django_db
ADDRESSES = ("/audit/", "/audit.csv", "/audit.jsonl")
every_address = pytest.mark.parametrize("address", ADDRESSES)
ANN, BEN = Author("ann", 71, "192.0.2.7", "request-of-ann"), Author("ben", 72)
FIRST = datetime(2026, 11, 3, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def page(visitor: Client, query: str = "") -> str:
    answer = visitor.get(f"/audit/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr id="n(\d+)"', html)]


@every_address
def test_who_does_not_administer_may_not_see_it(visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code == 403
    assert 'href="/audit/"' not in visitor.get("/").content.decode()


@every_address
def test_a_stranger_is_sent_to_the_sign_in(client: Client, address: str) -> None:
    assert client.get(address).headers["Location"].startswith("/sign-in/")


@every_address
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_changes_nothing_and_no_shared_cache_keeps_it(administrator: Client, address: str, method: str) -> None:
    assert getattr(administrator, method)(address).status_code == 405
    assert "private" in administrator.get(address).headers["Cache-Control"]


def test_it_is_reached_from_every_page_by_who_administers(administrator: Client) -> None:
    assert 'href="/audit/"' in administrator.get("/clusters/").content.decode()
    assert '<a href="/audit/" aria-current="page">Audit</a>' in page(administrator)


def test_an_entry_tells_all_that_is_known_of_it(administrator: Client) -> None:
    (entry,) = write(
        1, by=ANN, outcome=Stage.REFUSED, reason="errors in the logs", answer="the release has moved on",
        preview="a1b2",
        patch={"spec": {"note": "<script>alert(1)</script>"}},
    )  # fmt: skip
    html = page(administrator)
    for said in (
        "<b>change</b> rollout shop/cart on eu-west-1, release 4",
        "errors in the logs",
        "the release has moved on",
        "refused",
        "from 192.0.2.7",
        "request-of-ann",
        "a1b2",
        entry.hash,
        "&lt;script&gt;alert(1)",
        f'datetime="{entry.at:%Y-%m-%dT%H:%M:%SZ}"',
    ):
        assert said in html
    for forbidden in (" style=", "<script>", " onclick="):
        assert forbidden not in html


@pytest.fixture
def trail(administrator: Client) -> list[AuditEntry]:
    """Beside the one about the administrator."""
    with time_machine.travel(FIRST, tick=False) as clock:
        made = write(1, by=ANN)
        clock.shift(timedelta(seconds=1))
        cluster = Subject(SubjectKind.CLUSTER, "prod", cluster="prod")
        made += write(1, by=BEN, act=Act.ADD, subject=cluster)
        clock.shift(timedelta(days=1))
        made += write(1, by=BEN, act=Act.REMOVE, subject=cluster, outcome=Stage.FAILED)
    return made


QUERIES = {
    "person=ann": [0],
    "act=add&person=ben": [1],
    "kind=rollout": [0],
    "cluster=prod": [1, 2],
    "application=shop/cart": [0],
    "outcome=failed": [2],
    "from=2026-11-04&to=2026-11-04": [1],
    "to=2026-11-03": [0],
    "from=2026-11-04&to=2026-11-05": [1, 2],
    "person=nobody": [],
}


@pytest.mark.parametrize(("query", "found"), QUERIES.items())
def test_it_is_chosen_by_the_address_on_the_page_and_in_files(
    administrator: Client, trail: list[AuditEntry], query: str, found: list[int]
) -> None:
    wanted = [trail[place].number for place in found]
    html = page(administrator, f"?{query}")
    assert numbers(html) == wanted[::-1]
    assert ("Nothing matches" in html) == (not wanted)
    lines = body(administrator.get(f"/audit.jsonl?{query}")).splitlines()
    assert [json.loads(line)["number"] for line in lines] == wanted


def test_nonsense_in_the_address_is_ignored(administrator: Client, trail: list[AuditEntry]) -> None:
    assert len(numbers(page(administrator, "?from=x&to=0001-01-01&before=-1&after=y&page=7&person=%00"))) == 4


def test_the_form_keeps_what_was_chosen_also_what_is_not_offered(
    administrator: Client, trail: list[AuditEntry]
) -> None:
    html = page(administrator, "?person=ann&act=fly&from=2026-11-01")
    for kept in ('value="ann"', '<option value="fly" selected>', 'name="from" value="2026-11-01"', "clear all"):
        assert kept in html


def links(html: str) -> dict[str, str]:
    found = re.findall(r'<a class="chip"(?: rel="\w+")? href="([^"]+)">(Newest|Newer|Older)</a>', html)
    return {word: address.replace("&amp;", "&").removeprefix("/audit/") for address, word in found}


def test_pages_follow_each_other_by_number_and_keep_the_filter(administrator: Client) -> None:
    made = [entry.number for entry in write(2 * A_PAGE + 10, by=ANN)][::-1]
    write(1, by=BEN)
    seen, query, pages = [], "?person=ann", []
    while query:
        html = page(administrator, query)
        pages.append(numbers(html))
        seen += pages[-1]
        assert "person=ann" in links(html).get("Older", "person=ann")
        query = links(html).get("Older", "")
    assert seen == made
    assert [len(one) for one in pages] == [A_PAGE, A_PAGE, 10]
    last = links(page(administrator, f"?person=ann&before={pages[2][0] + 1}"))
    back = page(administrator, last["Newer"])
    assert numbers(back) == pages[1]
    assert numbers(page(administrator, links(back)["Newer"])) == pages[0]
    assert numbers(page(administrator, links(back)["Newest"])) == pages[0]
    assert links(page(administrator, links(back)["Newer"])).keys() == {"Older"}


def test_without_entries_it_says_what_will_be_there(administrator: Client) -> None:
    unguard()
    AuditEntry.objects.all().delete()
    assert "No entries yet" in page(administrator)


def body(answer: Any) -> str:
    assert answer.streaming
    return b"".join(answer).decode()


def test_the_csv_has_every_column_and_is_safe_to_open(administrator: Client) -> None:
    (entry,) = write(1, by=ANN, reason="=HYPERLINK(evil)", patch={"spec": {"suspend": True}})
    answer = administrator.get("/audit.csv?person=ann")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-trail.csv"'
    (row,) = csv.DictReader(io.StringIO(body(answer)))
    assert (row["number"], row["person"], row["person_id"]) == (str(entry.number), "ann", "71")
    assert row["at"] == entry.at.isoformat(timespec="microseconds")
    assert (row["reason"], json.loads(row["patch"])) == ("'=HYPERLINK(evil)", {"spec": {"suspend": True}})
    assert (row["previous"], row["hash"]) == (entry.previous, entry.hash)


def exported(*words: str) -> str:
    out = io.StringIO()
    call_command("audit", "export", *words, stdout=out)
    return out.getvalue()


def test_the_command_exports_the_same_lines(administrator: Client, trail: list[AuditEntry]) -> None:
    assert exported() == body(administrator.get("/audit.jsonl"))
    assert exported("--format", "csv") == body(administrator.get("/audit.csv"))
    chosen = exported("--since", "2026-11-04", "--until", "2026-11-05", "--person", "ben", "--act", "remove")
    assert [json.loads(line)["number"] for line in chosen.splitlines()] == [trail[2].number]


def test_an_export_reads_a_part_and_sends_it_before_it_reads_the_next(administrator: Client) -> None:
    write(A_READ + 50)
    answer: Any = administrator.get("/audit.jsonl")
    pieces = iter(answer)
    with CaptureQueriesContext(connection) as queries:
        next(pieces)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        rest = list(pieces)
    assert len(queries) == 2
    assert len(b"".join(rest).splitlines()) > A_READ - 200


def test_a_page_needs_no_more_queries_for_more_entries(
    administrator: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    write(A_PAGE)
    with django_assert_max_num_queries(3):
        page(administrator)


def test_what_is_exported_verifies_without_the_database(administrator: Client, trail: list[AuditEntry]) -> None:
    """As docs/audit.md says that it can be."""
    import hashlib  # noqa: PLC0415

    write(1, reason="zurück, überall", patch={"note": "größer", "weight": 0.5})
    previous = "0" * 64
    for line in body(administrator.get("/audit.jsonl")).splitlines():
        entry = json.loads(line)
        hash = entry.pop("hash")
        assert entry["previous"] == previous
        if "patch" in entry:
            entry["patch"] = json.dumps(entry["patch"], sort_keys=True, separators=(",", ":"))
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(text.encode()).hexdigest() == hash
        previous = hash
    assert audit.verify().hash == previous

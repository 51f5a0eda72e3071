from __future__ import annotations

from datetime import UTC, datetime

from bench.report import Finding, page, table


def test_a_promise_that_was_missed_says_so() -> None:
    kept = Finding("fleet page, p95", "ms", measured=41.26, promised=50, floor=10)
    missed = Finding("rollout page, p95", "ms", measured=140.2, promised=50)
    rows = table([kept, missed]).splitlines()[2:]
    assert rows == [
        "| fleet page, p95 | 50 ms | 41.3 ms | 10 ms | 4.1 × | kept |",
        "| rollout page, p95 | 50 ms | 140 ms |  |  | **missed** |",
    ]


def test_a_number_equal_to_the_promise_keeps_it() -> None:
    assert Finding("queries", "queries", measured=12, promised=12).kept


def test_the_page_names_the_day_and_the_machine() -> None:
    text = page([], now=datetime(2026, 1, 2, tzinfo=UTC))
    assert text.startswith("# Results\nMeasured by `make bench` on 2026-01-02: ")
    assert "Python 3." in text

"""The pages over a generated fleet: time on the server, SQL queries, size as sent, and what a long history costs."""

from __future__ import annotations

import os
import tempfile

from bench.report import Finding

CLUSTERS, ROLLOUTS, HISTORY = 100, 10_000, 1_000_000


def measure() -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="kurator-ui-bench-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="kurator_ui.settings", KURATOR_UI_STATE=folder, KURATOR_UI_HOSTS="testserver"
        )
        return _measure()


def _measure() -> list[Finding]:
    import django  # noqa: PLC0415 - settings are read when Django is set up, and the folder is known only now
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)

    from bench import pages  # noqa: PLC0415

    pages.fill(CLUSTERS, ROLLOUTS)
    pages.fill_days()
    addresses = pages.addresses()
    first = {measured.page: measured for measured in pages.measure(addresses)}
    pages.fill_past(HISTORY)
    again = {measured.page: measured for measured in pages.measure(addresses)}
    fleet = [measured for measured in first.values() if measured.page.startswith("fleet")]
    worst = max(fleet, key=lambda measured: measured.p95)
    rollout = first[pages.ROLLOUT_PAGE]
    return [
        Finding(f"{worst.page} (the slowest of {len(fleet)} filters), p95 on the server", "ms", worst.p95, 50),
        Finding("fleet page, SQL queries", "queries", max(measured.queries for measured in fleet), 12),
        Finding("fleet page, gzipped", "kB", max(measured.kilobytes for measured in fleet), 60),
        Finding("rollout page with 200 transitions and 4 charts, p95 on the server", "ms", rollout.p95, 50),
        Finding("history of 30 days and 100,000 releases, p95 on the server", "ms", first[pages.HISTORY_PAGE].p95, 100),
        *(
            Finding(f"{page} with {HISTORY:,} transitions stored, p50", "ms", again[page].p50, 1.5 * before, before)
            for page in ("fleet", pages.ROLLOUT_PAGE)
            for before in (first[page].p50,)
        ),
    ]

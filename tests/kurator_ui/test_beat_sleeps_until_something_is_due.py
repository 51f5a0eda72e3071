from __future__ import annotations

import time

import pytest

from kurator_ui.beat import Punctual
from kurator_ui.celery import make_app


def test_it_looks_at_the_schedule_a_few_times_for_each_task(monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app("tests", current=False)
    app.conf.beat_schedule = {"often": {"task": "tests.often", "schedule": 0.3}}
    schedule, looks = Punctual(app=app), 0
    sent: list[str] = []
    monkeypatch.setattr(schedule, "apply_entry", lambda entry, producer=None: sent.append(entry.name))
    while len(sent) < 3:
        looks += 1
        time.sleep(schedule.tick() or 0)
    assert looks <= 5 * len(sent)

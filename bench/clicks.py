"""From the click on a roll back until the API server has taken it, while the fleet moves and people look on."""

from __future__ import annotations

import http.client
import random
import re
import time
from datetime import UTC, datetime
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

from bench.fleet import Program
from bench.report import Finding

CLICKS = 40
SECONDS = 90.0
"""Releases move every ten seconds: many have by the time of their dialog, or between it and the click."""
FEWEST = 10
PATIENCE = 10.0
PAUSE = 0.3
"""Seconds between two clicks: each is to meet the load of the fleet, and not what the one before has left to do."""
LOOK_AGAIN = 0.02
"""Seconds until the database is asked again whether a click was accepted. What is counted is the time written there, so
this adds nothing to it; asking without a pause would take a core from what is measured.
"""
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
RUNNING = (
    "select id from rollouts_rollout where phase = 'Progressing' and deleted_at is null"
    " and id not in (select rollout_id from rollouts_command)"
)
COMMAND = "select accepted_at, state, sentence from rollouts_command where mark = ?"


def clicks(program: Program, cookies: str, load: str) -> list[Finding]:
    person = _Person(program, cookies)
    taken: list[float] = []
    end = time.monotonic() + SECONDS
    while len(taken) < CLICKS and time.monotonic() < end:
        running = program.query(RUNNING)
        seconds = person.roll_back(random.choice(running)[0]) if running else None
        if seconds is not None:
            taken.append(seconds)
            time.sleep(PAUSE)
    assert len(taken) >= FEWEST, f"only {len(taken)} clicks were carried out"
    what = f"click on Roll back → accepted by the API server, p95 of {len(taken)} ({load})"
    return [Finding(what, "ms", quantiles(taken, n=20)[-1] * 1000, 500)]


class _Person:
    def __init__(self, program: Program, cookies: str) -> None:
        self._program = program
        self._host = urlsplit(program.address).netloc
        self._headers = {"Cookie": cookies, "HX-Request": "true", "Referer": f"{program.address}/"}

    def roll_back(self, pk: int) -> float | None:
        """Seconds from the click; None when the release was no longer as the dialog had shown it."""
        address = f"/rollouts/{pk}/acts/roll-back/"
        status, dialog = self._ask("GET", address)
        fields = dict(FIELD.findall(dialog))
        if status != 200 or "digest" not in fields:  # it has ended meanwhile
            return None
        clicked = datetime.now(UTC)
        status, _ = self._ask("POST", address, urlencode(fields))
        return None if status == 409 else self._accepted(fields["mark"], clicked)

    def _accepted(self, mark: str, clicked: datetime) -> float | None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for accepted_at, state, _ in self._program.query(COMMAND, mark):
                if accepted_at is not None:
                    return float((accepted_at - clicked).total_seconds())
                if state == "refused":
                    return None
            time.sleep(LOOK_AGAIN)
        raise TimeoutError(f"a roll back was not carried out within {PATIENCE:g} s")

    def _ask(self, verb: str, address: str, form: str | None = None) -> tuple[int, str]:
        headers = self._headers | ({"Content-Type": "application/x-www-form-urlencoded"} if form else {})
        connection = http.client.HTTPConnection(self._host, timeout=20)
        try:
            connection.request(verb, address, form, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

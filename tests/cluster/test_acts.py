"""The buttons of a rollout on real clusters with real Flagger, through a browser, by somebody who is no more than an
operator: what is asked for comes about.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.acting import ask, begin, open_rollout, see_through
from tests.cluster.laboratory import NAME, VIRTUAL_SERVICES, Member, wait_for
from tests.cluster.plain import PLAIN, begin_plain, of_plain, skips
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS

AT_ONCE = 1.0
"""Seconds from the click until users are back on blue."""


@pytest.fixture
def page(operator: Page) -> Page:
    return operator


class Weight:
    """Green's weight as the VirtualService says it, asked for without pause."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self.now = -1
        self.blue_since = 0.0
        self._stop = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError, ValueError):
                found = self._member.get(f"{VIRTUAL_SERVICES}/{NAME}")["spec"]["http"][0]["route"]
                weight = next(
                    int(one.get("weight", 0)) for one in found if one["destination"]["host"].endswith("canary")
                )
                if weight == 0 and self.now != 0:
                    self.blue_since = time.monotonic()
                self.now = weight

    def stop(self) -> None:
        self._stop.set()


def test_a_release_is_rolled_back_before_and_after_the_switch_and_retried(
    program: Program, members: list[Member], page: Page
) -> None:
    member = members[0]
    begin(member)
    open_rollout(page, program, member.name)
    ask(page, "Roll back", "before the switch")
    assert see_through(page, program, "before the switch")["sentence"] == "The release is rolled back."
    assert member.phase() == "Failed"

    ask(page, "Retry", "once more")
    assert "has begun" in see_through(page, program, "once more")["sentence"]
    assert member.phase() == "Progressing"

    weight = Weight(member)
    wait_for(lambda: weight.now == 100, RELEASE_SECONDS, "users on green")
    expect(page.locator(".pane.green h2")).to_contain_text("live", timeout=5_000)
    clicked = ask(page, "Roll back", "after the switch")
    wait_for(lambda: weight.now == 0, 5, "users back on blue")
    took = weight.blue_since - clicked
    print(f"users back on blue {took * 1000:.0f} ms after the click")
    assert took <= AT_ONCE
    see_through(page, program, "after the switch")
    assert (member.phase(), weight.now) == ("Failed", 0)
    weight.stop()


def test_remaining_iterations_are_skipped_and_the_release_ends_well(
    program: Program, members: list[Member], page: Page
) -> None:
    member = members[1]
    begin(member)
    open_rollout(page, program, member.name)
    ask(page, "Skip iterations", "no time")
    assert see_through(page, program, "no time")["sentence"] == "The remaining iterations were skipped."
    wait_for(lambda: member.phase() == "Succeeded", RELEASE_SECONDS, "the release to succeed")


def test_a_release_is_promoted_now_and_the_analysis_is_on_again(program: Program, plain: Member, page: Page) -> None:
    begin_plain(plain)
    open_rollout(page, program, plain.name, PLAIN)
    ask(page, "Promote now", "no time for checks", typed=PLAIN)
    wait_for(lambda: skips(plain), 10, "the analysis to be switched off")
    expect(page.locator("#rollout")).to_contain_text("The analysis is switched off by")
    wait_for(lambda: of_plain(plain)["phase"] == "Succeeded", 40, "the release to be promoted")
    wait_for(lambda: not skips(plain), 20, "the analysis to be switched on again")
    said = see_through(page, program, "no time for checks")["sentence"]
    assert said == "The release is promoted, and blue is ready with it."
    put_back = "select outcome, answer from rollouts_auditentry where act = 'put-back' and name = ? order by number"
    told = [("done", "The analysis is switched on again.")]
    wait_for(lambda: program.rows(put_back, PLAIN)[-1:] == told, 5, "what was put back to be in the audit trail")
    begin_plain(plain)
    assert of_plain(plain)["phase"] == "Progressing"


def test_a_release_is_paused_and_resumed(program: Program, plain: Member, page: Page) -> None:
    begin_plain(plain)
    open_rollout(page, program, plain.name, PLAIN)
    ask(page, "Pause", "hold it")
    assert see_through(page, program, "hold it")["sentence"] == "It is suspended."
    at = of_plain(plain)["iterations"]
    suspended = (
        "select count(*) from rollouts_eventseen e join rollouts_rollout r on r.id = e.rollout_id"
        " where r.name = ? and e.message like '%suspend%'"
    )
    wait_for(lambda: program.rows(suspended, PLAIN)[0][0], 40, "Flagger to tick and do nothing")
    assert of_plain(plain)["iterations"] == at
    ask(page, "Resume", "go on")
    assert see_through(page, program, "go on")["sentence"] == "It is resumed."
    wait_for(lambda: of_plain(plain)["iterations"] > at, 40, "the release to go on")

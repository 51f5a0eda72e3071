"""What a roll back waits for on real clusters with real Flagger, and what an operator can do about it in a browser."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.cluster.acting import ask, open_rollout, see_through
from tests.cluster.laboratory import CANARIES, MERGE, TICK, Member, wait_for
from tests.cluster.plain import DEPLOYMENTS, PLAIN, begin_plain, of_plain, release
from tests.cluster.program import Program

LONG = 120
"""Seconds between two ticks, where nobody forces one."""


def interval(member: Member) -> str:
    return str(member.get(f"{CANARIES}/{PLAIN}")["spec"]["analysis"]["interval"])


def target(member: Member) -> dict[str, Any]:
    return member.get(f"{DEPLOYMENTS}/{PLAIN}")


def test_a_roll_back_at_once_does_not_wait_for_the_next_tick(program: Program, plain: Member, operator: Page) -> None:
    begin_plain(plain)
    at = of_plain(plain)["iterations"]
    body = {"spec": {"analysis": {"interval": f"{LONG}s"}}}
    plain.call("PATCH", f"{CANARIES}/{PLAIN}", body, MERGE).close()
    # That forces a tick as well: after it there is none for a long time.
    wait_for(lambda: of_plain(plain)["iterations"] > at, 3 * TICK, "the tick of the new interval")
    forced_at = time.monotonic()
    open_rollout(operator, program, plain.name, PLAIN)
    asked = ask(operator, "Roll back", "it cannot wait", Flagger="at-once")
    wait_for(lambda: of_plain(plain)["phase"] == "Failed", 4 * TICK, "the release to be rolled back")
    took = time.monotonic() - asked
    print(f"rolled back {took:.1f} s after the click, with a tick every {LONG} s")
    assert time.monotonic() - forced_at < LONG
    assert see_through(operator, program, "it cannot wait")["sentence"] == "The release is rolled back."
    wait_for(lambda: interval(plain) == f"{LONG}s", 3 * TICK, "the interval to be put back")


def test_green_that_never_becomes_ready_is_scaled_to_0_and_the_next_version_has_its_pods(
    program: Program, plain: Member, operator: Page
) -> None:
    release(plain, "ghcr.io/stefanprodan/podinfo:broken")
    wait_for(lambda: of_plain(plain)["phase"] == "Progressing", 4 * TICK, "a release to begin")
    open_rollout(operator, program, plain.name, PLAIN)
    button = operator.locator(".acts").get_by_role("button", name="Green to 0", exact=True)
    expect(button).to_have_attribute("aria-disabled", "true", timeout=40_000)
    ask(operator, "Roll back", "it does not start")
    ask(operator, "Green to 0", "nothing to wait for")
    assert see_through(operator, program, "nothing to wait for")["sentence"] == "The release is rolled back."
    assert (of_plain(plain)["phase"], target(plain)["spec"]["replicas"]) == ("Failed", 0)

    begin_plain(plain)
    assert target(plain)["spec"]["replicas"] == 1

"""Releases on real clusters with real Flagger: what is in the timeline is what the API servers handed out, once.

One release takes seventy to eighty seconds, because Flagger ticks every ten. Where members can do different things at
the same time, they do.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.cluster.laboratory import IDLE, Diary, Member, Process, wait_for
from tests.cluster.program import Program

RELEASE_SECONDS = 150
_numbers = itertools.count(int(time.time()) % 100_000)


def next_image() -> str:
    return f"ghcr.io/stefanprodan/podinfo:7.{next(_numbers)}.0"


def newest(program: Program, cluster: str) -> int:
    found = program.rows("select max(number) from rollouts_transition where rollout_id = ?", program.rollout(cluster))
    return int(found[0][0] or 0)


def canary_story(timeline: list[dict[str, Any]]) -> list[tuple[str, int, int, bool]]:
    """The timeline without what only the routing changed."""
    states = [(row["phase"], row["iterations"], row["failed_checks"], bool(row["suspended"])) for row in timeline]
    return [state for state, _ in itertools.groupby(states)]


def green_story(timeline: list[dict[str, Any]]) -> list[int]:
    return [weight for weight, _ in itertools.groupby(row["weight"] for row in timeline)]


def follow(program: Program, member: Member) -> tuple[Diary, int]:
    return Diary(member).start(), newest(program, member.name)


def compare(program: Program, diary: Diary, after: int) -> list[dict[str, Any]]:
    """Holds the timeline since `after` against the diary; both begin with the state before the release."""
    name = diary.member.name
    wait_for(
        lambda: canary_story(program.timeline(name, after)) == diary.canary[1:],
        15,
        f"the timeline of {name} to be whole",
    )
    timeline = program.timeline(name, after)
    assert [diary.green[0], *green_story(timeline)] == diary.green or green_story(timeline) == diary.green
    assert all((row["live_side"] == "green") == (row["weight"] == 100) for row in timeline)
    assert not any(row["gap"] for row in timeline)
    diary.stop()
    return timeline


def wait_for_end(member: Member, phase: str) -> None:
    wait_for(lambda: member.phase() not in IDLE, 40, f"a release on {member.name} to begin")
    wait_for(lambda: member.phase() == phase, RELEASE_SECONDS, f"{member.name} to be {phase}")


def test_the_members_of_the_hub_are_observed(program: Program, members: list[Member]) -> None:
    known = dict(program.rows("select name, state from rollouts_cluster"))
    assert {member.name for member in members} <= set(known)
    wait_for(
        lambda: set(dict(program.rows("select name, state from rollouts_cluster")).values()) == {"reachable"},
        15,
        "all to be well",
    )
    assert "laboratory" in program.manage("clusters", "list")
    report = program.manage("clusters", "test", "laboratory")
    assert "v1." in report


def test_a_release_is_followed_on_the_page_to_its_end_while_another_fails(
    program: Program, members: list[Member], page: Page
) -> None:
    good, bad = members[0], members[1]
    diaries = [follow(program, member) for member in (good, bad)]
    bad.fault(0.3)
    page.goto(f"{program.address}/rollouts/{program.rollout(good.name)}/")
    shown: list[str] = []
    good.release(next_image())
    bad.release(next_image())
    wait_for(lambda: good.phase() not in IDLE, 40, "the release to begin")
    end = time.monotonic() + RELEASE_SECONDS
    while shown[-1:] != ["Succeeded"] or "Progressing" not in shown:
        assert time.monotonic() < end, f"the page went no further than {shown}"
        phase = page.locator("#rollout").get_attribute("data-phase") or ""
        if not shown or shown[-1] != phase:
            shown.append(phase)
        page.wait_for_timeout(200)
    assert shown[-4:] == ["Progressing", "Promoting", "Finalising", "Succeeded"]
    wait_for(lambda: bad.phase() == "Failed", RELEASE_SECONDS, "the bad release to fail")
    compare(program, *diaries[0])
    timeline = compare(program, *diaries[1])
    assert max(row["failed_checks"] for row in timeline) == 2
    assert any("success rate" in (row["why"] or "") for row in timeline)
    outcome = (
        "select outcome, trigger, analysis from rollouts_release where rollout_id = ? order by number desc limit 1"
    )
    assert program.rows(outcome, program.rollout(good.name)) == [("succeeded", "image", "completed")]
    assert program.rows(outcome, program.rollout(bad.name)) == [("failed", "image", "completed")]


def test_an_abort_by_hand_is_told_as_one_while_an_api_server_is_killed_in_mid_release(
    program: Program, members: list[Member], tmp_path: Path
) -> None:
    aborted, killed = members[0], members[1]
    (diary, after), (other, other_after) = follow(program, aborted), follow(program, killed)
    aborted.release(next_image())
    killed.release(next_image())
    wait_for(lambda: killed.canary()["status"].get("iterations", 0) >= 2, 60, "the second iteration")
    aborted.abort()
    server = Process.on_port(killed.port)
    server.kill()
    unreachable = "select 1 from rollouts_cluster where name = ? and state = 'unreachable'"
    wait_for(lambda: program.rows(unreachable, killed.name), 30, "the dead API server to be noticed")
    server.start_again(tmp_path / "apiserver.log")
    wait_for(lambda: aborted.phase() == "Failed", 60, "the abort")
    compare(program, diary, after)
    outcome = "select outcome, analysis from rollouts_release where rollout_id = ? order by number desc limit 1"
    assert program.rows(outcome, program.rollout(aborted.name)) == [("failed", "aborted")]
    wait_for(lambda: _phase_or_nothing(killed) == "Succeeded", RELEASE_SECONDS + 60, "the release to go on to its end")
    wait_for(lambda: program.timeline(killed.name, other_after)[-1]["phase"] == "Succeeded", 30, "the end to be seen")
    timeline = program.timeline(killed.name, other_after)
    phases = [phase for phase, _ in itertools.groupby(row["phase"] for row in timeline)]
    assert phases == ["Progressing", "Promoting", "Finalising", "Succeeded"]
    assert canary_story(timeline) == other.canary[1:]
    assert program.rows(outcome, program.rollout(killed.name)) == [("succeeded", "completed")]
    other.stop()


def test_a_program_killed_in_mid_release_loses_nothing(program: Program, members: list[Member]) -> None:
    member = members[0]
    diary, after = follow(program, member)
    member.release(next_image())
    wait_for(lambda: member.canary()["status"].get("iterations", 0) >= 1, 60, "the first iteration")
    program.kill()
    wait_for(lambda: member.canary()["status"].get("iterations", 0) >= 3, 60, "the third iteration, seen by nobody")
    program.start()
    wait_for_end(member, "Succeeded")
    compare(program, diary, after)


def _phase_or_nothing(member: Member) -> str:
    try:
        return member.phase()
    except OSError:
        return ""

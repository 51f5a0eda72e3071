"""The buttons of a rollout on real clusters with real Flagger, through a browser: what is asked for comes about."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.cluster.laboratory import CANARIES, NAME, NAMESPACE, STRATEGIC, VIRTUAL_SERVICES, Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS, next_image

AT_ONCE = 1.0
"""Seconds from the click until users are back on blue."""
TICK_MS = 25_000
PLAIN = "steady"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


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


def open_rollout(page: Page, program: Program, cluster: str, name: str = NAME) -> int:
    query = (
        "select r.id from rollouts_rollout r join rollouts_cluster c on c.id = r.cluster_id"
        " where c.name = ? and r.name = ? and r.deleted_at is null"
    )
    found = wait_for(lambda: program.rows(query, cluster, name), 30, f"{name} to be known")
    id = int(found[0][0])
    page.goto(f"{program.address}/rollouts/{id}/")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=15_000)
    return id


def ask(page: Page, act: str, reason: str, *, typed: str = "") -> float:
    """Through the dialog; gives the moment of the click."""
    button = page.locator(".acts").get_by_role("button", name=act, exact=True)
    expect(button).not_to_have_attribute("aria-disabled", "true", timeout=TICK_MS)
    button.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    if typed:
        dialog.get_by_label(f"Type {typed} to confirm").fill(typed)
    clicked = time.monotonic()
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_be_hidden()
    return clicked


def see_through(page: Page, program: Program, reason: str) -> dict[str, Any]:
    """Waits until the page says that it was observed; gives the command as it is stored."""
    line = page.locator(".commands li[id]", has_text=reason)
    expect(line).to_contain_text("accepted by the cluster", timeout=10_000)
    expect(line.locator(".stages")).to_have_text(
        _stages("requested", "accepted by the cluster", "observed"), timeout=TICK_MS
    )
    query = "select state, sentence from rollouts_command where reason = ?"
    wait_for(lambda: program.rows(query, reason) and program.rows(query, reason)[0][0] == "observed", 25, reason)
    trail = program.rows("select outcome from rollouts_auditentry where reason = ? order by number", reason)
    assert [outcome for (outcome,) in trail] == ["requested", "accepted", "observed"]
    return dict(zip(("state", "sentence"), program.rows(query, reason)[0], strict=True))


def _stages(*words: str) -> Any:
    return re.compile(r"\s*.*".join(map(re.escape, words)), re.DOTALL)


def begin(member: Member, iterations: int = 1) -> None:
    member.release(next_image())
    wait_for(
        lambda: (
            member.canary()["status"]["phase"] == "Progressing"
            and member.canary()["status"].get("iterations", 0) >= iterations
        ),
        60,
        "the first iteration",
    )


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


@pytest.fixture
def plain(members: list[Member]) -> Iterator[Member]:
    """A Canary that nobody keeps, without checks, in the first member."""
    member = members[0]
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": PLAIN, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": PLAIN}},
            "template": {
                "metadata": {"labels": {"app": PLAIN}},
                "spec": {"containers": [{"name": PLAIN, "image": next_image(), "ports": [{"containerPort": 9898}]}]},
            },
        },
    }  # fmt: skip
    canary = {
        "apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": PLAIN, "namespace": NAMESPACE},
        "spec": {
            "provider": "istio", "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": PLAIN},
            "service": {"port": 9898}, "analysis": {"interval": "10s", "threshold": 2, "iterations": 5},
        },
    }  # fmt: skip
    member.call("POST", DEPLOYMENTS, deployment).close()
    try:
        member.call("POST", CANARIES, canary).close()
        wait_for(lambda: _of_plain(member).get("phase") == "Initialized", 60, "the plain Canary to be initialised")
        yield member
    finally:
        for path in (f"{CANARIES}/{PLAIN}", f"{DEPLOYMENTS}/{PLAIN}"):
            with suppress(HTTPError):
                member.call("DELETE", path).close()


def _of_plain(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = member.get(f"{CANARIES}/{PLAIN}").get("status") or {}
    return found


def _begin_plain(member: Member) -> None:
    containers = [{"name": PLAIN, "image": next_image()}]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    member.call("PATCH", f"{DEPLOYMENTS}/{PLAIN}", body, STRATEGIC).close()
    wait_for(lambda: _of_plain(member).get("iterations", 0) >= 1, 60, "the first iteration")


def _skips(member: Member) -> bool:
    return bool(member.get(f"{CANARIES}/{PLAIN}")["spec"].get("skipAnalysis"))


def test_a_release_is_promoted_now_and_the_analysis_is_on_again(program: Program, plain: Member, page: Page) -> None:
    _begin_plain(plain)
    open_rollout(page, program, plain.name, PLAIN)
    ask(page, "Promote now", "no time for checks", typed=PLAIN)
    wait_for(lambda: _skips(plain), 10, "the analysis to be switched off")
    expect(page.locator("#rollout")).to_contain_text("The analysis is switched off by")
    wait_for(lambda: _of_plain(plain)["phase"] == "Succeeded", 40, "the release to be promoted")
    wait_for(lambda: not _skips(plain), 20, "the analysis to be switched on again")
    said = see_through(page, program, "no time for checks")["sentence"]
    assert said == "The release is promoted, and blue is ready with it."
    put_back = "select outcome, answer from rollouts_auditentry where act = 'put-back' and name = ?"
    assert program.rows(put_back, PLAIN) == [("done", "The analysis is switched on again.")]
    _begin_plain(plain)
    assert _of_plain(plain)["phase"] == "Progressing"


def test_a_release_is_paused_and_resumed(program: Program, plain: Member, page: Page) -> None:
    _begin_plain(plain)
    open_rollout(page, program, plain.name, PLAIN)
    ask(page, "Pause", "hold it")
    assert see_through(page, program, "hold it")["sentence"] == "It is suspended."
    at = _of_plain(plain)["iterations"]
    suspended = (
        "select count(*) from rollouts_eventseen e join rollouts_rollout r on r.id = e.rollout_id"
        " where r.name = ? and e.message like '%suspend%'"
    )
    wait_for(lambda: program.rows(suspended, PLAIN)[0][0], 40, "Flagger to tick and do nothing")
    assert _of_plain(plain)["iterations"] == at
    ask(page, "Resume", "go on")
    assert see_through(page, program, "go on")["sentence"] == "It is resumed."
    wait_for(lambda: _of_plain(plain)["iterations"] > at, 40, "the release to go on")

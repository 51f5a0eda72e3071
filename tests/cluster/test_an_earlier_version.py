"""Back to an earlier version on real clusters with real Flagger, by an operator in a browser (proven 12)."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.cluster.acting import TICK_MS, open_rollout, see_through
from tests.cluster.laboratory import DEPLOYMENT, MERGE, Member, wait_for
from tests.cluster.plain import DEPLOYMENTS, PLAIN, of_plain, release, skips
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS, next_image

RECONCILE = "kustomize.toolkit.fluxcd.io/reconcile"
OVER = """
from rollouts.models import Reversal
Reversal.objects.filter(switch="reconcile").update(until="2026-01-01T00:00Z")
"""


def image(member: Member, path: str) -> str:
    return str(member.get(path)["spec"]["template"]["spec"]["containers"][0]["image"])


def choose(page: Page, wanted: str, reason: str, *, typed: str = "", **choices: str) -> None:
    button = page.locator(".acts").get_by_role("button", name="Earlier version", exact=True)
    expect(button).not_to_have_attribute("aria-disabled", "true", timeout=TICK_MS)
    button.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=wanted).check(timeout=15_000)
    for label, value in choices.items():
        dialog.get_by_label(label).select_option(value)
    dialog.get_by_role("button", name="Show what happens").click()
    expect(dialog.get_by_role("row", name="].image")).to_contain_text(wanted)
    dialog.get_by_label("Reason").fill(reason)
    if typed:
        dialog.get_by_label(f"Type {typed} to confirm").fill(typed)
    dialog.get_by_role("button", name="Earlier version", exact=True).click()
    expect(dialog).to_be_hidden()


def test_after_a_success_the_version_before_is_released_again_with_its_whole_analysis(
    program: Program, members: list[Member], operator: Page
) -> None:
    member, old, new = members[0], next_image(), next_image()
    for each in (old, new):
        member.release(each)
        wait_for(lambda each=each: _promoted(member, each), RELEASE_SECONDS, f"{each} to be promoted")  # type: ignore[misc]
    template = member.get(DEPLOYMENT)["spec"]["template"]
    open_rollout(operator, program, member.name)
    choose(operator, old, "errors since the last release")
    assert "has begun" in see_through(operator, program, "errors since the last release")["sentence"]
    assert (member.phase(), image(member, DEPLOYMENT)) == ("Progressing", old)
    wait_for(lambda: _promoted(member, old), RELEASE_SECONDS, "blue to have the old image")
    template["spec"]["containers"][0]["image"] = old
    assert member.get(DEPLOYMENT)["spec"]["template"] == template


def _promoted(member: Member, wanted: str) -> bool:
    return member.phase() == "Succeeded" and image(member, f"{DEPLOYMENT}-primary") == wanted


def test_fast_it_is_on_blue_after_two_ticks_and_everything_is_put_back(
    program: Program, plain: Member, operator: Page
) -> None:
    old, new = image(plain, f"{DEPLOYMENTS}/{PLAIN}"), next_image()
    labels = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    plain.call("PATCH", f"{DEPLOYMENTS}/{PLAIN}", {"metadata": {"labels": labels}}, MERGE).close()
    release(plain, new)
    wait_for(lambda: of_plain(plain)["phase"] == "Succeeded", RELEASE_SECONDS, "the new version to be promoted")
    open_rollout(operator, program, plain.name, PLAIN)
    choose(operator, old, "users see errors", typed=PLAIN, How="fast", Flux="60")
    wait_for(lambda: of_plain(plain)["phase"] == "Progressing", 30, "its release to begin")
    wait_for(lambda: of_plain(plain)["phase"] == "Succeeded", 30, "it to be promoted")
    wait_for(lambda: not skips(plain), 20, "the analysis to be switched on again")
    said = see_through(operator, program, "users see errors")["sentence"]
    assert said == "The release is promoted, and blue is ready with it."
    assert image(plain, f"{DEPLOYMENTS}/{PLAIN}-primary") == old
    assert _annotations(plain)[RECONCILE] == "disabled"
    # Not an hour later: as if the time were over.
    program.manage("shell", "-c", OVER)
    wait_for(lambda: RECONCILE not in _annotations(plain), 60, "Flux to keep the target again")


def _annotations(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = member.get(f"{DEPLOYMENTS}/{PLAIN}")["metadata"].get("annotations") or {}
    return found

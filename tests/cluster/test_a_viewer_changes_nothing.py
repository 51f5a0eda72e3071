"""A new version goes live through the page while a viewer, who may see all of it, tries everything to stop it: by the
page, by the API and by what a dialog of somebody else would send.
"""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import APIResponse, Browser, Page, expect

from rollouts.domain.commands import Act
from tests.cluster.acting import open_rollout, see_through, signed_in
from tests.cluster.api import PASSWORD, Api
from tests.cluster.laboratory import Member, wait_for
from tests.cluster.program import Program
from tests.cluster.test_releases import RELEASE_SECONDS, next_image

VIEWER = "vera"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def set_version(page: Page, image: str, reason: str) -> None:
    page.locator(".acts").get_by_role("button", name="New version", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Image").fill(image)
    dialog.get_by_role("button", name="Show what happens").click()
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="New version", exact=True).click()
    expect(dialog).to_be_hidden()


def sees_no_button(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=15_000)
    expect(page.get_by_role("button", name="Roll back")).to_have_attribute("aria-disabled", "true")
    assert page.locator("[formaction*='/acts/'], [formaction*='/policy/']").count() == 0


def is_denied_by_the_api(api: Api, rollout: int, application: int) -> None:
    assert api.get(f"/rollouts/{rollout}")["id"] == rollout, "the viewer sees it"
    [policy] = [one["name"] for one in api.get(f"/applications/{application}/policies")["items"]]
    made_up = {"mark": "00000000-0000-4000-8000-000000000000", "digest": "0" * 64}
    for act in Act:
        for path, given in (
            (f"/rollouts/{rollout}/preview", {}),
            (f"/rollouts/{rollout}/commands", made_up),
        ):
            assert api.post(path, act=act.value, **given)[0] == 403, (path, act)
    for act in (Act.PAUSE, Act.RESUME, Act.PROMOTE_NOW):
        where = f"/applications/{application}/policies"
        assert api.post(f"{where}/preview", act=act.value, policy=policy)[0] == 403
        assert api.post(f"{where}/commands", act=act.value, policy=policy, **made_up)[0] == 403
    for act in (Act.ROLL_BACK, Act.SKIP_ITERATIONS, Act.RETRY):
        where = f"/applications/{application}"
        assert api.post(f"{where}/preview", act=act.value)[0] == 403
        chosen = [{"rollout": rollout, "digest": made_up["digest"]}]
        batch: dict[str, Any] = {"act": act.value, "mark": made_up["mark"], "chosen": chosen, "pace": "at-once"}
        assert api.post(f"{where}/batches", **batch)[0] == 403


def sends(viewer: Page, dialog: str, admin: Page) -> APIResponse:
    """What the dialog of somebody who may would send, with the viewer's own session and token."""
    html = admin.request.get(dialog).text()
    fields: dict[str, str | float | bool] = dict(HIDDEN.findall(html))
    assert fields.get("mark"), f"{dialog} is a dialog that can be sent"
    boxes = re.findall(r'name="chosen" value="([^"]+)"', html)
    fields |= {"chosen": boxes[0]} if boxes else {}
    fields |= {"pace": "at-once", "typed": "backend", "reason": "crafted"}
    fields["csrfmiddlewaretoken"] = viewer.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    return viewer.request.post(dialog, form=fields, headers={"Referer": dialog})


def test_whatever_a_viewer_sends_a_new_version_set_on_the_page_goes_live(
    program: Program, members: list[Member], page: Page, browser: Browser
) -> None:
    member, image = members[0], next_image()
    api = Api.of(program, VIEWER, "viewer")
    rollout = open_rollout(page, program, member.name)
    application = int(program.rows("select application_id from rollouts_rollout where id = ?", rollout)[0][0])
    set_version(page, image, "the next one")
    assert see_through(page, program, "the next one")["state"] == "observed"
    wait_for(lambda: member.canary()["status"].get("iterations", 0) >= 1, 60, "the first iteration")

    viewer = signed_in(browser, program, VIEWER, PASSWORD)
    pages = [f"{program.address}/rollouts/{rollout}/", f"{program.address}/applications/{application}/"]
    for address in pages:
        sees_no_button(viewer, address)
    is_denied_by_the_api(api, rollout, application)
    policy = api.get(f"/applications/{application}/policies")["items"][0]["name"]
    for dialog in (
        f"{pages[0]}acts/roll-back/",
        f"{pages[0]}acts/skip-iterations/",
        f"{pages[0]}acts/retry/",
        f"{pages[1]}acts/roll-back/",
        f"{pages[1]}policy/pause/?policy={policy}",
        f"{pages[1]}policy/promote-now/?policy={policy}",
    ):
        assert sends(viewer, dialog, page).status in (403, 409), dialog
    viewer.context.close()
    assert program.rows("select distinct person_name from rollouts_command where reason = 'crafted'") == []
    assert program.rows("select count(*) from rollouts_command where person_name = ?", VIEWER) == [(0,)]

    wait_for(lambda: member.phase() == "Succeeded", RELEASE_SECONDS, "the release to succeed")
    expect(page.locator("#rollout")).to_have_attribute("data-phase", "Succeeded", timeout=10_000)
    primary = member.get("/apis/apps/v1/namespaces/webapp/deployments/backend-primary")
    assert [one["image"] for one in primary["spec"]["template"]["spec"]["containers"]] == [image]

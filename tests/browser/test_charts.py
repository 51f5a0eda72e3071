from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from rollouts import wiring
from rollouts.domain.observations import Phase
from rollouts.domain.ports import Hint
from rollouts.models import Curve, Release, Rollout
from tests.support.builders import CHECKS, make_cluster, make_measurement, make_release, make_rollout
from tests.support.measured import make_measured
from tests.support.site import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PATIENCE = 20_000
DRAWN = ".plot .main-svg"
POINTS = "(plot) => plot.data.find((trace) => trace.name === 'blue').x.length"
RANGE = "(plot) => plot.layout.xaxis.range.map((at) => new Date(at).getTime())"
ROWS = "() => document.querySelectorAll('.chart-values tbody tr').length"


@pytest.fixture
def rollout(site: str) -> Rollout:
    made = make_rollout(make_cluster("eu-west-1"), phase=Phase.PROGRESSING, checks=CHECKS, iterations=3)
    make_measured(made, steps=5)
    return made


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def troubles(context: BrowserContext) -> Iterator[list[str]]:
    found: list[str] = []
    context.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: found.append(str(error.error)))
    yield found
    assert found == []


def look(page: Page, site: str, rollout: Rollout, query: str = "") -> Page:
    page.goto(f"{site}/rollouts/{rollout.pk}/{query}")
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE)
    page.locator("#steps-chart").scroll_into_view_if_needed()
    for chart in page.locator(".chart").all():
        expect(chart.locator(DRAWN).first).to_be_visible(timeout=PATIENCE)
    return page


def measure_more(rollout: Rollout, number: int) -> None:
    """As the measuring does: the curves grow, then the hint."""
    for curve in Curve.objects.filter(release__rollout=rollout):
        Curve.objects.filter(pk=curve.pk).update(values=[*curve.values, *([99.5] * number)])
    Release.objects.filter(rollout=rollout).update(measured_at=timezone.now())
    wiring.change_feed().publish([Hint(f"measured-{rollout.pk}", int(time.time() * 1000))])


def zoom(page: Page) -> None:
    """By the mouse, over the middle third of the first chart."""
    box = page.locator(".plot .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 2 / 3, box["y"] + 60, steps=5)
    page.mouse.up()
    expect(page.locator(".plot").first).to_have_attribute("data-zoomed", "yes")


def test_charts_are_drawn_in_colours_of_the_scheme_and_can_be_used_by_everybody(
    browser: Browser, site: str, rollout: Rollout, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    context.add_cookies([session_cookie(site)])
    page = look(context.new_page(), site, rollout)
    colour = page.locator(".plot").first.evaluate("(plot) => plot.layout.paper_bgcolor")
    assert colour == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 27, 33)"}[scheme]
    assert Axe().run(page).response["violations"] == []
    other: Any = "dark" if scheme == "light" else "light"
    page.emulate_media(color_scheme=other)
    expect(page.locator(".plot .main-svg").first).to_have_css(
        "background-color", {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 27, 33)"}[other]
    )
    context.close()


def test_pointing_at_a_chart_shows_both_sides_and_breaks_no_rule(
    visitor: Page, site: str, rollout: Rollout, troubles: list[str]
) -> None:
    visitor.add_init_script(
        "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective));"
    )
    look(visitor, site, rollout)
    visitor.locator(".plot .nsewdrag").first.hover()
    expect(visitor.locator(".plot .hoverlayer").first).to_contain_text("blue")
    expect(visitor.locator(".plot .hoverlayer").first).to_contain_text("green")
    expect(visitor.locator(".plot .hoverlayer").first).to_contain_text("%")
    zoom(visitor)
    plot = visitor.locator(".plot").first
    zoomed = plot.evaluate(RANGE)
    visitor.get_by_role("button", name="Show the whole range").first.click()
    expect(plot).not_to_have_attribute("data-zoomed", "yes")
    whole = plot.evaluate(RANGE)
    assert whole[1] - whole[0] > 2 * (zoomed[1] - zoomed[0])
    zoom(visitor)
    visitor.locator(".plot .nsewdrag").first.dblclick()
    expect(plot).not_to_have_attribute("data-zoomed", "yes")
    assert plot.evaluate(RANGE) == whole


def test_new_points_appear_and_the_zoom_stays(visitor: Page, site: str, rollout: Rollout) -> None:
    look(visitor, site, rollout)
    plot = visitor.locator(".plot").first
    before = plot.evaluate(POINTS)
    zoom(visitor)
    zoomed = plot.evaluate(RANGE)
    plot.evaluate("(plot) => { plot.remembered = true; }")
    lines = visitor.evaluate(ROWS)
    measure_more(rollout, 4)
    expect(visitor.locator(".chart-values tbody tr").nth(lines)).to_be_attached(timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE / 1000
    while plot.evaluate(POINTS) == before and time.monotonic() < deadline:
        visitor.wait_for_timeout(50)  # the policy refuses the code that Playwright itself would wait with
    assert plot.evaluate(POINTS) == before + 4
    assert plot.evaluate(RANGE) == pytest.approx(zoomed, abs=1000)
    assert plot.evaluate("(plot) => plot.remembered"), "the plot was made anew"


def test_marks_that_would_cover_each_other_are_drawn_when_a_zoom_makes_room(
    visitor: Page, site: str, rollout: Rollout
) -> None:
    release = Release.objects.get(rollout=rollout)
    for second in range(120):
        make_measurement(release, release.started_at + timedelta(seconds=60.5 + second), green=99.5, blue=99.9)
    look(visitor, site, rollout)
    plot = visitor.locator(".plot").first
    passed = "(plot) => plot.data.find((trace) => trace.name === 'judged').mode"
    assert plot.evaluate(passed) == "none"
    assert plot.evaluate("(plot) => plot.data.find((trace) => trace.name === 'marks').mode") == "markers"
    box = plot.locator(".nsewdrag").bounding_box()
    assert box is not None
    for along in (0.5, 0.52, 0.54, 0.56, 0.58):  # over the middle of what was judged
        visitor.mouse.move(box["x"] + box["width"] * along, box["y"] + 60)
    expect(plot.locator(".hoverlayer")).to_contain_text("passed")
    visitor.mouse.down()
    visitor.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + 60, steps=5)
    visitor.mouse.up()
    expect(plot).to_have_attribute("data-zoomed", "yes")
    assert plot.evaluate(passed) == "markers"


def test_an_open_table_stays_open_while_new_points_arrive(visitor: Page, site: str, rollout: Rollout) -> None:
    look(visitor, site, rollout)
    visitor.locator(".chart-values summary").first.focus()
    visitor.keyboard.press("Enter")
    lines = visitor.evaluate(ROWS)
    measure_more(rollout, 1)
    expect(visitor.locator(".chart-values tbody tr").nth(lines)).to_be_attached(timeout=PATIENCE)
    expect(visitor.locator(".chart-values").first).to_have_attribute("open", "")


def test_all_of_a_chart_can_be_reached_by_keyboard(visitor: Page, site: str, rollout: Rollout) -> None:
    look(visitor, site, rollout)
    visitor.locator(".ranges a").first.focus()
    reached = []
    for _ in range(8):
        reached.append(visitor.evaluate("() => document.activeElement.textContent.trim()"))
        visitor.keyboard.press("Tab")
    assert reached == ["This release", "1 h", "6 h", "24 h", "From, to", "CSV", "PNG", "Values as a table"]


def test_a_chart_is_saved_as_a_picture(visitor: Page, site: str, rollout: Rollout, troubles: list[str]) -> None:
    look(visitor, site, rollout)
    with visitor.expect_download(timeout=PATIENCE) as saving:
        visitor.get_by_role("button", name="PNG").first.click()
    assert saving.value.suggested_filename.startswith("request-success-rate")
    content = saving.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = (int.from_bytes(content[place : place + 4], "big") for place in (16, 20))
    assert width > 800
    assert height > 500


def test_the_history_is_drawn_and_can_be_used_by_everybody(
    browser: Browser, site: str, rollout: Rollout, scheme: Any
) -> None:
    make_release(rollout, 7, outcome="succeeded", ended_at=timezone.now())
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/history/")
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(DRAWN).first).to_be_visible(timeout=PATIENCE)
    assert page.locator(".chart").count() == 3
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    context.close()


def test_charts_fit_a_phone(browser: Browser, site: str, rollout: Rollout) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    context.add_cookies([session_cookie(site)])
    page = look(context.new_page(), site, rollout)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 844, "height": 390})
    expect(page.locator(".plot .main-svg").first).to_have_attribute("width", "782")
    context.close()


def test_without_scripts_the_words_and_the_values_are_there(browser: Browser, site: str, rollout: Rollout) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([session_cookie(site)])
    page = context.new_page()
    page.goto(f"{site}/rollouts/{rollout.pk}/")
    expect(page.locator(".chart").first).to_contain_text("below the limit of 99%")
    expect(page.get_by_role("button", name="PNG").first).to_be_hidden()
    page.get_by_text("Values as a table").first.click()
    expect(page.locator(".chart-values td").first).to_be_visible()
    context.close()

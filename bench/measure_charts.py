"""The page of a rollout with four charts in Chromium: when it is painted first, and when the last chart can be used."""

from __future__ import annotations

import os
import tempfile
from statistics import quantiles

from bench.report import Finding
from kurator_ui.run.programs import find_program

TIMES = 12
CHARTS = 4
# Tall enough for all charts: those below the window are drawn when they come near.
WINDOW = (1280, 2600)
WATCH = f"""
const watching = new MutationObserver(() => {{
  const plots = [...document.querySelectorAll(".plot")];
  if (plots.length < {CHARTS} || !plots.every((plot) => plot.querySelector(".main-svg .draglayer rect"))) return;
  watching.disconnect();
  requestAnimationFrame(() => setTimeout(() => {{ window.usable = performance.now(); }}));
}});
watching.observe(document, {{subtree: true, childList: true}});
"""
TOLD = """() => new Promise((told) => {
  const ask = () => window.usable
    ? told([performance.getEntriesByName("first-contentful-paint")[0].startTime, window.usable])
    : setTimeout(ask, 20);
  ask();
})"""


def measure() -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="kurator-ui-bench-") as folder:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="kurator_ui.settings",
            DJANGO_ALLOW_ASYNC_UNSAFE="true",
            KURATOR_UI_STATE=folder,
            KURATOR_UI_LOG_LEVEL="ERROR",
        )
        return _measure()


def _measure() -> list[Finding]:
    import django  # noqa: PLC0415 - settings are read when Django is set up, and the folder is known only now
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)

    from bench import pages  # noqa: PLC0415
    from rollouts.models import Rollout  # noqa: PLC0415

    pages.fill(10, 100)
    rollout = Rollout.objects.filter(phase="Progressing").earliest("pk")
    pages.fill_history(rollout)
    painted, usable = _look(f"/rollouts/{rollout.pk}/")
    return [
        Finding("rollout page with 4 charts in Chromium, empty cache, first paint, p50", "ms", painted[9], 1000),
        Finding("the same, until the last chart can be used, p50", "ms", usable[9], 1000),
        Finding("the same, p95", "ms", usable[18], 1000),
    ]


def _look(address: str) -> tuple[list[float], list[float]]:
    """Each time with an empty cache. Twentieths of both times in milliseconds."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it needs what is set up before

    from tests.support.site import serving, session_cookie  # noqa: PLC0415

    painted, usable = [], []
    with serving() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=["--no-sandbox"])
        for place in range(TIMES + 1):
            context = browser.new_context(viewport={"width": WINDOW[0], "height": WINDOW[1]})
            context.add_cookies([session_cookie(site)])
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(site + address)
            first, last = page.evaluate(TOLD)
            context.close()
            if place:  # the first one warms the server up
                painted.append(first)
                usable.append(last)
        browser.close()
    return quantiles(painted, n=20), quantiles(usable, n=20)

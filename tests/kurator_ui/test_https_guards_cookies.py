from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOLD = """
import json
from kurator_ui import settings
names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "KNOWN_BROWSER_COOKIE_NAME", "SESSION_COOKIE_SECURE",
         "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "EVERYBODY_VIEWS", "BEHIND_PROXY")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def settings(state: Path, **given: str) -> dict[str, object]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KURATOR_UI_")}
    environment = {**clean, "KURATOR_UI_STATE": str(state), **given}
    run = subprocess.run([sys.executable, "-c", TOLD], cwd=ROOT, env=environment, capture_output=True, check=True)
    found: dict[str, object] = json.loads(run.stdout)
    return found


def test_with_https_cookies_are_of_this_host_alone_and_browsers_insist_on_it(tmp_path: Path) -> None:
    assert settings(tmp_path, KURATOR_UI_HTTPS="true") == {
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "KNOWN_BROWSER_COOKIE_NAME": "__Host-known-browser",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
        "SECURE_SSL_REDIRECT": True,
        "EVERYBODY_VIEWS": False,
        "BEHIND_PROXY": False,
    }
    assert settings(tmp_path, KURATOR_UI_HTTPS="true", KURATOR_UI_HSTS_SECONDS="60")["SECURE_HSTS_SECONDS"] == 60


def test_without_https_nothing_is_promised(tmp_path: Path) -> None:
    found = settings(tmp_path, KURATOR_UI_EVERYBODY_VIEWS="true", KURATOR_UI_BEHIND_PROXY="true")
    assert (found["SESSION_COOKIE_NAME"], found["SECURE_HSTS_SECONDS"]) == ("sessionid", 0)
    assert (found["EVERYBODY_VIEWS"], found["BEHIND_PROXY"]) == (True, True)

"""Settings of the test suite: those of the program, on databases and folders of its own.

`KURATOR_UI_TEST_DATABASE_URL` and `KURATOR_UI_TEST_REDIS_URL` run the suite on PostgreSQL and Redis instead.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

for name in [name for name in os.environ if name.startswith("KURATOR_UI_") and "_TEST_" not in name]:
    del os.environ[name]  # a developer's own settings have no say here

worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
state = Path(tempfile.mkdtemp(prefix="kurator-ui-tests-"))  # of this run alone: several may go on at once
atexit.register(shutil.rmtree, state, ignore_errors=True)
os.environ["KURATOR_UI_STATE"] = str(state)
os.environ["KURATOR_UI_SECRET_KEY"] = "key-of-the-tests"
os.environ["KURATOR_UI_SECRET_KEYS"] = "dGVzdC1rZXktMzItYnl0ZXMtb2YtdGVzdC1rZXkhISE="
os.environ["KURATOR_UI_DATABASE_URL"] = os.environ.get("KURATOR_UI_TEST_DATABASE_URL", "")
if redis := os.environ.get("KURATOR_UI_TEST_REDIS_URL"):  # a database of its own for each parallel run
    os.environ["KURATOR_UI_REDIS_URL"] = redis.removesuffix("/0") + "/" + worker.removeprefix("gw")
os.environ["KURATOR_UI_DATABASE_POOL"] = "10"

from kurator_ui.settings import *  # noqa: E402, F403
from kurator_ui.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: SQLite in memory has other locks, and tests of threads would prove nothing.
    DATABASES["default"]["TEST"] = {"NAME": str(state / "test.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

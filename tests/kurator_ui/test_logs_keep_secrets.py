from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from django.conf import settings

from kurator_ui.logs import logging_config


@pytest.fixture(autouse=True)
def logs_of_the_suite() -> Iterator[None]:
    yield
    logging.config.dictConfig(settings.LOGGING)


def fail(password: str) -> None:
    raise ValueError("it went wrong")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_does_not_show_the_values_of_variables(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    logging.config.dictConfig(logging_config(json=as_json, level="INFO"))
    try:
        fail("hidden")
    except ValueError:
        structlog.get_logger("tests").exception("broken")
    written = capsys.readouterr().err
    assert "it went wrong" in written
    assert "test_logs_keep_secrets.py" in written
    assert "'hidden'" not in written


def test_in_production_a_line_is_one_json_object_whoever_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    logging.config.dictConfig(logging_config(json=True, level="INFO"))
    structlog.get_logger("ours").info("cluster reached", cluster="alpha")
    logging.getLogger("theirs").warning("a library's %s", "line")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["cluster"], ours["level"]) == ("cluster reached", "alpha", "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("a library's line", "theirs", "warning")

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from kurator_ui.databases import database_from_url
from kurator_ui.env import env_bool, env_days, env_int, env_list, env_secret


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("ON", True), ("no", False), ("", False)])
def test_a_switch_understands_the_usual_words(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("KURATOR_UI_DEBUG", text)
    assert env_bool("DEBUG", not value) is value


def test_a_value_that_is_no_switch_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KURATOR_UI_DEBUG", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="KURATOR_UI_DEBUG must be true or false"):
        env_bool("DEBUG", False)


def test_a_value_that_is_no_number_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KURATOR_UI_PROCESSES", "two")
    with pytest.raises(ImproperlyConfigured, match="KURATOR_UI_PROCESSES must be a whole number"):
        env_int("PROCESSES", 1)


def test_an_age_is_a_number_of_days_and_0_is_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env_days("KEEP_CURVES_DAYS", 90) == timedelta(days=90)
    monkeypatch.setenv("KURATOR_UI_KEEP_CURVES_DAYS", "0")
    assert env_days("KEEP_CURVES_DAYS", 90) is None
    monkeypatch.setenv("KURATOR_UI_KEEP_CURVES_DAYS", "-1")
    with pytest.raises(ImproperlyConfigured, match="KURATOR_UI_KEEP_CURVES_DAYS must be a number of days"):
        env_days("KEEP_CURVES_DAYS", 90)


def test_a_list_is_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KURATOR_UI_HOSTS", " one.example, two.example ,")
    assert env_list("HOSTS") == ["one.example", "two.example"]


def test_a_secret_is_read_from_a_mounted_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hidden\n")
    monkeypatch.setenv("KURATOR_UI_TOKEN_FILE", str(tmp_path / "key"))
    assert env_secret("TOKEN") == "hidden"


def test_a_secret_given_twice_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KURATOR_UI_TOKEN", "hidden")
    monkeypatch.setenv("KURATOR_UI_TOKEN_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="not both") as caught:
        env_secret("TOKEN")
    assert "hidden" not in str(caught.value)


def test_a_secret_whose_file_is_gone_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KURATOR_UI_TOKEN_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match="KURATOR_UI_TOKEN_FILE cannot be read"):
        env_secret("TOKEN")


def test_a_postgresql_address_gives_a_pool_and_limits() -> None:
    database = database_from_url("postgresql://me:p%40ss@db.example:5433/fleet?sslmode=require", pool_size=7)
    options: dict[str, Any] = database["OPTIONS"]
    assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("me", "p@ss", "db.example")
    assert (database["PORT"], database["NAME"], database["CONN_MAX_AGE"]) == ("5433", "fleet", 0)
    assert options["pool"]["max_size"] == 7
    assert options["sslmode"] == "require"
    assert "idle_in_transaction_session_timeout" in options["options"]


def test_a_sqlite_address_names_a_file_and_takes_the_write_lock_first() -> None:
    database = database_from_url("sqlite:////var/lib/fleet.db", pool_size=7)
    assert database["NAME"] == "/var/lib/fleet.db"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize("url", ["mysql://me:hidden@host/name", "postgresql://me:hidden@host", "postgresql://h:x/n"])
def test_an_address_of_no_known_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="KURATOR_UI_DATABASE_URL") as caught:
        database_from_url(url, pool_size=1)
    assert "hidden" not in str(caught.value)

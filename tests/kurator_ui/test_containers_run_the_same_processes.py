"""There is no container engine where this is tested, so the files are held against what `make stack` really runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kurator_ui.run import processes

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = {
    "web": processes.WEB,
    "stream": processes.STREAM,
    "observe": f"{processes.OBSERVE} {processes.QUIET_WORKER}",
    "short": f"{processes.SHORT} {processes.QUIET_WORKER}",
    "commands": f"{processes.COMMANDS} {processes.QUIET_WORKER}",
    "beat": processes.BEAT,
}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_container_runs_the_command_of_the_stack(services: dict[str, Any], name: str) -> None:
    assert services[name]["command"].startswith(COMMANDS[name])


def test_the_container_that_observes_keeps_memory_as_the_stack_does(services: dict[str, Any]) -> None:
    assert services["observe"]["environment"] == services["web"]["environment"] | processes.FEW_CACHES


def test_measuring_alone_yields_to_what_people_wait_for(services: dict[str, Any], tmp_path: Path) -> None:
    yielding = {name for name, service in services.items() if "cpu_shares" in service}
    children = processes.application_processes(tmp_path, {}, 1, 2)
    assert yielding == {child.name for child in children if child.niceness} == {"short"}


def test_there_is_a_container_for_each_process_and_no_other(services: dict[str, Any]) -> None:
    assert set(services) == {*COMMANDS, "postgres", "redis", "prepare", "proxy"}


def test_every_process_that_stays_has_a_health_check(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"prepare"}


def test_no_container_starts_before_what_it_needs(services: dict[str, Any]) -> None:
    for name in COMMANDS:
        assert set(services[name]["depends_on"]) == {"postgres", "redis", "prepare"}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)


def test_every_secret_comes_from_outside_and_is_demanded() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / "deploy" / "compose.env.example").read_text(encoding="utf-8")
    demanded = set(re.findall(r"\$\{(\w+):\?\}", text))
    assert demanded == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "KURATOR_UI_SECRET_KEY", "KURATOR_UI_SECRET_KEYS"}
    assert demanded <= set(re.findall(r"^(\w+)=$", example, re.MULTILINE))


def test_the_image_contains_all_that_the_program_imports_and_shows() -> None:
    copied = set(re.findall(r"^COPY (\w[\w.]*)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
    let_in = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert copied == let_in
    assert {"manage.py", "kurator_ui", "rollouts", "templates", "static"} <= copied
    assert all((ROOT / name).exists() for name in copied)

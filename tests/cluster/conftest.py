"""Real clusters, and the program as a user starts it, observing them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.cluster.acting import signed_in
from tests.cluster.laboratory import IDLE, Member, wait_for
from tests.cluster.plain import made
from tests.cluster.program import Program

PASSWORD = "laboratory-7f3a"
OLGA = f"""
from django.contrib.auth import get_user_model
from rollouts.models import Covers, Grant, Role
made = get_user_model().objects.create_user("olga", password="{PASSWORD}")
Grant.objects.create(person=made, role=Role.OPERATOR, covers=Covers.EVERYTHING)
"""


@pytest.fixture(scope="session")
def hub_kubeconfig() -> Path:
    return Path(os.environ["LAB_HUB_KUBECONFIG"])


@pytest.fixture(scope="session")
def members() -> list[Member]:
    return [Member.of(Path(path)) for path in os.environ["LAB_MEMBER_KUBECONFIGS"].split(",")]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory, hub_kubeconfig: Path, members: list[Member]) -> Iterator[Program]:
    """Registered with the hub alone: the members are found through it."""
    program = Program.on(tmp_path_factory.mktemp("state"))
    program.start()
    try:
        program.manage("clusters", "add", "laboratory", "--kubeconfig", str(hub_kubeconfig), "--hub", "--store")
        for member in members:
            wait_for(lambda member=member: program.rollout(member.name), 30, f"{member.name} to be observed")  # type: ignore[misc]
        yield program
    finally:
        program.stop()


@pytest.fixture(autouse=True)
def at_rest(members: list[Member]) -> None:
    """Every member is healthy and idle before a test begins."""
    for member in members:
        member.fault(0.0)
        wait_for(lambda member=member: member.phase() in IDLE, 150, f"{member.name} to come to rest")  # type: ignore[misc]


@pytest.fixture(scope="session")
def browser_type_launch_args(tool: Callable[..., str]) -> dict[str, Any]:
    return {"executable_path": tool("chromium"), "args": ["--no-sandbox"]}


@pytest.fixture
def page(browser: Browser, program: Program) -> Iterator[Page]:
    page = signed_in(browser, program, "admin", program.password())
    yield page
    page.context.close()


@pytest.fixture(scope="session")
def password_of_olga(program: Program) -> str:
    program.manage("shell", "-c", OLGA)
    return PASSWORD


@pytest.fixture
def operator(browser: Browser, program: Program, password_of_olga: str) -> Iterator[Page]:
    """Of somebody who is no more than an operator."""
    page = signed_in(browser, program, "olga", password_of_olga)
    yield page
    page.context.close()


@pytest.fixture
def plain(members: list[Member]) -> Iterator[Member]:
    """The first member, with a Canary that nobody keeps."""
    with made(members[0]) as member:
        yield member

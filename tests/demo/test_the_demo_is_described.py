"""Whoever looks on can read who is who."""

from __future__ import annotations

from pathlib import Path

import pytest

from kurator_ui.demo.cast import PARTS, Part
from kurator_ui.demo.fleet import HUB
from kurator_ui.demo.serve import MEMBER_NAMES, PLAIN_NAMES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [HUB, *MEMBER_NAMES, *PLAIN_NAMES])
def test_every_cluster_is_named(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_rollout_is_named_with_what_is_special_about_it(part: Part) -> None:
    assert f"| {part.namespace}/{part.name} |" in TEXT

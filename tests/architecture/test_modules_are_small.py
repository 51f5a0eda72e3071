from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("kurator_ui", "rollouts", "scripts")
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Name and text of each module that people wrote."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def test_a_module_has_at_most_300_lines() -> None:
    sizes = {name: len(text.splitlines()) for name, text in modules(*PRODUCT, "tests", "bench")}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_a_function_has_at_most_40_lines() -> None:
    sizes = {
        f"{name}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, text in modules(*PRODUCT)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_the_domain_imports_the_standard_library_and_what_reads_yaml_alone() -> None:
    known = {*sys.stdlib_module_names, "yaml"}
    foreign = {
        f"{name}: {module}"
        for name, text in modules("rollouts/domain")
        for module in imported(text)
        if module.split(".")[0] not in known and not f"{module}.".startswith("rollouts.domain.")
    }
    assert foreign == set()

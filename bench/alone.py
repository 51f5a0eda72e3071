"""What runs in a process of its own: it must be importable there, which a program's main module is not."""

from __future__ import annotations

from importlib import import_module

from bench.report import Finding


def measure(name: str) -> list[Finding]:
    findings: list[Finding] = import_module(f"bench.measure_{name}").measure()
    return findings

"""What a measurement found, and the table of all of them."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Finding:
    """One number. All values are in `unit`; a smaller one is better.

    `floor` is what the same machine needs in the same run for the part that cannot be avoided, where there is such a
    part: the ratio to it says more than the number, which is the machine's as much as ours.
    """

    what: str
    unit: str
    measured: float
    promised: float
    floor: float | None = None

    @property
    def kept(self) -> bool:
        return self.measured <= self.promised


HEAD = """\
| what | promised | measured | floor | ratio | |
|---|---:|---:|---:|---:|---|
"""


def table(findings: Iterable[Finding]) -> str:
    return HEAD + "".join(_row(finding) for finding in findings)


def page(findings: Iterable[Finding], *, now: datetime | None = None) -> str:
    """The whole of RESULTS.md. A promise that was missed says so."""
    day = (now or datetime.now(UTC)).date().isoformat()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"# Results\nMeasured by `make bench` on {day}: {machine}.\n\n{table(findings)}"


def _row(finding: Finding) -> str:
    floor, ratio = "", ""
    if finding.floor is not None:
        floor = f"{_number(finding.floor)} {finding.unit}"
        ratio = f"{finding.measured / finding.floor:.1f} ×" if finding.floor else ""
    verdict = "kept" if finding.kept else "**missed**"
    promised, measured = (f"{_number(value)} {finding.unit}" for value in (finding.promised, finding.measured))
    return f"| {finding.what} | {promised} | {measured} | {floor} | {ratio} | {verdict} |\n"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"

"""Runs the measurements: each module `bench/measure_<name>.py` has a function `measure() -> list[Finding]`.

Each runs in a process of its own, one after the other, so that none pays for what another left behind. A promise that
was missed is reported, not hidden; the exit code is 1 only when a measurement could not be made.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.alone import measure
from bench.report import Finding, page, table

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "RESULTS.md"


def names() -> list[str]:
    return sorted(path.stem.removeprefix("measure_") for path in FOLDER.glob("measure_*.py"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of {', '.join(names()) or '(none yet)'}; default all"
    )
    wanted = parser.parse_args(arguments).names or names()
    if not wanted:
        print("There is no measurement yet.", file=sys.stderr)
        return 1
    findings: list[Finding] = []
    broken = []
    for name in wanted:
        print(f"Measuring {name} …", flush=True)
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as alone:
            try:
                found = alone.submit(measure, name).result()
            except Exception as error:  # whatever it was, the others are still measured
                broken.append(name)
                print(f"{name} could not be measured: {type(error).__name__}: {error}", file=sys.stderr)
                continue
        print(table(found), flush=True)
        findings += found
    if wanted == names() and not broken:
        RESULTS.write_text(page(findings), encoding="utf-8")
        print(f"Written to {RESULTS.relative_to(FOLDER.parent)}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

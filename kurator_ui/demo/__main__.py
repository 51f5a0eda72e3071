"""`python -m kurator_ui.demo`: the same as `manage.py demo`, without Django."""

from __future__ import annotations

import argparse
import sys

from kurator_ui.demo.options import add_options, options_of
from kurator_ui.demo.process import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m kurator_ui.demo", description="A simulated fleet: a Kurator hub, members and plain clusters."
    )
    add_options(parser)
    sys.exit(run(options_of(vars(parser.parse_args()))))

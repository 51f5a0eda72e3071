"""Plotly is not installed but kept in this repository, so that it is served by us and is what was tried."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / "static" / "vendor" / "plotly"
SCRIPT = FOLDER / "plotly-basic-4.1.1.min.js"
SHA256 = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
"""Of `plotly-basic.min.js` in the npm package plotly.js-basic-dist-min 4.1.1."""


OPENED, CLOSED = b', (() => {\n"use strict";', b"})));"
"""Its outermost function is in parentheses of ours: browsers then parse what is in it beside the page."""


def test_the_script_is_the_published_one_with_its_licence() -> None:
    kept = SCRIPT.read_bytes()
    assert kept.count(OPENED) == 1
    assert kept.endswith(CLOSED)
    published = kept.replace(OPENED, OPENED.replace(b"((", b"(")).removesuffix(CLOSED) + b"}));"
    assert hashlib.sha256(published).hexdigest() == SHA256
    assert "MIT" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_the_style_sheet_has_every_rule_that_the_script_would_write() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    rules = script[script.index('{"X,X div"') : script.index("};for(", script.index('{"X,X div"'))]
    inside = re.findall(r'"([^"]+)":(?:"([^"]*)"|\'([^\']*)\')', rules)
    assert len(inside) > 50
    sheet = (FOLDER / "plotly.css").read_text(encoding="utf-8")
    missing = []
    for selector, double, single in inside:
        named = selector.replace("X", ".js-plotly-plot .plotly").replace("Y", ".plotly-notifier")
        if f"{named} {{{double or single}}}" not in sheet:
            missing.append(named)
    assert missing == []

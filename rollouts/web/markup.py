"""HTML of our own text and values of any origin. As Django's `format_html`, which costs five times as much: pages have
hundreds of pieces.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

from django.utils.safestring import SafeString

NOTHING = SafeString("")
escaped = lru_cache(maxsize=4096)(escape)
"""Kept: a list repeats the names of a few clusters, phases and versions in all its lines."""


def markup(text: str, *values: object, **named: object) -> SafeString:
    """`text` with each `{}` or `{name}` replaced by a value: escaped, unless it is markup itself."""
    return SafeString(text.format(*map(_safe, values), **{name: _safe(value) for name, value in named.items()}))


def _safe(value: object) -> str:
    return value if isinstance(value, SafeString) else escaped(str(value))

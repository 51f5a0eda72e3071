"""What may be a secret is hidden, in values of any shape and in text.

Hidden are: values whose name looks secret (environment variables, headers, fields named like `password` or `apiKey`,
also by the path of a JSON patch; of a match what it is compared with), tokens, private keys, what follows options such
as `--password` (in the same text, or as the next item of a list), and logins in addresses. Names of Secrets and
references to them stay: they are needed to understand an object and open nothing.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"
LONGEST = 20_000
DEEPEST = 100
"""Levels of an object that are looked through; no real one comes near."""
_SECRET = re.compile(
    r"pass(word|wd|phrase)?$|passw|secret|token|credential|api[-_]?key|access[-_]?key|private[-_]?key|encryption[-_]?key"
    r"|authorization|^auth$|[-_]auth$|cookie$|dsn$|connection[-_]?string|pwd|webhook",
    re.IGNORECASE,
)
_COMPARED = frozenset({"exact", "prefix", "suffix", "regex"})
"""Below the name of a header or a parameter, in a match. A cookie stays: its text tells groups of users apart."""
_REFERENCE = re.compile(r"(name|names|ref|refs|key|namespace|path|seconds|mountpath)$", re.IGNORECASE)
_SECRET_KEY = re.compile(r"(api|access|private|encryption|secret)[-_]?key$", re.IGNORECASE)
# Every repetition has an end: these texts come from tenants, and an open one can be made to take hours.
_OPTION = re.compile(
    r"(--?[\w-]{0,40}(?:passw|secret|token|api-?key|credential)[\w-]{0,40}[=\s]\s?"
    r"|\b\w{0,40}(?:PASSW|PWD|SECRET|TOKEN|API_?KEY|WEBHOOK)\w{0,40}=)(\"[^\"]*\"|'[^']*'|\S+)",
    re.IGNORECASE,
)
_LONE_OPTION = re.compile(r"--?[a-z][\w-]{0,80}", re.IGNORECASE)
_HEADER = re.compile(r"((?:authorization|cookie|x-[\w-]{0,40}(?:token|key))\s{0,4}:\s{0,4})[^'\"\r\n]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(Bearer|Basic)\s{1,4}[\w.~+/=-]{6,}", re.IGNORECASE)
_SIGNED = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*", re.DOTALL)
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@'\"]{1,200}@", re.IGNORECASE)
_INSTEAD = (
    (_PRIVATE_KEY, HIDDEN),
    (_HEADER, rf"\1{HIDDEN}"),
    (_BEARER, rf"\1 {HIDDEN}"),
    (_SIGNED, HIDDEN),
    (_OPTION, rf"\1{HIDDEN}"),
    (_LOGIN, rf"\1{HIDDEN}@"),
)


def hide(value: Any, name: str = "", depth: int = DEEPEST) -> Any:
    """A copy of what JSON can hold, `name` being what it is called; the original stays as it is."""
    if isinstance(value, dict | list) and depth == 0:
        return HIDDEN
    if isinstance(value, dict):
        # {name: …, value: …}: an environment variable, a header, a Helm parameter. {path: …, value: …}: a JSON patch.
        pair = value.get("name") or value.get("path")
        owner = pair.rpartition("/")[2] if isinstance(pair, str) and "value" in value else ""
        compared = name if _is_comparison(value) and not name.lower().endswith("cookie") else ""
        return {
            key: hide(inner, compared or (owner if key == "value" else key), depth - 1) for key, inner in value.items()
        }
    if isinstance(value, list):
        pairs = zip(("", *value), value, strict=False)
        return [hide(inner, _secret_option(before, inner) or name, depth - 1) for before, inner in pairs]
    if value in ("", None) or isinstance(value, bool):
        return value
    if _looks_secret(name):
        return HIDDEN
    return hide_in_text(value) if isinstance(value, str) else value


def _is_comparison(value: dict[str, Any]) -> bool:
    return bool(value) and value.keys() <= _COMPARED


def _secret_option(before: Any, item: Any) -> str:
    """What the item is the value of; empty where that is nothing secret, or the item is an option itself."""
    if not isinstance(before, str) or not _LONE_OPTION.fullmatch(before) or not _looks_secret(before):
        return ""
    return "" if isinstance(item, str) and item.startswith("--") else before


def hide_in_text(text: str) -> str:
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text)} characters)"
    for pattern, instead in _INSTEAD:
        text = pattern.sub(instead, text)
    return text


def _looks_secret(name: str) -> bool:
    if not _SECRET.search(name):
        return False
    return bool(_SECRET_KEY.search(name)) or not _REFERENCE.search(name)

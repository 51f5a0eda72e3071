"""References to container images, by the grammar of registries: `[host[:port]/]path[:tag][@digest]`."""

from __future__ import annotations

import re

LONGEST = 255
"""Of the name, without tag and digest."""
HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]{1,5})?"
)
PART = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}")


def trouble(reference: str) -> str:
    """The sentence why it is no reference to an image; empty when it is one."""
    if not reference:
        return "Give the whole image, as registry/name:tag."
    if re.search(r"\s", reference):
        return "An image has no spaces in it."
    name, tag, digest = parts(reference)
    if digest is not None and not DIGEST.fullmatch(digest):
        return f"“{digest[:80]}” is not a digest: after @ stands sha256: and 64 hexadecimal digits."
    if digest is not None and digest.startswith("sha256:") and len(digest) != len("sha256:") + 64:
        return "A sha256 digest has 64 hexadecimal digits."
    if tag is not None and not TAG.fullmatch(tag):
        return f"“{tag[:80]}” is not a tag: letters, digits, _ . and -, at most 128, and neither . nor - first."
    if len(name) > LONGEST:
        return f"The name is longer than {LONGEST} characters."
    return _of_name(name)


def parts(reference: str) -> tuple[str, str | None, str | None]:
    """Name, tag and digest; None for what does not stand there. A colon before the last slash is a port's."""
    rest, at, digest = reference.partition("@")
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    return f"{head}{slash}{last}", tag if colon else None, digest if at else None


def _of_name(name: str) -> str:
    first, slash, rest = name.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    if has_host and not HOST.fullmatch(first):
        return f"“{first[:80]}” is not the name of a registry."
    for part in (rest if has_host else name).split("/"):
        if not PART.fullmatch(part):
            shown = f"“{part[:80]}”" if part else "An empty part"
            return (
                f"{shown} cannot stand in the name of an image: lower-case letters and digits, with . _ or - between."
            )
    return ""

"""An object as a person may look at it: without bookkeeping, and without anything that may be a secret."""

from __future__ import annotations

import re
from typing import Any

from rollouts.domain.redaction import HIDDEN, hide

DROPPED_ANNOTATIONS = re.compile(r"last-applied|original-configuration")


def redacted(found: dict[str, Any]) -> dict[str, Any]:
    """A copy; the original stays as it is."""
    kept: dict[str, Any] = hide(found)
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            metadata["annotations"] = {k: v for k, v in annotations.items() if not DROPPED_ANNOTATIONS.search(k)}
    if kept.get("kind") == "Secret":
        for key in ("data", "stringData"):
            if isinstance(kept.get(key), dict):
                kept[key] = dict.fromkeys(kept[key], HIDDEN)
    return kept

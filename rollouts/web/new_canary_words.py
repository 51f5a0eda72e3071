"""What is said of a Canary that is to be made, where its page says it otherwise than the API."""

from __future__ import annotations

from typing import Any

from rollouts.models import NewCanary
from rollouts.services.new_canaries.reviewing import review
from rollouts.web.policy_change import as_yaml
from rollouts.web.policy_labels import label_of


def reviewed(row: NewCanary) -> dict[str, Any]:
    """For the template."""
    seen = review(row)
    return {
        "review": seen,
        "hints": [(label_of(one.field), one.said) for one in seen.findings],
        "yaml": as_yaml(seen.manifest) if seen.manifest is not None else "",
    }

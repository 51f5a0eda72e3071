"""Whatever a policy says, the form that shows it sends it back as it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.template.loader import render_to_string
from hypothesis import given, settings

from rollouts.domain.policies.editing import edited
from rollouts.domain.policies.entering import numbered, shown
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.writing import write
from rollouts.web.policy_form import groups
from tests.support.any_policies import policies
from tests.support.filled_forms import untouched
from tests.support.policies import ROUTING, policy

SEVERAL = policy(
    **{
        f"{ROUTING}.corsPolicy": {
            "allowOrigin": ["https://a.test", "https://b.test"],
            "allowMethods": ["GET", "POST"],
            "allowHeaders": ["x-a", "x-b"],
            "exposeHeaders": ["x-c", "x-d"],
        },
        f"{ROUTING}.retries": {"attempts": 3, "retryOn": "5xx,\nconnect-failure"},
    }
)
IN_STEPS = policy(**{f"{ROUTING}.analysisTimes": 0, f"{ROUTING}.canaryStrategy": {"stepWeights": [5, 10, 50]}})


def sent_back(rollout: dict[str, Any]) -> Any:
    """What has become of the policy."""
    texts = shown(read(rollout))
    context = {
        "groups": groups(texts, edited(rollout, texts), Known()),
        "application": SimpleNamespace(pk=1),
        "policy": "checkout-prod",
        "base": "{}",
    }
    edit = edited(rollout, numbered(untouched(render_to_string("rollouts/bits/policy_form.html", context))))
    return write(rollout, edit.before, edit.after)


@settings(deadline=None)  # the first one reads the templates
@given(policies)
def test_any_policy_is_unchanged_by_a_form_that_nobody_has_touched(rollout: dict[str, Any]) -> None:
    assert sent_back(rollout) == ()


def test_what_has_several_lines_keeps_them() -> None:
    assert sent_back(SEVERAL) == ()
    assert sent_back(IN_STEPS) == ()

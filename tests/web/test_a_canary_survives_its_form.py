"""Whatever a plain Canary says, its form shows it, judges it, and sends it back as it was."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from hypothesis import given

from rollouts.domain.policies.concealing import concealed
from rollouts.domain.policies.editing import STRATEGY, Edit, edited
from rollouts.domain.policies.entering import numbered, shown
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.policies.reading import read
from rollouts.domain.policies.writing import write
from rollouts.web.policy_form import groups
from tests.support.any_canaries import specs
from tests.support.canaries import EVERYTHING
from tests.support.filled_forms import untouched


def sent(found: dict[str, Any]) -> dict[str, str]:
    """What a browser sends of the form that nobody has touched."""
    texts = shown(read(found, PLAIN))
    context = {
        "groups": groups(texts, edited(found, texts, PLAIN), Known(layout=PLAIN)),
        "policy": "checkout",
        "plain": True,
        "base": "{}",
    }
    return numbered(untouched(render_to_string("rollouts/bits/policy_form.html", context)))


def sent_back(found: dict[str, Any]) -> tuple[Edit, Any]:
    """What has become of the spec."""
    edit = edited(found, sent(found), PLAIN)
    return edit, write(found, edit.before, edit.after, PLAIN)


@given(specs)
def test_any_spec_is_unchanged_by_a_form_that_nobody_has_touched(found: dict[str, Any]) -> None:
    edit, operations = sent_back(found)
    assert operations == ()
    assert edit.dropped == ()


@given(specs)
def test_of_any_spec_it_can_be_said_what_it_means_and_what_is_wrong_of_it(found: dict[str, Any]) -> None:
    edit = edited(found, shown(read(found, PLAIN)), PLAIN)
    assert meaning(edit.after)
    assert {one.said.strip()[-1:] for one in edit.findings} <= {".", "!"}
    assert concealed(shown(edit.after)).keys() == shown(edit.after).keys()


def test_what_has_several_lines_keeps_them() -> None:
    everything = {**EVERYTHING}
    del everything["provider"]
    assert {"gateway_refs", "copies", "service_match", "traffic_policy", STRATEGY} <= sent(everything).keys()
    assert sent_back(everything)[1] == ()

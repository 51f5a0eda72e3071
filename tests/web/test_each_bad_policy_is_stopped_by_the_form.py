"""Each bad input of kurator.md 6.2 and 6.4, sent by the form: it is told at its field, and nothing comes of it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from rollouts.domain import memory
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import KEPT, entered, shown
from rollouts.domain.policies.reading import read
from rollouts.models import Application, PolicyDraft
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_policy
from tests.support.policies import POLICY, policy
from tests.support.wrong_policies import WRONG, Changes

pytestmark = pytest.mark.django_db
TYPED = [
    ({"interval": "soon"}, "interval", "“soon” is no whole number"),
    ({"port": "99999999999"}, "port", "is no whole number"),
    ({"metrics-1-maximum": "half"}, "metrics-1-maximum", "“half” is no number"),
    ({"strategy": "canary", "steps": "10, x"}, "steps", "“x” is no whole number"),
    ({"strategy": "canary"}, "strategy", "with neither"),
    ({"strategy": "ab-testing"}, "match", "Say whom the test is for"),
    ({"strategy": "ab-testing", "match": "x-group"}, "match", "x-group"),
    ({"request_set": "x-tier"}, "request_set", "“x-tier” is no header"),
    ({"response_add": "x: 1\nx: 2"}, "response_add", "“x” is said twice"),
    ({"origins": "prefix"}, "origins", "“prefix” is no site"),
]
"""What only a person can write: no object has such a value."""


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


@pytest.mark.parametrize(("changes", "field", "said"), WRONG)
def test_it_is_stopped_with_its_own_sentence(
    editor: Client, one: Application, changes: Changes, field: str, said: str
) -> None:
    """Written into the policy that works; what nobody can write there was so already."""
    bad = read(policy(**changes))
    texts = {"strategy": "blue-green", **shown(bad)}
    written = shown(entered(read(POLICY), texts)[0])
    same = all(written.get(name, "").strip() == text.strip() for name, text in texts.items() if name != STRATEGY)
    base = POLICY if same and KEPT not in texts.values() else policy(**changes)
    found = {**memory.dump(memory.load_policy(one.policies[0])), "rollout": base}
    Application.objects.filter(pk=one.pk).update(policies=[found])
    refused(editor, one, base, texts, field, said)


@pytest.mark.parametrize(("typed", "field", "said"), TYPED)
def test_so_is_what_no_field_can_say(
    editor: Client, one: Application, typed: dict[str, str], field: str, said: str
) -> None:
    refused(editor, one, POLICY, {"strategy": "blue-green", **shown(read(POLICY)), **typed}, field, said)


def refused(editor: Client, one: Application, base: Any, texts: dict[str, str], field: str, said: str) -> None:
    given = {**texts, "policy": NAME, "base": json.dumps(base), "go": "review"}
    response = editor.post(f"/applications/{one.pk}/policy/edit/", given)
    page = response.content.decode()
    at_field = re.search(rf'<div id="said-{field}" class="said">(.*?)</div>', page, re.DOTALL)
    assert at_field is not None
    wrong = [html.unescape(each) for each in re.findall(r'<p class="bad-input">(.*?)</p>', at_field[1])]
    assert any(said in each for each in wrong), at_field[1]
    assert response.status_code == 422
    assert "Patch to commit" not in page
    assert not PolicyDraft.objects.exists()

"""What somebody enters and may be a secret, where the key for it is missing or gone."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from rollouts.models import Application, PolicyDraft
from tests.support.governed import make_policy
from tests.web.test_a_policy_is_applied import address, answered, apply, review, words

pytestmark = pytest.mark.django_db
SECRET = {"commands-0": "hey -z 1m --token=fresh http://checkout-canary.shop:8080/"}


@pytest.fixture
def one(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east")


def lost(client: Client, one: Application, settings: Any) -> PolicyDraft:
    review(client, one, **SECRET)
    row = answered()
    assert row.sealed
    settings.SECRET_KEYS = [Fernet.generate_key().decode()]
    return row


def test_a_review_whose_key_is_gone_says_what_is_lost_and_what_to_do(
    editor: Client, one: Application, settings: Any
) -> None:
    row = lost(editor, one, settings)
    for response in (editor.get(address(row)), apply(editor, row)):
        assert response.status_code == 409
        assert "What was entered cannot be read any more" in words(response)
        assert "Edit again" in words(response)
        assert "fresh" not in response.content.decode()


def test_an_open_review_is_led_to_that_page(editor: Client, one: Application, settings: Any) -> None:
    row = lost(editor, one, settings)
    response = editor.get(address(row), headers={"HX-Request": "true", "HX-Target": "policy-apply"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, address(row))


def test_without_keys_it_is_shown_and_cannot_be_applied(editor: Client, one: Application, settings: Any) -> None:
    settings.SECRET_KEYS = []
    response = review(editor, one, **SECRET)
    assert response.status_code == 200
    assert "It cannot be applied from here" in words(response)
    assert "set KURATOR_UI_SECRET_KEYS" in words(response)
    assert not PolicyDraft.objects.exists()
    review(editor, one, interval="60")
    assert PolicyDraft.objects.count() == 1, "without a secret no key is needed"

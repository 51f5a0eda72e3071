"""The dialog of an act that has to be told something: first its fields, then what would happen, then the click."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Command, Rollout
from tests.support.builders import BLUE, make_rollout
from tests.support.earlier import make_idle
from tests.web.dialogs import HTMX, button, page, sent

pytestmark = pytest.mark.django_db

NEW = "registry.example.test/podinfo:7.0.0"
PRESENT = BLUE


@pytest.fixture
def idle(db: None) -> Rollout:
    return make_idle()


def address(rollout: Rollout, **choice: str) -> str:
    return f"/rollouts/{rollout.pk}/acts/new-version/" + (f"?{urlencode(choice)}" if choice else "")


def test_the_button_leads_to_it(operator: Client, idle: Rollout) -> None:
    html = page(operator, f"/rollouts/{idle.pk}/")
    assert f'formaction="{address(idle)}"' in button(html, "new-version")


def test_it_asks_first_and_finds_nothing_wrong_yet(operator: Client, idle: Rollout) -> None:
    html = page(operator, address(idle))
    assert "New version of checkout?" in html
    assert '<select id="choice-container" name="container" autofocus>' in html
    assert f'name="image" value="{PRESENT}"' in html
    assert "aria-invalid" not in html
    assert 'name="digest"' not in html


def test_then_it_shows_what_would_happen_and_the_click_requests_that(
    operator: Client, idle: Rollout, asked: list[object]
) -> None:
    html = page(operator, address(idle, container="podinfo", image=NEW))
    assert f'<dd class="chosen">{NEW}</dd>' in html
    assert "A release of this version begins" in html
    assert operator.post(address(idle), sent(html)).status_code == 302
    command = Command.objects.get()
    assert command.choice == {
        "container": "podinfo", "image": NEW, "replaces": PRESENT,
    }  # fmt: skip


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(operator: Client, idle: Rollout) -> None:
    html = page(operator, address(idle, container="podinfo", image='"><b>x'))
    assert 'value="&quot;&gt;&lt;b&gt;x"' in html
    assert 'autofocus aria-invalid="true" aria-describedby="choice-image-wrong"' in html
    assert 'id="choice-image-wrong" role="alert"' in html


def test_it_can_be_chosen_again(operator: Client, idle: Rollout) -> None:
    html = page(operator, address(idle, container="podinfo", image=NEW))
    (again,) = re.findall(r'<a class="button" href="([^"]*again=1)"', html)
    opened = page(operator, unescape(again))
    assert f'id="choice-image" name="image" value="{NEW}"' in opened
    assert 'name="digest"' not in opened


def test_a_click_without_a_choice_is_shown_the_fields(operator: Client, idle: Rollout) -> None:
    response = operator.post(address(idle), {"digest": "1"}, **HTMX)
    assert response.status_code == 422
    assert "Choose a container." in response.content.decode()
    assert not Command.objects.exists()


def test_another_choice_than_the_one_that_was_shown_is_shown_first(operator: Client, idle: Rollout) -> None:
    given = sent(page(operator, address(idle, container="podinfo", image=NEW)))
    response = operator.post(address(idle), {**given, "image": "registry.example.test/podinfo:8.0.0"})
    assert response.status_code == 409
    assert "podinfo:8.0.0</dd>" in response.content.decode()
    assert not Command.objects.exists()


def test_a_target_that_was_not_read_has_no_fields(operator: Client) -> None:
    rollout = make_rollout(phase=Phase.SUCCEEDED)
    html = page(operator, address(rollout))
    assert "not been read yet" in html
    assert "choice-image" not in html

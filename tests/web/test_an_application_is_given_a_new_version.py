"""The dialog of a new version in several clusters: first which image, then what happens in each, then the click."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, Batch, Command, Rollout
from tests.support.builders import BLUE
from tests.support.governed import make_policy
from tests.support.scenes import idle_in_two
from tests.support.targets import runs
from tests.web.dialogs import button, page

pytestmark = pytest.mark.django_db
NEW = "registry.example.test/podinfo:7.0.0"
OTHER = "registry.example.test/podinfo:6.9.0"


@pytest.fixture
def rollouts(asked: list[Any]) -> list[Rollout]:
    return idle_in_two()


def address(application: Application, **choice: str) -> str:
    return f"/applications/{application.pk}/acts/new-version/" + (f"?{urlencode(choice)}" if choice else "")


def sent(html: str) -> dict[str, Any]:
    form = html.partition('<form method="post"')[2]
    fields = dict(re.findall(r'<input[^>]* name="(mark|pause|container|image|turn-\d+)" value="([^"]*)"', form))
    boxes = re.findall(r'<input type="checkbox" name="chosen" value="([^"]+)" checked>', form)
    return {**{name: unescape(value) for name, value in fields.items()}, "chosen": boxes, "pace": "at-once"}


def test_the_button_leads_to_it(operator: Client, application: Application) -> None:
    html = page(operator, f"/applications/{application.pk}/")
    assert f'formaction="{address(application)}"' in button(html, "new-version")


def test_it_asks_first_and_names_what_runs_where(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    runs(rollouts[1], OTHER)
    html = page(operator, address(application))
    assert "New version of checkout in several clusters?" in html
    assert f"podinfo, now {BLUE} or {OTHER}</option>" in html
    assert f'name="image" value="{BLUE}"' in html
    assert html.count("autofocus") == 1
    assert "aria-invalid" not in html
    assert 'name="chosen"' not in html


def test_then_it_shows_every_cluster_and_the_click_requests_that(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    html = page(operator, address(application, container="podinfo", image=NEW))
    assert f'<dd class="chosen">{NEW}</dd>' in html
    assert "A release of this version begins at Flagger" in html
    assert "What is written: 2 patches" in html
    assert "when the release before has begun. Nobody waits for its end" in html
    assert operator.post(address(application), sent(html)).status_code == 302
    choices = Command.objects.order_by("id").values_list("choice", flat=True)
    assert list(choices) == [{"container": "podinfo", "image": NEW, "replaces": BLUE}] * 2
    assert f'<span class="told">{NEW}</span>' in page(operator, f"/applications/{application.pk}/")


def test_a_cluster_that_has_it_already_is_left_out(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    runs(rollouts[1], NEW)
    html = page(operator, address(application, container="podinfo", image=NEW))
    assert "Left out: The target has this image already." in html
    assert len(sent(html)["chosen"]) == 1


@pytest.mark.parametrize("image", ["no image at all", "<b>", ""])
def test_what_is_no_image_is_asked_for_again(operator: Client, application: Application, image: str) -> None:
    html = page(operator, address(application, container="podinfo", image=image))
    assert 'id="choice-image-wrong"' in html
    assert 'name="chosen"' not in html
    assert "<b>”" not in html


def test_it_can_be_chosen_again(operator: Client, application: Application) -> None:
    html = page(operator, address(application, container="podinfo", image=NEW))
    again = unescape(re.findall(r'href="([^"]*again=1)"', html)[0])
    assert f'name="image" value="{NEW}"' in page(operator, again)


def test_what_was_never_told_is_not_requested(operator: Client, application: Application) -> None:
    given = sent(page(operator, address(application, container="podinfo", image=NEW)))
    answer = operator.post(address(application), {**given, "image": "no image at all"})
    assert answer.status_code == 422
    assert 'id="choice-image-wrong"' in answer.content.decode()
    assert not Batch.objects.exists()


def test_another_image_than_was_shown_is_shown_first(operator: Client, application: Application) -> None:
    given = sent(page(operator, address(application, container="podinfo", image=NEW)))
    answer = operator.post(address(application), {**given, "image": OTHER})
    assert answer.status_code == 409
    assert f'<dd class="chosen">{OTHER}</dd>' in answer.content.decode()
    assert not Batch.objects.exists()


def test_what_was_set_meanwhile_stops_it_everywhere(
    operator: Client, application: Application, rollouts: list[Rollout]
) -> None:
    given = sent(page(operator, address(application, container="podinfo", image=NEW)))
    runs(rollouts[1], OTHER)
    assert operator.post(address(application), given).status_code == 409
    assert not Batch.objects.exists()


def test_whoever_opens_it_has_the_targets_read_again(operator: Client, application: Application) -> None:
    page(operator, address(application))
    assert all(application.rollouts.values_list("looked_at", flat=True))


def test_who_keeps_the_target_of_kurator_is_warned_of_once(operator: Client, asked: list[Any]) -> None:
    application = make_policy("eu-west", "us-east", phase=Phase.SUCCEEDED)
    for one in application.rollouts.all():
        runs(one, BLUE)
    html = page(operator, address(application, container="podinfo", image=NEW))
    assert html.count("May be undone by Flux, which applies the target for Kurator") == 1
    assert f'formaction="{address(application)}"' in page(operator, f"/applications/{application.pk}/")

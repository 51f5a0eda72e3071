"""The dialog of an earlier version in several clusters: read in each, chosen once, shown for each, then the click."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollouts.domain.earlier import Version
from rollouts.domain.observations import Phase
from rollouts.models import Application, Batch, Command, ObjectCopy, Rollout
from tests.support.builders import BLUE, make_cluster
from tests.support.earlier import BAD, BY_IMAGE, FAILED, OLD, OLDER, PROMOTED, keep_versions, make_idle, template
from tests.support.targets import runs
from tests.web.dialogs import HTMX, becomes, button, page

pytestmark = pytest.mark.django_db
NAMES = ("ap-south", "eu-west", "us-east")
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def rollouts(asked: Asked) -> list[Rollout]:
    return [make_idle(cluster=make_cluster(name)) for name in NAMES]


@pytest.fixture
def read(rollouts: list[Rollout]) -> list[Rollout]:
    for one in rollouts:
        keep_versions(one)
    return rollouts


@pytest.fixture
def application(rollouts: list[Rollout]) -> Application:
    assert rollouts[0].application is not None
    return rollouts[0].application


def address(application: Application, **choice: str) -> str:
    return f"/applications/{application.pk}/acts/earlier-version/" + (f"?{urlencode(choice)}" if choice else "")


def sent(html: str, typed: str = "checkout") -> dict[str, Any]:
    form = html.partition('<form method="post"')[2]
    fields = dict(re.findall(r'<input[^>]* name="(mark|pause|images|flux|turn-\d+)" value="([^"]*)"', form))
    boxes = re.findall(r'<input type="checkbox" name="chosen" value="([^"]+)" checked>', form)
    told = {name: unescape(value) for name, value in fields.items()}
    return {**told, "chosen": boxes, "pace": "in-turn", "stops": "on", "typed": typed}


def test_the_button_leads_to_it(operator: Client, application: Application) -> None:
    html = page(operator, f"/applications/{application.pk}/")
    assert f'formaction="{address(application)}"' in button(html, "earlier-version")


class TestReading:
    def test_of_more_clusters_it_asks_the_database_no_more_often(
        self, operator: Client, application: Application, asked: Asked
    ) -> None:
        page(operator, address(application))
        with CaptureQueriesContext(connection) as few:
            page(operator, address(application, waited="1"))
        for number in range(6):
            make_idle(cluster=make_cluster(f"more-{number}"))
        page(operator, address(application))
        with CaptureQueriesContext(connection) as many:
            assert "more-5" in page(operator, address(application, waited="1"))
        assert len(many) == len(few)

    def test_a_task_is_asked_for_each_cluster_and_the_dialog_asks_again_by_itself(
        self, operator: Client, application: Application, asked: Asked
    ) -> None:
        html = page(operator, address(application))
        assert "Still to answer: ap-south, eu-west, us-east." in html
        assert f'hx-get="{address(application, waited="1")}" hx-trigger="load delay:1s"' in html
        assert [task for task, _ in asked] == ["rollouts.tasks.read_versions"] * 3
        assert f"{address(application, waited='8')}" in page(operator, address(application, waited="7"))

    def test_after_some_seconds_it_goes_on_without_those_that_have_not_answered(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        for one in rollouts[:2]:
            keep_versions(one)
        assert "Still to answer: us-east." in page(operator, address(application))
        html = page(operator, address(application, waited="12"))
        assert "<b>No answer yet from us-east.</b>" in html
        assert f'value="{OLD}" checked' in html
        shown = page(operator, address(application, images=OLD))
        assert "Left out: The cluster is being asked" in shown
        assert len(sent(shown)["chosen"]) == 2

    def test_what_was_read_a_while_ago_is_read_again_before_it_is_shown(
        self, operator: Client, application: Application, read: list[Rollout], asked: Asked
    ) -> None:
        long_ago = timezone.now() - timedelta(minutes=5)
        ObjectCopy.objects.update(fetched_at=long_ago, requested_at=long_ago)
        assert address(application, waited="1") in page(operator, address(application))
        assert len(asked) == 3

    @pytest.mark.parametrize("waited", ["", "-1", "9" * 30, "many"])
    def test_whatever_stands_in_the_address_it_waits_at_first(
        self, operator: Client, application: Application, waited: str
    ) -> None:
        assert "Still to answer" in page(operator, address(application, waited=waited))


def test_each_version_is_offered_once_with_where_it_is_known(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    keep_versions(read[0], found=(Version("checkout-77", (OLDER,), True, "release 2 succeeded"),))
    html = page(operator, address(application))
    options = re.findall(r'<input type="radio" name="images" value="([^"]*)"( checked)?', html)
    assert options == [(BAD, ""), (OLD, " checked"), (OLDER, "")]
    assert f"<b>{OLD}</b> <small>promoted in 2, known in 2 of 3 clusters," in html
    assert f"<b>{OLDER}</b> <small>promoted in 3, known in 3 of 3 clusters," in html
    assert "Versions that differ in hidden values alone count as one" in html


def test_what_becomes_another_is_shown_and_the_click_requests_that_in_turn(
    operator: Client, application: Application, read: list[Rollout], asked: Asked
) -> None:
    html = page(operator, address(application, images=OLD))
    assert "Earlier version of checkout in several clusters?" in html
    assert f'<dd class="chosen">{OLD} (promoted in 3, known in 3 of 3 clusters)</dd>' in html
    assert html.count("<caption>What becomes another</caption>") == 1
    assert '<th scope="row">spec.containers[podinfo].env[LOG].value</th><td>debug</td><td>info</td>' in html
    assert "when the release before has begun. Nobody waits for its end" in html
    assert operator.post(address(application), sent(html)).status_code == 302
    assert list(Command.objects.order_by("id").values_list("state", flat=True)) == ["requested", "waiting", "waiting"]
    choice = Command.objects.order_by("id")[0].choice
    assert (choice["images"], choice["version"], choice["stands_for"]) == (OLD, PROMOTED, "t1")
    assert f'<span class="told">{OLD}</span>' in page(operator, f"/applications/{application.pk}/")


def test_where_it_differs_by_cluster_each_tells_its_own(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    keep_versions(read[0], present=template(BLUE, LOG="warn"))
    html = page(operator, address(application, images=OLD))
    assert "What becomes another: 2 places" in html
    assert "<li><b>spec.containers[podinfo].env[LOG].value</b> warn → info</li>" in html
    assert "<caption>What becomes another</caption>" not in html


def test_without_the_name_it_is_asked_for_and_nothing_is_requested(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    given = sent(page(operator, address(application, images=OLD)), typed="")
    response = operator.post(address(application), given, **HTMX)
    assert response.status_code == 422
    assert "Type checkout to confirm." in response.content.decode()
    assert not Batch.objects.exists()


def test_clusters_where_it_cannot_be_are_left_out_with_the_reason(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    becomes(read[0], phase=Phase.PROGRESSING, iterations=1)
    keep_versions(read[1], found=(Version(FAILED, (BAD,), False, "release 5 failed"),))
    html = page(operator, address(application, images=OLD))
    assert "Left out: A release is running, and blue still has the version before it. Roll back instead." in html
    assert "Left out: No earlier version with these images is known here." in html
    assert len(sent(html)["chosen"]) == 1


def test_where_no_cluster_can_have_it_the_choice_is_open_with_the_reason(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    for one in read:
        runs(one, OLD)
    html = page(operator, address(application, images=OLD))
    assert "The target has these images already." in html
    assert 'name="chosen"' not in html


def test_where_two_have_the_same_images_one_is_chosen_on_its_own_page(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    twins = (
        Version("checkout-1", (OLD,), True, "x", template="t1"),
        Version("checkout-2", (OLD,), True, "y", template="t2"),
    )
    keep_versions(read[0], found=twins)
    html = page(operator, address(application, images=OLD))
    assert "Left out: 2 earlier versions with these images are known here: choose one of them on its own page." in html


def test_another_one_than_was_shown_is_shown_first(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    given = sent(page(operator, address(application, images=OLD)))
    assert operator.post(address(application), {**given, "images": OLDER}).status_code == 409
    assert not Command.objects.exists()


def test_where_flux_applies_the_targets_it_can_be_told_to_leave_them_alone(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    keep_versions(read[0], kustomized=True)
    assert "leaves the target alone for 4 hours" in page(operator, address(application))
    html = page(operator, address(application, images=OLD, flux="240"))
    assert "<dd>leaves the target alone for 4 hours</dd>" in html
    assert html.count("Flux, after 4 hours: until then") == 1
    assert operator.post(address(application), sent(html)).status_code == 302
    assert [one.choice["flux"] for one in Command.objects.order_by("id")] == ["240", "", ""]


def test_one_of_which_only_the_images_are_known_says_so(
    operator: Client, application: Application, read: list[Rollout]
) -> None:
    assert BY_IMAGE.startswith("release-")
    assert "Of this version only the images are known" in page(operator, address(application, images=OLDER))

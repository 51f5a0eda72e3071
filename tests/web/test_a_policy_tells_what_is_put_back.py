"""The dialog of a pause through a policy for a time; and while a switch of a policy is on for a while, the pages of its
application, its rollouts and the fleet say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, Command, Covers, Reversal, Role, Rollout
from rollouts.web.fragments import fragments
from tests.support.governed import POLICY, make_policy, make_policy_command, make_policy_reversal, suspend
from tests.support.people import grant, make_person
from tests.web.dialogs import HTMX, page

pytestmark = pytest.mark.django_db
REMINDER = "Paused by olga for longer than was meant. Somebody has to resume it."


@pytest.fixture
def application(asked: list[Any]) -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.PROGRESSING, iterations=1)


def dialog(client: Client, application: Application, query: str = "", act: str = "pause") -> str:
    return page(client, f"/applications/{application.pk}/policy/{act}/?policy={POLICY}{query}")


def hidden(html: str) -> dict[str, str]:
    form = html.partition('<form method="post"')[2]
    return dict(re.findall(r'<input type="hidden" name="(mark|digest|policy|for|then)" value="([^"]*)"', form))


def chosen(html: str, name: str) -> list[str]:
    select = html.partition(f'<select id="choice-{name}"')[2].partition("</select>")[0]
    return re.findall(r'<option value="([^"]*)" selected>', select)


class TestDialog:
    def test_at_first_it_is_without_end(self, operator: Client, application: Application) -> None:
        html = dialog(operator, application)
        assert chosen(html, "for") == [""]
        assert 'id="choice-then"' not in html
        assert "until it is resumed." in html

    def test_what_is_chosen_is_what_it_tells_and_what_is_requested(
        self, operator: Client, application: Application
    ) -> None:
        html = dialog(operator, application, "&for=60&then=resume")
        assert (chosen(html, "for"), chosen(html, "then")) == (["60"], ["resume"])
        assert "by itself 1 hour after it is paused" in html
        assert "When the time is over releases go on in eu-west and us-east" in html
        given = hidden(html)
        assert operator.post(f"/applications/{application.pk}/policy/pause/", given).status_code == 302
        assert Command.objects.get().choice == {"for": "60", "then": "resume"}

    def test_the_choice_stays_with_its_policy(self, operator: Client, application: Application) -> None:
        form = dialog(operator, application).partition('class="dialog-choice"')[2].partition("</form>")[0]
        assert f'<input type="hidden" name="policy" value="{POLICY}">' in form

    def test_another_choice_than_was_shown_is_shown_first(self, operator: Client, application: Application) -> None:
        given = {**hidden(dialog(operator, application, "&for=60&then=remind")), "then": "resume"}
        response = operator.post(f"/applications/{application.pk}/policy/pause/", given)
        assert response.status_code == 409
        assert "by itself 1 hour after it is paused" in response.content.decode()
        assert not Command.objects.exists()

    def test_who_has_changed_a_field_stays_there(self, operator: Client, application: Application) -> None:
        headers = {**HTMX["headers"], "HX-Trigger-Name": "for"}
        address = f"/applications/{application.pk}/policy/pause/?policy={POLICY}&for=60"
        html = operator.get(address, headers=headers).content.decode()
        assert re.search(r'<select id="choice-for"[^>]* autofocus>', html)
        assert html.count("autofocus") == 1

    def test_a_time_that_is_none_is_explained(self, operator: Client, application: Application) -> None:
        html = dialog(operator, application, "&for=0")
        assert "whole minutes" in html
        assert hidden(html) == {}

    def test_other_acts_are_told_nothing(self, operator: Client, application: Application) -> None:
        suspend(application)
        assert "for" not in hidden(dialog(operator, application, "&for=60", "resume"))


def soon(minutes: int = 10) -> dict[str, Any]:
    return {"until": timezone.now() + timedelta(minutes=minutes)}


def paused(application: Application, **fields: Any) -> Reversal:
    suspend(application)
    Rollout.objects.update(suspended=True)
    command = make_policy_command(application, state="observed")
    return make_policy_reversal(command, seen_at=timezone.now(), **fields)


def renamed(application: Application, *others: dict[str, Any]) -> None:
    """The hub says so; Canaries have the former name still."""
    application.refresh_from_db()
    policy = {**application.policies[0], "name": "checkout-live"}
    Application.objects.filter(pk=application.pk).update(policies=[policy, *others])


def promoted(application: Application, **fields: Any) -> Reversal:
    command = make_policy_command(application, "promote-now")
    return make_policy_reversal(command, switch="skipAnalysis", with_release=True, by_itself=True, **fields)


def told(client: Client, where: Application | Rollout, row: Reversal) -> str:
    """On its page."""
    kind = "applications" if isinstance(where, Application) else "rollouts"
    fragments.clear()
    html = page(client, f"/{kind}/{where.pk}/")
    return html.partition(f'id="reversal-{row.pk}"')[2].partition("</div>")[0]


class TestPageOfTheApplication:
    def test_that_it_is_paused_by_whom_since_when_and_until_when(
        self, visitor: Client, application: Application
    ) -> None:
        since = timezone.now() - timedelta(minutes=7)
        row = paused(application, by_itself=True, made_at=since, **soon())
        said = told(visitor, application, row)
        assert f"Paused through policy {POLICY} by olga. It goes on by itself at <time" in said
        assert "On since <time" in said
        assert [f"{one:%Y-%m-%dT%H:%M:%S}" in said for one in (since, row.until)] == [True, True]

    def test_that_the_time_is_over_and_somebody_has_to_resume_it(
        self, visitor: Client, application: Application
    ) -> None:
        row = paused(application, **soon())
        assert f"Paused through policy {POLICY} by olga, who wants to be reminded at" in told(visitor, application, row)
        Reversal.objects.update(until=timezone.now() - timedelta(minutes=1))
        said = told(visitor, application, row)
        assert "The time for it was over at <time" in said
        assert ", and somebody has to resume it." in said

    def test_that_the_analysis_is_off_and_until_when(self, visitor: Client, application: Application) -> None:
        said = told(visitor, application, promoted(application, **soon()))
        assert "The analysis is switched off by olga until <time" in said
        assert f"in policy {POLICY}; on again as soon as its releases have ended." in said

    def test_why_it_could_not_be_put_back_yet(self, visitor: Client, application: Application) -> None:
        row = promoted(application, attempts=3, sentence="hub gave no <answer>.", **soon(-30))
        said = told(visitor, application, row)
        assert f"The analysis is still switched off in policy {POLICY}, by olga. It should be on again since" in said
        assert "hub gave no &lt;answer&gt;. Tried again <time" in said
        Reversal.objects.update(until=timezone.now() + timedelta(minutes=1))
        said = told(visitor, application, row)
        assert "It could not be switched on again yet, and should be at <time" in said

    @pytest.mark.usefixtures("still")
    def test_an_open_page_hears_of_it(self, visitor: Client, application: Application) -> None:
        row = promoted(application, **soon())
        address = f"/applications/{application.pk}/"
        held = {"v": page(visitor, address).partition('{"v": "')[2].partition('"')[0]}
        assert visitor.get(address, held, **HTMX).status_code == 204
        Reversal.objects.filter(pk=row.pk).update(attempts=1, sentence="No answer.")
        assert "No answer." in visitor.get(address, held, **HTMX).content.decode()

    def test_a_policy_is_told_of_by_its_name_of_today(self, visitor: Client, application: Application) -> None:
        row = paused(application, **soon())
        renamed(application)
        assert "Paused through policy checkout-live by olga" in told(visitor, application, row)
        rollout = application.rollouts.all()[0]
        assert "Paused through policy checkout-live by olga" in told(visitor, rollout, row)
        Rollout.objects.update(owner_name="checkout-live")
        assert "Paused through policy checkout-live by olga" in told(visitor, rollout, row)

    def test_nothing_is_told_of_another_that_has_its_former_name(
        self, visitor: Client, application: Application
    ) -> None:
        row = paused(application, **soon())
        renamed(application, {**application.policies[0], "fleet": "test"})
        assert "checkout-live" in told(visitor, application, row)
        assert not told(visitor, application.rollouts.all()[0], row)

    def test_nothing_is_told_of_what_is_put_back(self, visitor: Client, application: Application) -> None:
        assert not told(visitor, application, promoted(application, state="done", **soon()))

    def test_nothing_is_told_to_who_sees_a_part_of_its_clusters(self, client: Client, application: Application) -> None:
        row = promoted(application, sentence="hub gave no answer.", attempts=1, **soon())
        person = make_person("ann", Role.VIEWER)
        everybody = told(signed_in(client, person), application, row)
        assert "hub gave no answer." in everybody
        some = make_person("bob")
        grant(some, covers=Covers.CLUSTER, cluster=Rollout.objects.get(cluster__name="eu-west").cluster)
        assert not told(signed_in(client, some), application, row)


def signed_in(client: Client, person: Any) -> Client:
    client.force_login(person)
    return client


class TestReminders:
    def test_the_page_of_each_rollout_reminds(self, visitor: Client, application: Application) -> None:
        row = paused(application, **soon(-1))
        for rollout in application.rollouts.all():
            assert ", and somebody has to resume it." in told(visitor, rollout, row)

    def test_the_fleet_reminds_with_one_card_for_all_clusters(
        self, visitor: Client, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        application = make_policy("eu-west", "us-east", suspended=True, phase=Phase.PROGRESSING, iterations=1)
        row = paused(application, **soon())
        assert REMINDER not in page(visitor, "/")
        Reversal.objects.filter(pk=row.pk).update(until=timezone.now() - timedelta(minutes=1))
        fragments.clear()
        with django_assert_max_num_queries(12):
            html = page(visitor, "/")
        assert html.count(REMINDER) == 1

    def test_also_when_the_policy_has_another_name_since(self, visitor: Client) -> None:
        application = make_policy("eu-west", "us-east", suspended=True, phase=Phase.PROGRESSING, iterations=1)
        paused(application, **soon(-1))
        renamed(application)
        Rollout.objects.filter(cluster__name="eu-west").update(owner_name="checkout-live")
        assert REMINDER in page(visitor, "/")

    @pytest.mark.parametrize("other", [{"state": "left"}, {"seen_at": None}])
    def test_the_fleet_reminds_nobody_of_what_is_not_on(self, visitor: Client, other: dict[str, Any]) -> None:
        application = make_policy("eu-west", suspended=True, phase=Phase.PROGRESSING, iterations=1)
        row = paused(application, **soon(-1))
        Reversal.objects.filter(pk=row.pk).update(**other)
        assert REMINDER not in page(visitor, "/")

    def test_the_pause_of_another_policy_reminds_of_nothing(self, visitor: Client) -> None:
        application = make_policy("eu-west", suspended=True, phase=Phase.PROGRESSING, iterations=1)
        paused(application, **soon(-1))
        other = {**application.policies[0], "name": "another", "index": 1, "fleet": "test"}
        Application.objects.filter(pk=application.pk).update(policies=[*application.policies, other])
        command = Command.objects.get()
        command.policy, command.bound["policy"] = "another", ["another", "shop", "checkout", "test", [], False]
        command.save()
        assert REMINDER not in page(visitor, "/")

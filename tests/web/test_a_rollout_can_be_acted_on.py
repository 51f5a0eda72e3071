"""The buttons of a rollout, the dialog before the click, and the click."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.commands import GATES, Act
from rollouts.domain.observations import Kind, Phase, Route
from rollouts.models import AuditEntry, Command, Rollout
from tests.support.builders import make_cluster, make_command, make_rollout
from tests.support.people import make_operator
from tests.support.risky import make_risky
from tests.web.dialogs import HTMX, becomes, button, dialog, fields, page

pytestmark = pytest.mark.django_db

EVERYWHERE = frozenset(Act) - GATES - {Act.GREEN_TO_ZERO, Act.CONFIG_VALUE, Act.EDIT_POLICY}
"""The acts whose buttons every rollout has."""


class TestButtons:
    def test_each_leads_to_its_dialog_or_says_why_not(self, operator: Client, running: Rollout) -> None:
        html = page(operator, f"/rollouts/{running.pk}/")
        assert f'formaction="/rollouts/{running.pk}/acts/roll-back/"' in button(html, "roll-back")
        assert 'aria-disabled="true" aria-describedby="act-resume-why"' in button(html, "resume")
        assert '<span class="act-why" id="act-resume-why">It is not suspended.</span>' in html

    def test_what_is_under_way_is_not_offered_again(self, operator: Client, running: Rollout) -> None:
        make_command(running, state="accepted")
        html = page(operator, f"/rollouts/{running.pk}/")
        assert 'aria-disabled="true"' in button(html, "roll-back")
        assert "It is under way." in html

    def test_whoever_may_not_is_told_whom_to_ask(self, visitor: Client, running: Rollout) -> None:
        html = page(visitor, f"/rollouts/{running.pk}/")
        assert html.count('aria-disabled="true" aria-describedby="may-not"') == len(EVERYWHERE)
        assert "not act on it. Ask somebody who administers eu-west." in html
        assert "/acts/" not in html

    def test_two_people_of_different_rights_see_their_own(
        self, visitor: Client, running: Rollout, client: Client
    ) -> None:
        assert "may-not" in page(visitor, f"/rollouts/{running.pk}/")
        client.force_login(make_operator())
        assert "may-not" not in page(client, f"/rollouts/{running.pk}/")

    def test_a_canary_that_was_never_read_has_none_that_work(self, operator: Client) -> None:
        rollout = make_rollout(phase=Phase.PROGRESSING)
        Rollout.objects.filter(pk=rollout.pk).update(state={}, unreadable="spec.analysis is missing")
        html = page(operator, f"/rollouts/{rollout.pk}/")
        assert html.count("The Canary could not be read even once.") == len(EVERYWHERE)
        assert operator.get(f"/rollouts/{rollout.pk}/acts/pause/").status_code == 404


class TestDialog:
    def test_it_says_what_will_happen_where_and_when(self, operator: Client, running: Rollout) -> None:
        html = page(operator, f"/rollouts/{running.pk}/acts/roll-back/")
        for said in (
            "Roll back checkout?", "shop/checkout in cluster <b>eu-west</b>", "Progressing", "1 of 3",
            "Flagger rolls back at its next tick", "Flagger’s next tick, <time", "they are on blue and stay there",
            "canaries/status shop/checkout", "&quot;failedChecks&quot;: 2",
            "&quot;resourceVersion&quot;: &quot;100&quot;",
        ):  # fmt: skip
            assert said in html, said

    def test_the_page_of_the_rollout_gets_it_without_a_frame(self, operator: Client, running: Rollout) -> None:
        response = operator.get(f"/rollouts/{running.pk}/acts/roll-back/", **HTMX)
        assert response.content.decode().startswith('<h1 class="dialog-title" id="dialog-title"')

    def test_traffic_that_is_moved_at_once_is_a_second_patch(self, operator: Client, running: Rollout) -> None:
        route = Route(
            Kind.VIRTUAL_SERVICE, "shop", "checkout", green_weight=100, resource_version="7",
            to_blue={"/spec/http/0/route/0/weight": 100, "/spec/http/0/route/1/weight": 0},
        )  # fmt: skip
        becomes(running, phase=Phase.PROGRESSING, iterations=4, route=route)
        html = page(operator, f"/rollouts/{running.pk}/acts/roll-back/")
        assert "What is written: 2 patches" in html
        assert "Those on green are moved back to blue at once." in html

    def test_an_act_that_cannot_work_is_explained_and_has_no_button(self, operator: Client, running: Rollout) -> None:
        becomes(running, phase=Phase.PROMOTING)
        html = page(operator, f"/rollouts/{running.pk}/acts/roll-back/")
        assert "the old version is already being overwritten" in html
        assert "Wait for the end." in html
        assert 'type="submit">Roll back' not in html
        assert fields(html) == {}

    def test_it_tells_who_may_undo_it(self, operator: Client) -> None:
        rollout = make_rollout(
            phase=Phase.PROGRESSING, iterations=1, labels={"kustomize.toolkit.fluxcd.io/name": "apps"}
        )
        assert "Flux" in page(operator, f"/rollouts/{rollout.pk}/acts/pause/")

    def test_data_of_a_cluster_that_is_away_is_called_old(self, operator: Client) -> None:
        cluster = make_cluster(state="unreachable", state_since=timezone.now() - timedelta(minutes=4))
        rollout = make_rollout(cluster, phase=Phase.PROGRESSING, iterations=1)
        assert "what is shown is as old as that" in page(operator, f"/rollouts/{rollout.pk}/acts/roll-back/")

    @pytest.mark.parametrize("act", ["promote", "ROLL_BACK", "delete"])
    def test_there_are_no_other_acts(self, operator: Client, running: Rollout, act: str) -> None:
        assert operator.get(f"/rollouts/{running.pk}/acts/{act}/").status_code == 404
        assert operator.post(f"/rollouts/{running.pk}/acts/{act}/").status_code == 404


class TestTheClick:
    def test_it_becomes_a_command_and_leads_back(
        self, operator: Client, running: Rollout, asked: list[tuple[str, dict[str, Any]]]
    ) -> None:
        given = {**dialog(operator, running), "reason": " wrong colour\0 "}
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given)
        assert (response.status_code, response.headers["Location"]) == (302, f"/rollouts/{running.pk}/#commands")
        command = Command.objects.get()
        assert (command.act, command.state, command.reason) == ("roll-back", "requested", "wrong colour")
        assert asked == [("rollouts.tasks.carry_out", {"command": command.pk})]
        entry = AuditEntry.objects.get(kind="rollout")
        assert (entry.person, entry.outcome, entry.address) == ("operator", "requested", "127.0.0.1")

    def test_the_dialog_is_told_that_it_is_done(self, operator: Client, running: Rollout) -> None:
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", dialog(operator, running), **HTMX)
        assert (response.status_code, response.headers["HX-Trigger"]) == (204, "command-given")

    def test_sent_twice_it_is_one_command(
        self, operator: Client, running: Rollout, asked: list[tuple[str, dict[str, Any]]]
    ) -> None:
        given = dialog(operator, running)
        answers = [operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given).status_code for _ in range(2)]
        assert (answers, Command.objects.count(), len(asked)) == ([302, 302], 1, 1)

    def test_what_has_changed_meanwhile_is_shown_and_the_reason_kept(self, operator: Client, running: Rollout) -> None:
        given = {**dialog(operator, running), "reason": "wrong colour"}
        becomes(running, phase=Phase.WAITING_PROMOTION, iterations=2, last_applied="ccc")
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given, **HTMX)
        html = response.content.decode()
        assert response.status_code == 409
        assert "Something has changed since this was shown." in html
        assert "WaitingPromotion" in html
        assert not Command.objects.exists()
        again = fields(html)
        assert (again["reason"], again["digest"] != given["digest"]) == ("wrong colour", True)
        assert operator.post(f"/rollouts/{running.pk}/acts/roll-back/", again).status_code == 302

    def test_what_can_no_longer_work_is_refused_with_the_reason(self, operator: Client, running: Rollout) -> None:
        given = dialog(operator, running)
        becomes(running, phase=Phase.PROMOTING)
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given)
        assert response.status_code == 409
        assert "the old version is already being overwritten" in response.content.decode()
        assert not Command.objects.exists()

    def test_the_same_act_of_somebody_else_is_under_way_already(self, operator: Client, running: Rollout) -> None:
        given = dialog(operator, running)
        make_command(running, state="requested")
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given)
        assert response.status_code == 409
        assert "The same is under way already." in response.content.decode()
        assert Command.objects.count() == 1

    @pytest.mark.parametrize("given", [{}, {"mark": "../../x", "digest": "1"}, {"mark": str(uuid.uuid4())}])
    def test_a_request_that_no_dialog_made_is_shown_the_dialog(
        self, operator: Client, running: Rollout, given: dict[str, str]
    ) -> None:
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given)
        assert response.status_code == 409
        assert fields(response.content.decode())["mark"]
        assert not Command.objects.exists()

    def test_it_needs_the_token_of_the_form(self, running: Rollout) -> None:
        careful = Client(enforce_csrf_checks=True)
        careful.force_login(make_operator())
        given = dialog(careful, running)
        assert careful.post(f"/rollouts/{running.pk}/acts/roll-back/", given).status_code == 403
        assert not Command.objects.exists()

    def test_a_reason_is_text_and_no_markup(self, operator: Client, running: Rollout) -> None:
        make_command(running, state="requested", reason="<b>now</b>", sentence="<i>no</i>", person_name="<u>")
        html = page(operator, f"/rollouts/{running.pk}/")
        assert "&lt;b&gt;now&lt;/b&gt;" in html
        assert "<b>now" not in html
        assert "<i>no" not in html
        assert "<u>" not in html


class TestTheNameIsTyped:
    @pytest.fixture(autouse=True)
    def _rolling_back_adds_risk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_risky(monkeypatch, Act.ROLL_BACK)

    def test_the_dialog_asks_for_it(self, operator: Client, running: Rollout) -> None:
        html = page(operator, f"/rollouts/{running.pk}/acts/roll-back/")
        assert '<label for="typed">Type <b class="to-type">checkout</b> to confirm</label>' in html
        assert 'id="typed"' not in page(operator, f"/rollouts/{running.pk}/acts/pause/")

    def test_a_wrong_one_is_said_and_nothing_that_was_filled_in_is_lost(
        self, operator: Client, running: Rollout
    ) -> None:
        given = {**dialog(operator, running), "reason": "wrong colour", "typed": "<b>cart"}
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", given, **HTMX)
        html = response.content.decode()
        assert response.status_code == 422
        assert "“&lt;b&gt;cart” is not the name. Type checkout." in html
        assert 'value="&lt;b&gt;cart"' in html
        assert 'autofocus aria-invalid="true" aria-describedby="typed-wrong"' in html
        assert not Command.objects.exists()
        again = fields(html)
        assert (again["reason"], again["digest"]) == ("wrong colour", given["digest"])
        answer = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", {**again, "typed": "checkout"})
        assert (answer.status_code, Command.objects.get().reason) == (302, "wrong colour")

    def test_a_request_without_it_is_refused(self, operator: Client, running: Rollout) -> None:
        response = operator.post(f"/rollouts/{running.pk}/acts/roll-back/", dialog(operator, running))
        assert response.status_code == 422
        assert "Type checkout to confirm." in response.content.decode()
        assert not Command.objects.exists()

    def test_the_page_shows_such_an_answer_in_the_dialog(self, operator: Client, running: Rollout) -> None:
        assert '{"code": "[23]..|409|422", "swap": true}' in page(operator, f"/rollouts/{running.pk}/")


class TestWhoMayNot:
    @pytest.fixture(params=["act", "command"])
    def address(self, request: pytest.FixtureRequest, running: Rollout) -> str:
        command = make_command(running, state="requested", act="pause")
        places = {"act": "acts/roll-back/", "command": f"commands/{command.pk}/"}
        return f"/rollouts/{running.pk}/{places[request.param]}"

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_refused_and_changes_nothing(self, visitor: Client, operator: Client, address: str, method: str) -> None:
        given = fields(page(operator, address))
        visitor.force_login(User.objects.get(username="viewer"))
        response = getattr(visitor, method)(address, given)
        assert response.status_code == 403
        assert list(Command.objects.values_list("act", "state")) == [("pause", "requested")]

    def test_a_stranger_is_sent_to_the_sign_in(self, address: str) -> None:
        assert Client().post(address).status_code == 302
        assert Command.objects.count() == 1

    def test_a_rollout_that_is_not_there_is_not_found(self, operator: Client) -> None:
        assert operator.post("/rollouts/99/acts/pause/").status_code == 404
        assert operator.post("/rollouts/99/commands/1/").status_code == 404

    def test_a_command_of_another_rollout_is_not_found(self, operator: Client, running: Rollout) -> None:
        other = make_command(make_rollout(name="cart"), state="requested")
        assert operator.post(f"/rollouts/{running.pk}/commands/{other.pk}/").status_code == 404
        other.refresh_from_db()
        assert other.state == "requested"

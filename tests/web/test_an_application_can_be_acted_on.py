"""One act in several clusters: the buttons of an application, the dialog, the click, and what is seen of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from rollouts.domain.observations import Phase
from rollouts.models import Application, AuditEntry, Batch, Command, Covers, Role, Rollout
from tests.support.builders import make_batch, make_cluster, make_command, make_rollout
from tests.support.people import grant, make_person
from tests.support.scenes import NAMES
from tests.web.dialogs import HTMX, becomes, button, page, sent_of_several

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


def address(application: Application, act: str = "roll-back") -> str:
    return f"/applications/{application.pk}/acts/{act}/"


def dialog(client: Client, application: Application, act: str = "roll-back") -> dict[str, Any]:
    return sent_of_several(page(client, address(application, act)))


class TestButtons:
    def test_lead_to_a_dialog_or_say_why_not(self, operator: Client, application: Application) -> None:
        html = page(operator, f"/applications/{application.pk}/")
        assert f'formaction="{address(application)}"' in button(html, "roll-back")
        assert 'aria-disabled="true" aria-describedby="act-resume-why"' in button(html, "resume")
        assert "In no cluster is it possible now." in html

    def test_say_that_they_are_for_all_of_its_clusters(self, operator: Client, application: Application) -> None:
        html = page(operator, f"/applications/{application.pk}/")
        title = html.partition('id="batches-title">')[2].partition("</h2>")[0]
        assert title.startswith("In several clusters ")
        assert "all 3, or those chosen in the dialog" in title

    def test_what_is_under_way_wherever_it_can_be_is_not_offered(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        for one in rollouts:
            make_command(one, state="accepted")
        html = page(operator, f"/applications/{application.pk}/")
        assert 'aria-disabled="true"' in button(html, "roll-back")
        assert "It is under way wherever it is possible." in html

    def test_whoever_may_act_nowhere_is_told_whom_to_ask(self, visitor: Client, application: Application) -> None:
        html = page(visitor, f"/applications/{application.pk}/")
        assert "not act on it in any cluster. Ask somebody who administers" in html
        assert "/acts/" not in html

    def test_what_a_policy_keeps_is_not_paused_cluster_by_cluster(
        self, operator: Client, application: Application
    ) -> None:
        application.hub = make_cluster("hub", is_hub=True)
        application.save()
        assert operator.get(address(application, "pause")).status_code == 404


class TestDialog:
    def test_it_says_of_each_cluster_what_happens_or_why_it_is_left_out(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        becomes(rollouts[1], phase=Phase.PROMOTING)
        html = page(operator, address(application))
        assert [html.index(name) for name in NAMES] == sorted(html.index(name) for name in NAMES)
        assert html.count("Users: Nothing: they are on blue and stay there.") == 2
        assert "Left out: In Promoting the old version is already being overwritten" in html
        assert len(sent_of_several(html)["chosen"]) == 2
        assert html.count('name="chosen" value="" disabled') == 1
        assert "What is written: 2 patches" in html
        assert "eu-west: canaries/status" not in html

    def test_a_roll_back_is_one_confirmation_for_all_at_once(self, operator: Client, application: Application) -> None:
        html = page(operator, address(application))
        assert "All at once, side by side." in html
        assert "Type <b" not in html
        assert 'name="pace"' not in html

    def test_promotion_of_several_wants_the_name(self, operator: Client, application: Application) -> None:
        html = page(operator, address(application, "skip-iterations"))
        assert 'Type <b class="to-type">checkout</b> to confirm' in html
        assert 'name="pace" value="in-turn" checked' in html

    def test_where_it_works_nowhere_there_is_no_button(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        for one in rollouts:
            becomes(one, phase=Phase.PROMOTING)
        html = page(operator, address(application))
        assert html.count("Left out:") == 3
        assert 'type="submit">Roll back' not in html

    def test_a_cluster_where_the_person_may_not_act_is_left_out(
        self, client: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        person = make_person("part", Role.VIEWER)
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[0].cluster)
        client.force_login(person)
        html = page(client, address(application))
        assert len(sent_of_several(html)["chosen"]) == 1
        assert html.count("Left out: You may see this rollout, but not act on it.") == 2

    @pytest.mark.parametrize("act", ["promote", "ROLL_BACK"])
    def test_there_are_no_other_acts(self, operator: Client, application: Application, act: str) -> None:
        assert operator.get(address(application, act)).status_code == 404


class TestTheClick:
    def test_becomes_a_command_in_each_cluster(self, operator: Client, application: Application, asked: Asked) -> None:
        given = {**dialog(operator, application), "reason": " wrong colour "}
        response = operator.post(address(application), given)
        assert response.headers["Location"] == f"/applications/{application.pk}/#batches"
        commands = Command.objects.order_by("id")
        assert list(commands.values_list("rollout__cluster__name", "state", "reason")) == [
            (name, "requested", "wrong colour") for name in NAMES
        ]
        assert asked == [("rollouts.tasks.carry_out", {"command": one.pk}) for one in commands]
        assert AuditEntry.objects.get(kind="application").person == "operator"

    def test_of_those_chosen_in_the_order_of_their_turns(self, operator: Client, application: Application) -> None:
        given = dialog(operator, application, "retry")
        first, second, third = (int(text.partition(":")[0]) for text in given["chosen"])
        given |= {f"turn-{first}": "3", f"turn-{third}": "1", "pause": "90", "chosen": given["chosen"][::2]}
        assert operator.post(address(application, "retry"), given).status_code == 302
        commands = Command.objects.order_by("id")
        assert [(one.rollout_id, one.state) for one in commands] == [(third, "requested"), (first, "waiting")]
        batch = Batch.objects.get()
        assert (batch.in_turn, batch.pause, batch.goes_on) == (True, 90, False)
        assert not Command.objects.filter(rollout=second).exists()

    def test_sent_twice_it_is_one(self, operator: Client, application: Application, asked: Asked) -> None:
        given = dialog(operator, application)
        assert [operator.post(address(application), given, **HTMX).status_code for _ in range(2)] == [204, 204]
        assert (Batch.objects.count(), len(asked)) == (1, 3)

    def test_a_change_in_one_shows_all_anew_and_keeps_what_was_given(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        given = {**dialog(operator, application), "reason": "wrong colour"}
        given["chosen"] = given["chosen"][1:]
        becomes(rollouts[2], phase=Phase.WAITING_PROMOTION, iterations=2, last_applied="ccc")
        response = operator.post(address(application), given, **HTMX)
        html = response.content.decode()
        assert response.status_code == 409
        assert "Something has changed since this was shown." in html
        assert not Command.objects.exists()
        again = sent_of_several(html)
        assert (len(again["chosen"]), again["reason"]) == (2, "wrong colour")
        assert operator.post(address(application), again).status_code == 302

    def test_without_the_name_nothing_is_promoted(self, operator: Client, application: Application) -> None:
        given = dialog(operator, application, "skip-iterations")
        response = operator.post(address(application, "skip-iterations"), {**given, "typed": "chekout"})
        assert response.status_code == 422
        assert "“chekout” is not the name." in response.content.decode()
        assert not Command.objects.exists()
        again = {**sent_of_several(response.content.decode()), "typed": "checkout"}
        assert operator.post(address(application, "skip-iterations"), again).status_code == 302

    @pytest.mark.parametrize("pause", ["-1", "soon", "3601", "", "1e3", "٣"])
    def test_what_is_no_pause_is_told(self, operator: Client, application: Application, pause: str) -> None:
        given = {**dialog(operator, application, "retry"), "pause": pause}
        response = operator.post(address(application, "retry"), given)
        assert response.status_code == 422
        assert "Give the pause in whole seconds, from 0 to 3600." in response.content.decode()
        assert not Batch.objects.exists()

    @pytest.mark.parametrize("chosen", [[], ["x"], ["1"], ["99999999999999:a"], ["0:"], [":"]])
    def test_what_no_dialog_made_is_shown_the_dialog(
        self, operator: Client, application: Application, chosen: list[str]
    ) -> None:
        response = operator.post(address(application), {"chosen": chosen})
        assert response.status_code == 409
        assert not Command.objects.exists()

    def test_a_cluster_where_the_person_may_not_act_cannot_be_smuggled_in(
        self, client: Client, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        given = dialog(operator, application)
        person = make_person("part", Role.VIEWER)
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[0].cluster)
        client.force_login(person)
        assert client.post(address(application), given).status_code == 409
        assert not Command.objects.exists()


class TestWhatIsSeenOfIt:
    def test_each_cluster_has_its_stage_and_the_rest_can_be_stopped(
        self, operator: Client, application: Application, rollouts: list[Rollout], asked: Asked
    ) -> None:
        batch = make_batch(rollouts, states=["observed", "requested", "waiting"])
        html = page(operator, f"/applications/{application.pk}/")
        box = html.partition(f'id="batch-{batch.pk}"')[2].partition("</section>")[0]
        assert [word in box for word in ("observed", "requested", "waiting for its turn")] == [True] * 3
        response = operator.post(f"/applications/{application.pk}/batches/{batch.pk}/", **HTMX)
        assert (response.status_code, response.headers["HX-Trigger"]) == (204, "command-given")
        assert list(batch.commands.order_by("id").values_list("state", flat=True)) == [
            "observed", "cancelled", "cancelled",
        ]  # fmt: skip
        html = page(operator, f"/applications/{application.pk}/")
        assert "Stopped by operator." in html
        assert "Stop what has not begun" not in html

    def test_the_button_to_stop_it_carries_the_token_of_the_form(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        batch = make_batch(rollouts)
        html = page(operator, f"/applications/{application.pk}/").partition(f'id="batch-{batch.pk}"')[2]
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)[0]
        careful = Client(enforce_csrf_checks=True)
        careful.cookies = operator.cookies
        stop = f"/applications/{application.pk}/batches/{batch.pk}/"
        assert careful.post(stop).status_code == 403
        assert careful.post(stop, {"csrfmiddlewaretoken": token}).status_code == 302

    def test_an_open_page_gets_the_news(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        html = page(operator, f"/applications/{application.pk}/")
        held = re.findall(r'<div id="application"[^>]*"v": "([^"]*)"', html)[0]
        assert f"batches-{application.pk}" in html
        make_batch(rollouts)
        assert operator.get(f"/applications/{application.pk}/", {"v": held}, **HTMX).status_code == 200

    def test_of_clusters_that_the_person_may_not_see_nothing_is_told(
        self, client: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        batch = make_batch(rollouts)
        person = make_person("part")
        grant(person, Role.OPERATOR, Covers.CLUSTER, cluster=rollouts[1].cluster)
        client.force_login(person)
        html = page(client, f"/applications/{application.pk}/batches/{batch.pk}/")
        assert "in 1 cluster" in html
        assert [name for name in NAMES if name in html] == ["eu-west"]
        assert client.post(f"/applications/{application.pk}/batches/{batch.pk}/").status_code == 403
        assert Command.objects.filter(state="cancelled").count() == 0

    def test_whoever_asked_for_it_may_stop_it(
        self, client: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        person = make_person("left", Role.VIEWER)
        batch = make_batch(rollouts, person=person)
        client.force_login(person)
        assert client.post(f"/applications/{application.pk}/batches/{batch.pk}/").status_code == 302

    def test_a_batch_of_another_application_is_not_found(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        other = make_batch([make_rollout(name="cart")])
        assert operator.post(f"/applications/{application.pk}/batches/{other.pk}/").status_code == 404

    def test_the_page_of_a_rollout_shows_that_it_waits_for_its_turn(
        self, operator: Client, rollouts: list[Rollout]
    ) -> None:
        make_batch(rollouts)
        html = page(operator, f"/rollouts/{rollouts[2].pk}/")
        assert "waiting for its turn" in html
        assert "details, cancel" in html

    def test_what_people_wrote_is_no_markup(
        self, operator: Client, application: Application, rollouts: list[Rollout]
    ) -> None:
        make_batch(rollouts, reason="<b>now</b>", sentence="<i>no</i>", person_name="<u>")
        html = page(operator, f"/applications/{application.pk}/")
        assert "&lt;b&gt;now&lt;/b&gt;" in html
        assert not [word for word in ("<b>now", "<i>no", "<u>") if word in html]

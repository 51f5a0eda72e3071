"""The buttons of a policy, the dialog before the click with all of its clusters, the click, and what came of it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from rollouts import tasks
from rollouts.domain.observations import Kind, Phase, Route
from rollouts.models import Application, AuditEntry, Cluster, Command, Covers, Role, Rollout
from tests.support.builders import make_cluster
from tests.support.governed import POLICY, make_policy, make_policy_command, suspend
from tests.support.people import grant, make_person
from tests.web.dialogs import HTMX, fields, page

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def application(asked: Asked) -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.PROGRESSING, iterations=1)


def address(application: Application, act: str = "pause") -> str:
    return f"/applications/{application.pk}/policy/{act}/"


def opened(client: Client, application: Application, act: str = "pause") -> str:
    return page(client, f"{address(application, act)}?policy={POLICY}")


def click(client: Client, application: Application, given: dict[str, str], act: str = "pause", **more: Any) -> Any:
    return client.post(address(application, act), {**given, "policy": POLICY}, **more)


class TestButtons:
    def test_each_leads_to_its_dialog_or_says_why_not(self, operator: Client, application: Application) -> None:
        html = page(operator, f"/applications/{application.pk}/")
        assert f'name="policy" value="{POLICY}"' in html
        assert f'formaction="{address(application)}"' in html
        assert 'id="policy-1-resume-why">The policy is not suspended.</span>' in html

    def test_a_suspended_policy_is_told_and_can_be_resumed(self, operator: Client, application: Application) -> None:
        before = page(operator, f"/applications/{application.pk}/")
        suspend(application)
        html = page(operator, f"/applications/{application.pk}/")
        assert "<b>suspended</b>" in html
        assert "<b>suspended</b>" not in before
        assert f'formaction="{address(application, "resume")}"' in html

    def test_what_is_under_way_is_not_offered_again(self, operator: Client, application: Application) -> None:
        make_policy_command(application)
        assert 'id="policy-1-pause-why">It is under way.' in page(operator, f"/applications/{application.pk}/")

    def test_whoever_may_act_in_some_of_its_clusters_only_is_told_so(
        self, client: Client, application: Application
    ) -> None:
        person = make_person("ann", Role.VIEWER)
        grant(person, Role.OPERATOR, covers=Covers.CLUSTER, cluster=application.rollouts.all()[0].cluster)
        client.force_login(person)
        html = page(client, f"/applications/{application.pk}/")
        assert "needs the right to act in every cluster that it selects. Ask somebody" in html
        assert address(application) not in html
        answer = client.get(f"{address(application)}?policy={POLICY}")
        assert answer.status_code == 403
        assert click(client, application, {"mark": str(uuid.uuid4()), "digest": "x"}).status_code == 403

    def test_a_rollout_that_kurator_keeps_leads_to_the_policy(self, operator: Client, application: Application) -> None:
        rollout = Rollout.objects.get(cluster__name="eu-west")
        html = page(operator, f"/rollouts/{rollout.pk}/")
        assert f'name="policy" value="{POLICY}" formaction="{address(application)}"' in html
        assert "Pause in all clusters" in html
        assert f"/rollouts/{rollout.pk}/acts/pause/" not in html

    def test_who_sees_a_part_of_its_clusters_learns_nothing_of_its_commands(
        self, client: Client, application: Application
    ) -> None:
        command = make_policy_command(application)
        Command.objects.filter(pk=command.pk).update(sentence="Not seen in us-east.")
        person = make_person("ann")
        grant(person, covers=Covers.CLUSTER, cluster=Rollout.objects.get(cluster__name="eu-west").cluster)
        client.force_login(person)
        html = page(client, f"/applications/{application.pk}/")
        assert POLICY in html
        assert "us-east" not in html
        assert "olga" not in html
        assert "us-east" in page_of_everybody(application)


def page_of_everybody(application: Application) -> str:
    client = Client()
    client.force_login(make_person("everybody", Role.VIEWER))
    return page(client, f"/applications/{application.pk}/")


class TestDialog:
    def test_it_lists_every_cluster_with_its_phase_and_what_is_written(
        self, operator: Client, application: Application
    ) -> None:
        html = opened(operator, application)
        for said in (
            f"Pause policy {POLICY}?", "shop/checkout on <b>hub</b>", "2 clusters", "eu-west", "us-east", "Progressing",
            "Kurator brings it to all 2 clusters within 30 s", "applications shop/checkout",
            "/spec/syncPolicies/0/rollout/rolloutPolicy/suspend", "/metadata/generation", "/spec/syncPolicies/0/name",
        ):  # fmt: skip
            assert said in html, said

    def test_it_warns_of_each_cluster_where_users_would_stay_on_green(self, operator: Client, asked: Asked) -> None:
        route = Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", green_weight=100)
        application = make_policy("eu-west", "us-east", phase=Phase.PROGRESSING, iterations=4, route=route)
        assert "Users are on green in eu-west and us-east and stay there, unchecked" in opened(operator, application)

    def test_a_cluster_that_is_away_is_warned_of(self, operator: Client, application: Application) -> None:
        Cluster.objects.filter(name="us-east").update(state="unreachable")
        assert "Nothing new is heard of us-east (unreachable)." in opened(operator, application)

    def test_who_keeps_the_application_may_undo_it(self, operator: Client, application: Application) -> None:
        Application.objects.filter(pk=application.pk).update(owner_kind="argo-cd", owner_name="apps")
        assert "Argo CD (apps), when what it keeps says otherwise." in opened(operator, application)

    @pytest.mark.parametrize("asked_for", ["?policy=other", "", "?policy=%00"])
    def test_a_policy_that_is_not_there_is_not_found(
        self, operator: Client, application: Application, asked_for: str
    ) -> None:
        assert operator.get(f"{address(application)}{asked_for}").status_code == 404

    def test_an_act_that_is_not_asked_of_a_policy_is_not_found(
        self, operator: Client, application: Application
    ) -> None:
        assert operator.get(f"{address(application, 'roll-back')}?policy={POLICY}").status_code == 404


class TestClick:
    def test_it_is_requested_once_and_shown_on_the_page_of_the_application(
        self, operator: Client, application: Application, asked: Asked
    ) -> None:
        given = {**fields(opened(operator, application)), "reason": "freeze"}
        for _ in range(2):
            answer = click(operator, application, given)
            assert (answer.status_code, answer["Location"]) == (302, f"/applications/{application.pk}/#policies")
        command = Command.objects.get()
        assert (command.application, command.policy, command.act, command.reason) == (
            application, POLICY, "pause", "freeze",
        )  # fmt: skip
        assert [arguments for _, arguments in asked] == [{"command": command.pk}]
        assert "Reason: freeze" in page(operator, f"/applications/{application.pk}/")

    def test_from_the_page_of_a_rollout_it_goes_on_to_the_application(
        self, operator: Client, application: Application
    ) -> None:
        headers = {**HTMX["headers"], "HX-Current-URL": "https://here.example/rollouts/1/"}
        answer = click(operator, application, fields(opened(operator, application)), headers=headers)
        assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/applications/{application.pk}/#policies")

    def test_on_the_page_of_the_application_the_dialog_closes(self, operator: Client, application: Application) -> None:
        headers = {**HTMX["headers"], "HX-Current-URL": f"https://here.example/applications/{application.pk}/"}
        answer = click(operator, application, fields(opened(operator, application)), headers=headers)
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "command-given")

    def test_what_has_changed_since_is_shown_and_not_done(self, operator: Client, application: Application) -> None:
        given = {**fields(opened(operator, application)), "reason": "kept"}
        make_cluster(
            "ap-south", source="hub", hub=application.hub, hub_kind="attachedclusters", hub_namespace="shop",
            hub_name="ap-south", fleets=["shop/prod"],
        )  # fmt: skip
        answer = click(operator, application, given)
        html = answer.content.decode()
        assert answer.status_code == 409
        assert "Something has changed since this was shown." in html
        assert "No Canary of it is in ap-south yet" in html
        assert 'value="kept"' in html
        assert not Command.objects.exists()

    def test_another_role_by_the_time_it_is_carried_out_stops_it(self, application: Application) -> None:
        person = make_person("ann", Role.OPERATOR)
        command = make_policy_command(application, state="requested")
        Command.objects.filter(pk=command.pk).update(person=person)
        command.refresh_from_db()
        assert tasks._may(command)
        grant(person, Role.VIEWER)
        assert not tasks._may(Command.objects.get())


class TestCommand:
    def test_it_is_cancelled_while_there_is_time(self, operator: Client, application: Application) -> None:
        command = make_policy_command(application, state="requested")
        where = f"/applications/{application.pk}/policy/commands/{command.pk}/"
        assert "Cancel this command" in page(operator, where)
        assert operator.post(where).status_code == 302
        command.refresh_from_db()
        assert command.state == "cancelled"
        assert operator.post(where).status_code == 409

    @pytest.mark.usefixtures("still")
    def test_the_page_asks_for_itself_anew_when_a_command_has_come_further(
        self, operator: Client, application: Application
    ) -> None:
        command = make_policy_command(application)
        html = page(operator, f"/applications/{application.pk}/")
        version = html.partition('{"v": "')[2].partition('"')[0]
        held = {"v": version}
        assert operator.get(f"/applications/{application.pk}/", held, **HTMX).status_code == 204
        Command.objects.filter(pk=command.pk).update(state="observed", sentence="It is suspended in all 2 clusters.")
        answer = operator.get(f"/applications/{application.pk}/", held, **HTMX)
        assert "It is suspended in all 2 clusters." in answer.content.decode()

    def test_its_reason_may_follow_from_whoever_asked(self, client: Client, application: Application) -> None:
        olga, otto = make_person("olga", Role.OPERATOR), make_person("otto", Role.OPERATOR)
        command = make_policy_command(application, person=olga)
        where = f"/applications/{application.pk}/policy/commands/{command.pk}/"
        client.force_login(otto)
        assert "Give the reason" not in page(client, where)
        client.force_login(olga)
        assert f'action="{where}reason/"' in page(client, where)
        assert "Say why." in client.post(f"{where}reason/", {"reason": " "}).content.decode()
        assert client.post(f"{where}reason/", {"reason": "freeze"}).status_code == 302
        assert "Reason: freeze" in page(client, f"/applications/{application.pk}/")
        assert AuditEntry.objects.get(act="give-reason").kind == "policy"

    def test_its_details_stay_when_the_policy_has_another_name_or_is_gone(
        self, operator: Client, application: Application
    ) -> None:
        command, here = make_policy_command(application), f"/applications/{application.pk}/"
        where = f"{here}policy/commands/{command.pk}/"
        renamed = {**application.policies[0], "name": "checkout-live"}
        Application.objects.filter(pk=application.pk).update(policies=[renamed])
        assert f'href="{where}"' in page(operator, here)
        assert "accepted by the cluster" in page(operator, where)
        Application.objects.filter(pk=application.pk).update(policies=[])
        assert "accepted by the cluster" in page(operator, where)

    def test_names_of_policies_are_no_markup(self, operator: Client, application: Application) -> None:
        evil = '"><script>alert(1)</script>'
        stored = {**application.policies[0], "name": evil}
        Application.objects.filter(pk=application.pk).update(policies=[stored])
        html = page(operator, f"/applications/{application.pk}/")
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html

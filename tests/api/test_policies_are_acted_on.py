"""Acts on a policy by the API: shown before, requested with what was shown, followed, cancelled."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, AuditEntry, Cluster, Command, Covers, RequiredReason, Role, Rollout
from tests.api.asking import bearer, every, get, post
from tests.support.earlier import OLD, keep_versions, make_idle_policy
from tests.support.governed import POLICY, make_policy, make_policy_command, suspend
from tests.support.people import grant, make_person, make_token

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def application(asked: Asked) -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.PROGRESSING, iterations=1)


def preview(client: Client, one: Application, act: str = "pause", status: int = 200, policy: str = POLICY) -> Any:
    return post(client, f"/applications/{one.pk}/policies/preview", status, policy=policy, act=act)


def asked_for(shown: Any, **changes: Any) -> dict[str, Any]:
    return {**{name: shown[name] for name in ("policy", "act", "choice", "mark", "digest")}, **changes}


def request(client: Client, one: Application, status: int = 201, **given: Any) -> Any:
    return post(client, f"/applications/{one.pk}/policies/commands", status, **given)


def in_part(role: Role = Role.VIEWER) -> Client:
    """Sees, and may perhaps act in, one of the clusters alone."""
    person = make_person("ann")
    grant(person, role, Covers.CLUSTER, cluster=Rollout.objects.get(cluster__name="eu-west").cluster)
    return bearer(make_token(person, "operate").secret)


class TestTheList:
    def test_has_each_policy_with_its_clusters_and_acts(self, program: Client, application: Application) -> None:
        (one,) = get(program, f"/applications/{application.pk}/policies")["items"]
        assert (one["name"], one["suspended"], one["may_not"]) == (POLICY, False, "")
        assert [(each["cluster"]["name"], each["phase"]) for each in one["clusters"]] == [
            ("eu-west", "Progressing"), ("us-east", "Progressing"),
        ]  # fmt: skip
        acts = {each["act"]: each["why_not"] for each in one["acts"]}
        assert (acts["pause"], acts["resume"]) == ("", "The policy is not suspended.")
        assert "promote-now" in acts

    def test_tells_a_viewer_whom_to_ask(self, application: Application) -> None:
        client = bearer(make_token(make_person("vera", Role.VIEWER)).secret)
        (one,) = get(client, f"/applications/{application.pk}/policies")["items"]
        assert "needs the right to act in every cluster" in one["may_not"]
        assert {each["why_not"] for each in one["acts"]} == {""}

    def test_is_empty_for_who_sees_some_of_its_clusters(self, application: Application) -> None:
        assert get(in_part(), f"/applications/{application.pk}/policies")["items"] == []

    def test_of_a_plain_application_it_is_empty(self, program: Client, running: Rollout) -> None:
        assert get(program, f"/applications/{running.application_id}/policies")["items"] == []


class TestPreview:
    def test_it_says_what_will_be_written_and_where_it_reaches(self, program: Client, application: Application) -> None:
        shown = preview(program, application)
        (patch,) = shown["plan"]["patches"]
        assert (patch["kind"], patch["name"]) == ("applications", "checkout")
        assert patch["body"][-1]["path"].endswith("/rollout/rolloutPolicy/suspend")
        assert "brings it to all 2 clusters" in shown["plan"]["effect"]
        assert [one["cluster"]["name"] for one in shown["clusters"]] == ["eu-west", "us-east"]

    def test_an_act_that_cannot_work_says_why(self, program: Client, application: Application) -> None:
        shown = preview(program, application, "resume")
        assert (shown["plan"], shown["why_not"]) == (None, "The policy is not suspended.")
        assert "It is asked of each rollout." in preview(program, application, "roll-back")["why_not"]

    def test_what_an_act_is_told_is_in_its_plan(self, program: Client, application: Application) -> None:
        address = f"/applications/{application.pk}/policies/preview"
        given: dict[str, Any] = {"policy": POLICY, "act": "pause"}
        shown = post(program, address, **given, choice={"for": "30", "then": "resume"})
        assert (shown["plan"]["reversal"]["seconds"], shown["plan"]["reversal"]["by_itself"]) == (1800, True)
        made = request(program, application, **asked_for(shown))
        assert made["choice"] == {"for": "30", "then": "resume"}
        assert "cannot be told 'fro'" in post(program, address, 422, **given, choice={"fro": "30"})["error"]["message"]

    def test_there_is_no_other_policy(self, program: Client, application: Application) -> None:
        assert (
            preview(program, application, status=404, policy="other")["error"]["message"] == "There is no such policy."
        )


class TestRequest:
    def test_what_was_shown_becomes_a_command(self, program: Client, application: Application, asked: Asked) -> None:
        made = request(program, application, **asked_for(preview(program, application), reason=" lunch "))
        assert (made["policy"], made["application"], made["rollout"]) == (POLICY, application.pk, None)
        assert (made["state"], made["reason"], made["cancellable"]) == ("requested", "lunch", True)
        assert asked == [("rollouts.tasks.carry_out", {"command": made["id"]})]
        assert AuditEntry.objects.get(kind="policy").outcome == "requested"
        assert get(program, f"/commands/{made['id']}") == made
        assert get(program, f"/applications/{application.pk}/policies/commands")["items"] == [made]

    def test_sent_twice_it_is_one(self, program: Client, application: Application, asked: Asked) -> None:
        given = asked_for(preview(program, application))
        assert len({request(program, application, **given)["id"] for _ in range(2)}) == 1
        assert (Command.objects.count(), len(asked)) == (1, 1)

    def test_promoting_wants_the_name(self, program: Client, application: Application) -> None:
        shown = preview(program, application, "promote-now")
        error = request(program, application, 422, **asked_for(shown))["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", "body.typed")
        request(program, application, **asked_for(shown, typed=shown["plan"]["typed"]))

    def test_a_required_reason_is_missed_by_its_name(self, program: Client, application: Application) -> None:
        RequiredReason.objects.create()
        error = request(program, application, 422, **asked_for(preview(program, application)))["error"]
        assert (error["code"], error["fields"][0]["where"]) == ("unconfirmed", "body.reason")
        assert not Command.objects.exists()

    def test_what_has_changed_meanwhile_is_shown_anew(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application))
        Rollout.objects.filter(cluster__name="us-east").first().delete()  # type: ignore[union-attr]
        error = request(program, application, 409, **given)["error"]
        assert (error["code"], Command.objects.count()) == ("changed", 0)
        request(program, application, **asked_for(error["preview"]))

    def test_what_can_no_longer_work_is_refused_with_the_reason(
        self, program: Client, application: Application
    ) -> None:
        given = asked_for(preview(program, application))
        suspend(application)
        error = request(program, application, 409, **given)["error"]
        assert (error["code"], error["preview"]["plan"]) == ("not-possible", None)

    def test_the_same_of_somebody_else_is_under_way(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application))
        make_policy_command(application, state="requested")
        assert request(program, application, 409, **given)["error"]["message"] == "The same is under way already."


class TestWhatWasAskedFor:
    def test_comes_in_pieces_the_newest_first(self, program: Client, application: Application) -> None:
        made = [make_policy_command(application, state="observed").pk for _ in range(3)]
        found = every(program, f"/applications/{application.pk}/policies/commands", limit=2)
        assert [one["id"] for one in found] == list(reversed(made))

    @pytest.mark.parametrize("changes", [{"policies": []}, {"deleted_at": timezone.now(), "policies": []}])
    def test_can_be_followed_to_its_end_when_the_policy_is_gone(
        self, program: Client, application: Application, changes: dict[str, Any]
    ) -> None:
        command = make_policy_command(application, state="observed")
        Application.objects.filter(pk=application.pk).update(**changes)
        application.rollouts.update(application=None)
        person = make_person("ann")
        for one in Cluster.objects.filter(is_hub=False):
            grant(person, Role.VIEWER, Covers.CLUSTER, cluster=one)
        for client in (program, bearer(make_token(person, "read").secret)):
            assert get(client, f"/commands/{command.pk}")["state"] == "observed"
        assert get(program, f"/applications/{application.pk}/policies/commands")["items"][0]["id"] == command.pk

    def test_can_be_cancelled_when_the_policy_is_gone(self, program: Client, application: Application) -> None:
        command = make_policy_command(application, state="requested")
        Application.objects.filter(pk=application.pk).update(policies=[])
        assert post(program, f"/commands/{command.pk}/cancel")["state"] == "cancelled"

    def test_can_be_cancelled_in_time(self, program: Client, application: Application) -> None:
        command = make_policy_command(application, state="requested")
        assert post(program, f"/commands/{command.pk}/cancel")["state"] == "cancelled"
        assert "too late" in post(program, f"/commands/{command.pk}/cancel", 409)["error"]["message"]


class TestWhoMayNot:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
    def test_who_sees_some_of_its_clusters_learns_nothing_of_its_commands(
        self, application: Application, role: Role
    ) -> None:
        command, client = make_policy_command(application, state="requested"), in_part(role)
        assert get(client, f"/applications/{application.pk}/policies/commands")["items"] == []
        get(client, f"/commands/{command.pk}", 404)
        post(client, f"/commands/{command.pk}/cancel", 404)
        preview(client, application, status=403)
        assert Command.objects.get().state == "requested"

    def test_who_sees_the_clusters_that_are_left_does_not_read_of_the_one_that_left(
        self, program: Client, application: Application
    ) -> None:
        command, client = make_policy_command(application), in_part()
        Cluster.objects.filter(name="us-east").update(fleets=[], hub=None)
        get(client, f"/commands/{command.pk}", 404)
        assert get(client, f"/applications/{application.pk}/policies/commands")["items"] == []
        since = make_policy_command(application, "resume")
        assert get(client, f"/commands/{since.pk}")["id"] == since.pk
        every_id = [one["id"] for one in get(program, f"/applications/{application.pk}/policies/commands")["items"]]
        assert every_id == [since.pk, command.pk]
        (shown,) = get(client, f"/applications/{application.pk}/policies/commands?limit=1")["items"]
        assert shown["id"] == since.pk

    def test_nor_who_sees_those_it_had_of_one_that_joined(self, application: Application) -> None:
        Cluster.objects.filter(name="us-east").update(fleets=[])
        command = make_policy_command(application)
        Cluster.objects.filter(name="us-east").update(fleets=["shop/prod"])
        get(in_part(), f"/commands/{command.pk}", 404)

    def test_a_viewer_of_everything_sees_and_does_nothing(self, program: Client, application: Application) -> None:
        given = asked_for(preview(program, application))
        command = make_policy_command(application, act="resume", state="requested")
        client = bearer(make_token(make_person("vera", Role.VIEWER), "operate").secret)
        assert get(client, f"/commands/{command.pk}")["state"] == "requested"
        post(client, f"/commands/{command.pk}/cancel", 403)
        preview(client, application, status=403)
        request(client, application, 403, **given)
        assert Command.objects.get().state == "requested"


class TestAnEarlierVersion:
    def test_it_is_read_first_then_requested_for_each_cluster_that_knows_it(
        self, program: Client, asked: Asked
    ) -> None:
        one = make_idle_policy("eu-west", "us-east")
        shown = preview(program, one, "earlier-version")
        assert shown["why_not"].startswith("The cluster is being asked")
        assert [task for task, _ in asked] == ["rollouts.tasks.read_versions"] * 2
        keep_versions(Rollout.objects.get(cluster__name="eu-west"))
        keep_versions(Rollout.objects.get(cluster__name="us-east"), found=())
        address = f"/applications/{one.pk}/policies/preview"
        given: dict[str, Any] = {"policy": POLICY, "act": "earlier-version"}
        assert (
            "cannot be told 'version'"
            in post(program, address, 422, **given, choice={"images": OLD, "version": "v"})["error"]["message"]
        )
        shown = post(program, address, **given, choice={"images": OLD})
        assert [each["left_out"][:27] for each in shown["clusters"]] == ["", "No earlier version is known"]
        made = request(program, one, **asked_for(shown, typed="checkout"))
        (part,) = Command.objects.filter(under=made["id"])
        assert get(program, f"/commands/{part.pk}")["under"] == made["id"]
        assert (part.state, made["choice"]) == ("waiting", {"images": OLD, "how": "fast"})

"""Making an Application by the API: judged field by field as the form does, tried out, confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rollouts.models import ApplicationChange, ChangeState, Cluster, Covers, RequiredReason
from tests.api.asking import bearer, get, post
from tests.support.bare import make_bare
from tests.support.people import grant, make_operator, make_person, make_token
from tests.support.whole import make_creation

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]
ADDRESS = "/application-changes"


@pytest.fixture
def hub(asked: Asked) -> Cluster:
    """Its Fleet shop/prod has two clusters."""
    make_bare("eu-west", "us-east")
    return Cluster.objects.get(is_hub=True)


def fields(**given: str) -> dict[str, str]:
    said = {"name": "cards", "url": "https://git.example.test/cards/deploy.git", "ref": "main", "path": "./deploy"}
    return {**said, **given}


def wrong(error: Any) -> dict[str, str]:
    return {one["where"]: one["message"] for one in error["error"]["fields"]}


class TestEntering:
    def test_what_is_not_named_is_as_the_form_has_it_at_first(self, editor: Client, hub: Cluster, asked: Asked) -> None:
        made = post(editor, ADDRESS, 201, fields=fields())
        assert (made["kind"], made["what"], made["state"]) == ("creation", "Application shop/cards", "looking")
        change = ApplicationChange.objects.get()
        assert (change.entered["fleet"], change.entered["prune"]) == (f"{hub.pk}/shop/prod", "on")
        assert change.manifest["spec"]["source"]["gitRepository"]["interval"] == "3m0s"
        assert len(change.parts[0][1]) == 2
        assert asked == [("rollouts.tasks.go_on_with_application", {"change": change.pk})]

    def test_what_is_wrong_is_said_field_by_field_as_by_the_form(self, editor: Client, hub: Cluster) -> None:
        said = wrong(post(editor, ADDRESS, 422, fields=fields(name="Cards!", url="", fleet="9/shop/prod")))
        assert set(said) >= {"body.fields.name", "body.fields.url", "body.fields.fleet"}
        assert said["body.fields.fleet"] == f"Choose one of these Fleets. They are {hub.pk}/shop/prod."
        assert not ApplicationChange.objects.exists()

    def test_a_name_that_is_taken_is_told(self, editor: Client, hub: Cluster) -> None:
        said = wrong(post(editor, ADDRESS, 422, fields=fields(name="cart")))
        assert "There is an Application of this name" in said["body.fields.name"]

    def test_a_field_that_does_not_exist_is_refused_with_those_that_do(self, editor: Client, hub: Cluster) -> None:
        message = post(editor, ADDRESS, 422, fields=fields(nmae="cards"))["error"]["message"]
        assert message.startswith("There is no field 'nmae'. Known are fleet, selector, name,")

    def test_labels_that_choose_no_cluster_are_told(self, editor: Client, hub: Cluster) -> None:
        assert "body.fields.selector" in wrong(post(editor, ADDRESS, 422, fields=fields(selector="tier=none")))


class TestConfirming:
    def test_wants_no_name_and_a_reason_where_one_is_required(self, editor: Client, ed: User, hub: Cluster) -> None:
        change = make_creation(hub, ed)
        review = get(editor, f"{ADDRESS}/{change.pk}")["review"]
        assert (review["typed"], review["reason_required"], review["clusters"]) == ("", False, ["eu-west", "us-east"])
        RequiredReason.objects.create(act="create-application", role="")
        error = post(editor, f"{ADDRESS}/{change.pk}/confirm", 422, digest=change.digest)["error"]
        assert error["fields"][0]["where"] == "body.reason"
        made = post(editor, f"{ADDRESS}/{change.pk}/confirm", digest=change.digest, reason="a new shop")
        assert made["state"] == ChangeState.OPEN

    def test_what_the_hub_refuses_is_not_made(self, editor: Client, ed: User, hub: Cluster) -> None:
        change = make_creation(hub, ed, seen={"refused": "spec.source is required"})
        error = post(editor, f"{ADDRESS}/{change.pk}/confirm", 409, digest=change.digest)["error"]
        assert error["change"]["review"]["why_not"][0]["said"] == "spec.source is required"


class TestWhoMayNot:
    def test_who_edits_nothing_is_told_whom_to_ask(self, hub: Cluster) -> None:
        client = bearer(make_token(make_operator(), "operate").secret)
        message = post(client, ADDRESS, 403, fields=fields())["error"]["message"]
        assert "To create an Application needs the right" in message

    def test_all_clusters_that_it_reaches_have_to_be_the_persons(self, hub: Cluster) -> None:
        person = make_person("half")
        grant(person, covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="eu-west"), edits_policies=True)
        client = bearer(make_token(person, "operate").secret)
        said = wrong(post(client, ADDRESS, 422, fields=fields()))
        assert "or one of which you may not edit all policies" in " ".join(said.values())
        assert not ApplicationChange.objects.exists()

    def test_a_token_for_looking_makes_nothing(self, ed: User, hub: Cluster) -> None:
        post(bearer(make_token(ed, "read").secret), ADDRESS, 403, fields=fields())
        assert not ApplicationChange.objects.exists()

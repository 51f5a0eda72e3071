"""Making a plain Canary by the API: the form's fields, judged as there, tried out, confirmed, followed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.policies.offering import LeadingService, Offer
from rollouts.models import ChangeState, Cluster, Covers, Inventory, NewCanary, RequiredReason, Role
from tests.api.asking import bearer, get, post
from tests.api.refusing import Refuses, Tries
from tests.support.bare import make_inventory
from tests.support.builders import make_cluster, make_rollout
from tests.support.new_canaries import make_new_canary
from tests.support.people import grant, make_operator, make_person, make_token

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]
CART_FOUND = Offer(
    "Deployment", "shop", "cart", service=True, ports=(8080,), leading=(LeadingService("cart", (8080,)),), label="app",
    autoscaler="cart-hpa",
)  # fmt: skip
CART: dict[str, Any] = {"namespace": "shop", "workload": "cart", "port": 8080}


@pytest.fixture
def edge(asked: Asked) -> Cluster:
    made = make_cluster("edge")
    make_inventory("edge")
    return made


def enter(client: Client, cluster: Cluster, status: int = 201, **given: Any) -> Any:
    return post(client, f"/clusters/{cluster.pk}/new-canaries", status, **{**CART, **given})


def address(row: NewCanary, *more: str) -> str:
    return "/".join((f"/new-canaries/{row.pk}", *more))


def wrong(error: Any) -> dict[str, str]:
    return {one["where"]: one["message"] for one in error["error"]["fields"]}


class TestTheForm:
    def test_names_every_field_with_what_it_says_at_first(self, editor: Client, edge: Cluster) -> None:
        said = get(editor, f"/clusters/{edge.pk}/new-canaries/form", **CART)["fields"]
        assert (said["port"], said["strategy"]) == ("8080", "blue-green")
        assert {"interval", "metrics-0-name"} <= set(said)
        assert "workload" not in said

    def test_can_be_sent_back_as_it_is(self, editor: Client, edge: Cluster) -> None:
        said = get(editor, f"/clusters/{edge.pk}/new-canaries/form", **CART)["fields"]
        enter(editor, edge, fields=said)
        sent = NewCanary.objects.get().texts
        enter(editor, edge)
        assert NewCanary.objects.latest("pk").texts == sent


class TestEntering:
    def test_asks_the_cluster_and_makes_nothing(self, editor: Client, edge: Cluster, asked: Asked) -> None:
        made = enter(editor, edge, fields={"interval": "30"})
        row = NewCanary.objects.get()
        assert (made["kind"], made["what"], made["state"]) == (
            "new Canary", "the Canary shop/cart in edge", "looking",
        )  # fmt: skip
        assert (row.texts["interval"], row.texts["port"], row.asked_at) == ("30", "8080", None)
        assert asked == [("rollouts.tasks.go_on_with_new_canary", {"canary": row.pk})]
        assert get(editor, address(row)) == made

    def test_a_list_that_is_named_has_nothing_of_the_first_one(self, editor: Client, edge: Cluster) -> None:
        enter(editor, edge, fields={"metrics-3-name": "request-duration", "metrics-3-maximum": "500", "hooks": ""})
        texts = NewCanary.objects.get().texts
        names = {name: said for name, said in texts.items() if name.startswith(("metrics-", "hooks"))}
        assert names == {"metrics-0-name": "request-duration", "metrics-0-maximum": "500"}

    def test_what_is_wrong_is_said_field_by_field_as_by_the_form(self, editor: Client, edge: Cluster) -> None:
        said = wrong(enter(editor, edge, 422, fields={"interval": "soon", "failures": "many"}))
        assert {"body.fields.interval", "body.fields.failures"} <= set(said)
        assert said["body.fields.failures"] == "“many” is no whole number."
        assert not NewCanary.objects.exists()

    def test_what_can_be_no_name_is_said(self, editor: Client, edge: Cluster) -> None:
        said = wrong(enter(editor, edge, 422, workload="Cart!", service="-"))
        assert set(said) == {"body.workload", "body.service"}

    @pytest.mark.parametrize("name", ["intreval", "metrics-0-nmae", "workload", "metrics-0", "hooks"])
    def test_a_field_that_does_not_exist_is_refused(self, editor: Client, edge: Cluster, name: str) -> None:
        message = enter(editor, edge, 422, fields={name: "x"})["error"]["message"]
        assert message == f"There is no field {name!r} of a Canary. Its form at first names them all."

    @pytest.mark.parametrize("read_at", [None, timezone.now() - timedelta(hours=1)], ids=["never", "long ago"])
    def test_waits_for_what_is_around_the_workload(
        self, editor: Client, edge: Cluster, asked: Asked, read_at: datetime | None
    ) -> None:
        """Else its ports and its autoscaler would be left out, or be those of another time."""
        long_ago = timezone.now() - timedelta(hours=1)
        Inventory.objects.update(read_at=read_at, requested_at=long_ago)
        assert enter(editor, edge, 409)["error"]["code"] == "being-read"
        form = f"/clusters/{edge.pk}/new-canaries/form"
        assert get(editor, form, 409, **CART)["error"]["code"] == "being-read"
        assert asked == [("rollouts.tasks.read_inventory", {"cluster": edge.pk})]
        assert not NewCanary.objects.exists()

    def test_begins_with_what_was_found_around_it(self, editor: Client, edge: Cluster) -> None:
        Inventory.objects.all().delete()
        make_inventory("edge", CART_FOUND)
        made = enter(editor, edge)
        assert NewCanary.objects.get().texts["scaler"] == "cart-hpa"
        NewCanary.objects.update(state=ChangeState.LOOKED, seen={"refused": "", "pods": 2})
        review = get(editor, f"/new-canaries/{made['id']}")["review"]
        assert review["read_at"] is not None
        assert any("A good release takes" in one for one in review["meaning"])

    @pytest.mark.parametrize(
        ("fields", "where"),
        [
            ({"suspended": "true"}, "suspended"),
            ({"reverts": "yes"}, "reverts"),
            ({"step": "10", "most": "50"}, "step"),
        ],
    )
    def test_nothing_is_said_for_nothing(
        self, editor: Client, edge: Cluster, fields: dict[str, str], where: str
    ) -> None:
        assert f"body.fields.{where}" in wrong(enter(editor, edge, 422, fields=fields))
        assert not NewCanary.objects.exists()

    def test_a_strategy_that_does_not_exist_is_refused(self, editor: Client, edge: Cluster) -> None:
        message = enter(editor, edge, 422, fields={"strategy": "Canary"})["error"]["message"]
        assert message == "There is no strategy 'Canary'. Known are blue-green, canary, ab-testing."

    def test_another_strategy_takes_the_place_of_what_the_form_had_at_first(
        self, editor: Client, edge: Cluster
    ) -> None:
        said = get(editor, f"/clusters/{edge.pk}/new-canaries/form", **CART)["fields"]
        enter(editor, edge, fields={**said, "strategy": "canary", "step": "10", "most": "50"})
        assert NewCanary.objects.get().texts["step"] == "10"

    def test_what_is_in_the_way_is_told(self, editor: Client, edge: Cluster) -> None:
        make_rollout(edge, name="cart")
        assert enter(editor, edge, 409)["error"]["code"] == "not-possible"
        assert not NewCanary.objects.exists()


class TestConfirming:
    def test_shows_the_object_and_asks_for_it_once(self, editor: Client, ed: User, edge: Cluster, asked: Asked) -> None:
        row = make_new_canary(edge, ed)
        review = get(editor, address(row))["review"]
        assert (review["manifest"]["kind"], review["typed"], review["clusters"]) == ("Canary", "", ["edge"])
        for _ in range(2):
            made = post(editor, address(row, "confirm"), digest=row.digest, reason="safer releases")
        assert (made["state"], made["reason"], made["review"]) == ("open", "safer releases", None)
        assert [one["state"] for one in made["places"][0]["steps"]] == ["going-on", "to-come", "to-come"]
        assert asked == [("rollouts.tasks.go_on_with_new_canary", {"canary": row.pk})]

    def test_hides_what_may_be_a_secret(self, editor: Client, ed: User, edge: Cluster) -> None:
        texts = {
            "hooks-0-name": "call", "hooks-0-kind": "rollout", "hooks-0-url": "http://call.shop",
            "hooks-0-metadata": "token: abc123",
        }  # fmt: skip
        answer = get(editor, address(make_new_canary(edge, ed, texts=texts)))
        assert "abc123" not in str(answer)

    def test_wants_the_name_where_the_analysis_is_off(self, editor: Client, ed: User, edge: Cluster) -> None:
        row = make_new_canary(edge, ed, texts={"skips": "on"})
        assert get(editor, address(row))["review"]["typed"] == "cart"
        error = post(editor, address(row, "confirm"), 422, digest=row.digest)["error"]
        assert error["fields"][0]["where"] == "body.typed"

    def test_wants_a_reason_where_one_is_required(self, editor: Client, ed: User, edge: Cluster) -> None:
        RequiredReason.objects.create(act="create-canary", role="")
        row = make_new_canary(edge, ed)
        error = post(editor, address(row, "confirm"), 422, digest=row.digest)["error"]
        assert (error["fields"][0]["where"], error["change"]["review"]["reason_required"]) == ("body.reason", True)

    def test_holds_for_exactly_what_was_seen(self, editor: Client, ed: User, edge: Cluster) -> None:
        row = make_new_canary(edge, ed)
        assert post(editor, address(row, "confirm"), 409, digest="e" * 64)["error"]["code"] == "changed"

    def test_what_the_cluster_refuses_is_not_made(self, editor: Client, ed: User, edge: Cluster) -> None:
        row = make_new_canary(edge, ed, seen={"refused": "There is no such workload."})
        error = post(editor, address(row, "confirm"), 409, digest=row.digest)["error"]
        assert error["code"] == "not-possible"
        assert error["change"]["review"]["why_not"][0]["said"] == "There is no such workload."
        assert post(editor, address(row, "look"))["state"] == "looking"

    def test_it_is_stopped_once(self, editor: Client, ed: User, edge: Cluster) -> None:
        row = make_new_canary(edge, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        assert post(editor, address(row, "stop"))["said"] == "Stopped. The cluster was not asked to do anything."
        assert "nothing to stop" in post(editor, address(row, "stop"), 409)["error"]["message"]


class TestWhoMayNotEnter:
    def test_who_edits_nothing_there_is_told_whom_to_ask(self, edge: Cluster) -> None:
        client = bearer(make_token(make_operator(), "operate").secret)
        assert "Ask somebody who administers edge." in enter(client, edge, 403)["error"]["message"]

    def test_who_edits_another_namespace_may_not_either(self, edge: Cluster) -> None:
        person = make_person("half")
        grant(person, Role.VIEWER)
        grant(person, covers=Covers.NAMESPACE, namespace="bank", cluster=edge, edits_policies=True)
        enter(bearer(make_token(person, "operate").secret), edge, 403)
        assert not NewCanary.objects.exists()

    def test_what_was_never_asked_for_is_its_authors_alone(self, edge: Cluster, ed: User) -> None:
        other = make_person("eve")
        grant(other, edits_policies=True)
        get(bearer(make_token(other, "operate").secret), address(make_new_canary(edge, ed)), 404)


class TestWhoMayNot(Refuses):
    right: ClassVar = {"edits_policies": True}

    @pytest.fixture
    def tries(self, edge: Cluster, ed: User) -> Tries:
        row = make_new_canary(edge, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        return [
            (f"/clusters/{edge.pk}/new-canaries", CART),
            (address(row, "confirm"), {"digest": row.digest}),
            (address(row, "look"), {}),
            (address(row, "stop"), {}),
        ]

    def stays(self) -> None:
        assert NewCanary.objects.get().state == ChangeState.OPEN

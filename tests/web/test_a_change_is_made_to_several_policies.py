"""One change of several policies: one click, and what came of each."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts import wiring
from rollouts.models import (
    Application,
    AuditEntry,
    Batch,
    Cluster,
    Command,
    Covers,
    PolicyDraft,
    RequiredReason,
    Role,
)
from rollouts.services import act
from rollouts.services.act.many_policies import MOST_TRIALS
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_another_policy, make_policy
from tests.support.people import grant, make_person
from tests.support.several_policies import INTERVAL, answered, apply, begin, boxes, chosen, review, says, words

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


def go_on() -> None:
    act.go_on(
        now=timezone.now(), feed=wiring.change_feed(), enqueue=wiring.enqueue, record=act.to_trail,
        record_batch=act.batch_to_trail,
    )  # fmt: skip


@pytest.fixture
def one(asked: Asked) -> Application:
    return make_policy("eu-west", "us-east")


@pytest.fixture
def cart(one: Application) -> Application:
    return make_another_policy("cart")


@pytest.fixture
def stock(one: Application) -> Application:
    return make_another_policy("stock")


class TestTheClick:
    def test_is_a_command_for_each_with_the_reason_once(
        self, editor: Client, one: Application, cart: Application, stock: Application, asked: Asked
    ) -> None:
        address = begin(editor, one, interval="60")
        page = review(editor, address, cart, stock)
        response = apply(editor, address, page, cart, stock, reason="slower")
        batch = Batch.objects.get()
        assert response["Location"] == f"/policies/changes/{batch.pk}/"
        found = Command.objects.order_by("pk")
        assert [(one.policy, one.state, one.reason, one.batch) for one in found] == [
            (NAME, "requested", "slower", batch),
            ("cart-prod", "requested", "slower", batch),
            ("stock-prod", "requested", "slower", batch),
        ]
        assert asked[-3:] == [("rollouts.tasks.carry_out", {"command": one.pk}) for one in found]
        assert list(PolicyDraft.objects.order_by("pk").values_list("command", flat=True)) == [one.pk for one in found]
        told = AuditEntry.objects.filter(kind="application").latest("pk").answer
        assert told == f"All at once: {NAME}, cart-prod, stock-prod."

    def test_twice_is_once(self, editor: Client, one: Application, cart: Application) -> None:
        address = begin(editor, one, interval="60")
        page = review(editor, address, cart)
        first, again = (apply(editor, address, page, cart) for _ in range(2))
        assert first["Location"] == again["Location"]
        assert Command.objects.count() == 2

    def test_one_after_the_other_begins_one(self, editor: Client, one: Application, cart: Application) -> None:
        address = begin(editor, one, interval="60")
        apply(editor, address, review(editor, address, cart), cart, pace="in-turn")
        assert list(Command.objects.order_by("pk").values_list("state", flat=True)) == ["requested", "waiting"]

    def test_more_policies_and_clusters_than_are_reviewed_together_are_not_changed_together_either(
        self, editor: Client, one: Application, cart: Application, stock: Application
    ) -> None:
        fleet = Cluster.objects.get(name="eu-west")
        for number in range(MOST_TRIALS // 3):
            fleet.pk, fleet.name, fleet.hub_name = None, f"more-{number}", f"more-{number}"
            fleet.save(force_insert=True)
        address = begin(editor, one, interval="60")
        pages = [review(editor, address, other) for other in (cart, stock)]
        taken = sorted({box for page in pages for box in boxes(page)})
        said = apply(editor, address, pages[0], cart, take=taken)
        assert len(taken) == 3
        assert said.status_code == 409
        assert f"at most {MOST_TRIALS} are possible at once" in words(said)
        assert not Command.objects.exists()

    def test_what_is_not_ticked_is_left_alone(self, editor: Client, one: Application, cart: Application) -> None:
        address = begin(editor, one, interval="60")
        page = review(editor, address, cart)
        apply(editor, address, page, cart, take=boxes(page)[1:])
        assert Command.objects.get().policy == "cart-prod"
        nothing = apply(editor, address, page, cart, take=[], mark="0" * 32)
        assert nothing.status_code == 409
        assert "No policy was chosen." in words(nothing)

    def test_one_right_that_is_taken_away_refuses_that_one_and_the_others_go(
        self, client: Client, one: Application, cart: Application, stock: Application
    ) -> None:
        person = make_person("some")
        grants = {
            each.name: grant(person, Role.VIEWER, Covers.APPLICATION, application=each, edits_policies=True)
            for each in (one, cart, stock)
        }
        client.force_login(person)
        address = begin(client, one, interval="60")
        page = review(client, address, cart, stock)
        grants["cart"].delete()
        response = apply(client, address, page, cart, stock)
        assert response.status_code == 302
        found = {each.policy: (each.state, each.sentence) for each in Command.objects.all()}
        assert found[NAME] == found["stock-prod"] == ("requested", "")
        state, sentence = found["cart-prod"]
        assert state == "refused"
        assert sentence.startswith("To edit a policy needs that right in every cluster that it selects")
        told = words(client.get(response["Location"]))
        assert "stock-prod" in told
        assert "cart-prod" not in told
        assert "1 more policy, of which you do not see all clusters." in told

    def test_in_turn_one_right_that_is_taken_away_stops_none_of_the_others(
        self, client: Client, one: Application, cart: Application, stock: Application
    ) -> None:
        person = make_person("some")
        for each in (one, stock):
            grant(person, Role.VIEWER, Covers.APPLICATION, application=each, edits_policies=True)
        taken_away = grant(person, Role.VIEWER, Covers.APPLICATION, application=cart, edits_policies=True)
        client.force_login(person)
        address = begin(client, one, interval="60")
        page = review(client, address, cart, stock)
        taken_away.delete()
        assert apply(client, address, page, cart, stock, pace="in-turn").status_code == 302
        go_on()
        states = {NAME: "requested", "cart-prod": "refused", "stock-prod": "waiting"}
        assert dict(Command.objects.values_list("policy", "state")) == states
        Command.objects.filter(policy=NAME).update(state="observed", ended_at=timezone.now())
        go_on()
        states |= {NAME: "observed", "stock-prod": "requested"}
        assert dict(Command.objects.values_list("policy", "state")) == states

    def test_another_workload_that_is_no_longer_the_persons_to_give_is_refused_alone(
        self, client: Client, one: Application, cart: Application
    ) -> None:
        person = make_person("some")
        for each in (one, cart):
            grant(person, Role.VIEWER, Covers.APPLICATION, application=each, edits_policies=True)
        of_shop = grant(person, Role.VIEWER, Covers.NAMESPACE, namespace="shop", edits_policies=True)
        client.force_login(person)
        address = begin(client, one, workload="basket", service="basket", interval="60")
        page = review(client, address, cart)
        assert len(boxes(page)) == 2
        of_shop.delete()
        said = words(review(client, address, cart))
        assert f"{NAME} of checkout : To put shop/basket under this policy needs the right" in said
        assert apply(client, address, page, cart, pace="in-turn").status_code == 302
        found = {each.policy: (each.state, each.sentence) for each in Command.objects.all()}
        assert found["cart-prod"] == ("requested", "")
        state, sentence = found[NAME]
        assert state == "refused"
        assert sentence.startswith("To put shop/basket under this policy needs the right")

    def test_when_one_is_no_longer_as_it_was_shown_nothing_is_done_and_it_is_shown_again(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        address = begin(editor, one, interval="60")
        page = review(editor, address, cart)
        says(cart, workload__name="cart", serviceName="cart", **{INTERVAL: 30})
        response = apply(editor, address, page, cart, reason="words stay")
        assert response.status_code == 409
        assert "Something has changed since this was shown." in words(response)
        assert not Command.objects.exists()
        assert not Batch.objects.exists()
        answered()
        again = editor.get(f"{address}/all/?{chosen(cart)}")
        assert "checkIntervalSeconds 30 60" in words(again)
        assert apply(editor, address, again, cart).status_code == 302

    def test_a_name_is_typed_where_one_of_them_needs_it_and_a_required_reason_is_asked_for(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        RequiredReason.objects.create(act="edit-policy")
        address = begin(editor, one, skips="on")
        page = review(editor, address, cart)
        response = apply(editor, address, page, cart, typed="cart", reason="why", take=boxes(page)[1:])
        assert response.status_code == 422
        assert "“cart” is not the name. Type checkout." in words(response)
        assert f'value="{boxes(page)[0]}" form="apply-all">' in response.content.decode(), "what was unticked stays so"
        response = apply(editor, address, page, cart, typed="checkout", reason="")
        assert "Say why: a reason is required." in words(response)
        assert not Command.objects.exists()
        assert apply(editor, address, page, cart, typed="checkout", reason="why").status_code == 302

    def test_another_edit_that_is_under_way_leaves_that_policy_out(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        address = begin(editor, one, interval="60")
        apply(editor, address, review(editor, address, cart), cart, take=boxes(review(editor, address, cart))[1:])
        again = begin(editor, one, failures="5")
        assert "cart-prod of cart : Another change of it is under way." in words(review(editor, again, cart))

    def test_somebody_elses_reviews_are_none(self, editor: Client, one: Application, cart: Application) -> None:
        address = begin(editor, one, interval="60")
        page = review(editor, address, cart)
        other = make_person("another")
        grant(other, edits_policies=True)
        editor.force_login(other)
        mine = begin(editor, one, failures="5")
        response = apply(editor, mine, page, cart)
        assert response.status_code == 409
        assert not Command.objects.exists()


class TestWhatCameOfIt:
    @pytest.fixture
    def batch(self, editor: Client, one: Application, cart: Application) -> Batch:
        address = begin(editor, one, interval="60")
        apply(editor, address, review(editor, address, cart), cart, pace="in-turn", reason="slower")
        return Batch.objects.get()

    def test_each_policy_has_its_own_line(self, editor: Client, batch: Batch, one: Application) -> None:
        Command.objects.filter(policy=NAME).update(sentence="<b>it</b> is")
        page = editor.get(f"/policies/changes/{batch.pk}/")
        said = words(page)
        assert f"{NAME} of shop/checkout on hub" in said
        assert "cart-prod of shop/cart on hub" in said
        assert "waiting for its turn" in said
        assert "&lt;b&gt;it&lt;/b&gt; is" in page.content.decode()
        assert "Reason: slower" in said
        assert f"/policies/changes/{batch.pk}/" in editor.get(f"/applications/{one.pk}/").content.decode()

    def test_what_has_not_begun_can_be_stopped(self, editor: Client, batch: Batch) -> None:
        address = f"/policies/changes/{batch.pk}/"
        Command.objects.filter(policy=NAME).update(state="accepted")
        assert "Stop what has not begun" in words(editor.get(address))
        assert editor.post(address)["Location"] == address
        states = dict(Command.objects.values_list("policy", "state"))
        assert states == {NAME: "accepted", "cart-prod": "cancelled"}
        assert "Stopped by ed." in words(editor.get(address))
        assert editor.post(address).status_code == 409

    def test_who_sees_it_and_may_not_edit_stops_nothing(self, visitor: Client, batch: Batch) -> None:
        address = f"/policies/changes/{batch.pk}/"
        visitor.force_login(make_person("sees", Role.VIEWER))
        assert "Stop what has not begun" not in words(visitor.get(address))
        assert visitor.post(address).status_code == 403

    def test_who_sees_none_of_it_finds_nothing(self, client: Client, batch: Batch) -> None:
        stranger = make_person("stranger")
        grant(stranger, Role.VIEWER, Covers.NAMESPACE, namespace="elsewhere")
        client.force_login(stranger)
        assert client.get(f"/policies/changes/{batch.pk}/").status_code in (403, 404)

    def test_it_does_not_stand_among_the_batches_of_rollouts(
        self, editor: Client, batch: Batch, one: Application
    ) -> None:
        page = editor.get(f"/applications/{one.pk}/").content.decode()
        assert f"/applications/{one.pk}/batches/{batch.pk}/" not in page
        assert editor.get(f"/applications/{one.pk}/batches/{batch.pk}/").status_code == 404

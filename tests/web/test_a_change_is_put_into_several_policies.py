"""One change of several policies: which ones, and one review of all."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from rollouts.models import (
    Application,
    Cluster,
    Covers,
    PolicyDraft,
    Role,
)
from rollouts.services.act.many_policies import MOST, MOST_TRIALS
from rollouts.web.views.policy_others import SHOWN
from tests.support.definitions import ALL, hub_knows
from tests.support.governed import POLICY as NAME
from tests.support.governed import make_another_policy, make_policy
from tests.support.people import grant, make_person
from tests.support.several_policies import INTERVAL, answered, begin, boxes, chosen, review, says, words

pytestmark = pytest.mark.django_db
Asked = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def one(asked: Asked) -> Application:
    return make_policy("eu-west", "us-east")


@pytest.fixture
def cart(one: Application) -> Application:
    return make_another_policy("cart")


@pytest.fixture
def stock(one: Application) -> Application:
    return make_another_policy("stock")


def more_clusters(number: int) -> Cluster:
    """In every policy's fleet. The last of them."""
    fleet = Cluster.objects.get(name="eu-west")
    for each in range(number):
        fleet.pk, fleet.name, fleet.hub_name = None, f"more-{each}", f"more-{each}"
        fleet.save(force_insert=True)
    return fleet


class TestChoosing:
    def test_it_lists_the_others_that_may_be_edited_beside_the_change(self, editor: Client, one: Application) -> None:
        make_another_policy("cart")
        response = editor.get(f"{begin(editor, one, interval='60')}/others/")
        said = words(response)
        assert "checkIntervalSeconds 90 60" in said
        assert "cart-prod of shop/cart on hub, 2 clusters, workload shop/cart" in said
        assert f"{one.pk}:{NAME}" not in response.content.decode(), "not itself"

    def test_what_is_ticked_stays_while_others_are_sought(
        self, editor: Client, one: Application, cart: Application, stock: Application
    ) -> None:
        address = begin(editor, one, interval="60")
        html = editor.get(f"{address}/others/?{chosen(cart)}&named=sto").content.decode()
        assert f'value="{cart.pk}:cart-prod" checked' in html
        assert f'value="{stock.pk}:stock-prod">' in html
        assert html.count('name="to"') == 2

    def test_the_list_and_the_number_of_policies_have_limits(self, editor: Client, one: Application) -> None:
        made = [make_another_policy(f"cart-{number:02}") for number in range(SHOWN + 1)]
        address = begin(editor, one, interval="60")
        page = editor.get(f"{address}/others/")
        assert page.content.decode().count('name="to"') == SHOWN
        assert "There are more than are shown" in words(page)
        refused = editor.get(f"{address}/all/?{chosen(*made[: MOST + 1])}")
        assert refused.status_code == 422
        assert f"At most {MOST} policies are changed at once." in words(refused)
        none = editor.get(f"{address}/all/")
        assert none.status_code == 422
        assert "Choose the policies that are to be changed too." in words(none)

    def test_policies_times_clusters_have_a_limit_and_nothing_is_asked_beyond_it(
        self, editor: Client, one: Application, cart: Application, asked: Asked
    ) -> None:
        address, fleet = begin(editor, one, interval="60"), more_clusters(MOST_TRIALS // 2 - 1)
        asked.clear()
        refused = editor.get(f"{address}/all/?{chosen(cart)}")
        assert refused.status_code == 422
        assert f"that would be {MOST_TRIALS + 2} times, and at most {MOST_TRIALS} are possible" in words(refused)
        assert "Make the change to each of them by itself." in words(refused)
        assert f'value="{cart.pk}:cart-prod" checked' in refused.content.decode()
        assert (asked, PolicyDraft.objects.count()) == ([], 1)
        fleet.delete()
        assert editor.get(f"{address}/all/?{chosen(cart)}").status_code == 200

    def test_a_policy_of_more_clusters_than_that_is_to_be_changed_by_itself_and_can_be(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        more_clusters(MOST_TRIALS)
        address = begin(editor, one, interval="60")
        refused = editor.get(f"{address}/all/?{chosen(cart)}")
        assert f"{MOST_TRIALS + 2} clusters" in words(refused)
        assert "Change it by itself" in words(refused)
        assert "Choose fewer" not in words(refused)
        assert editor.get(f"{address}/all/?to={one.pk}:{NAME}").status_code == 200

    def test_a_review_that_has_become_too_large_says_so_where_it_stands(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        address = f"{begin(editor, one, interval='60')}/all/?{chosen(cart)}"
        more_clusters(MOST_TRIALS)
        refused = editor.get(address, headers={"HX-Request": "true"})
        html = refused.content.decode()
        assert (refused.status_code, html.startswith('<div id="policy-all">')) == (422, True)
        assert "<html" not in html
        assert "Change it by itself" in html
        assert f'/others/?to={cart.pk}%3Acart-prod"' in html

    @pytest.mark.parametrize("odd", ["to=x", "to=²:cart-prod", "to=99999999999999999999:cart-prod", "to="])
    def test_odd_choices_are_none(self, editor: Client, one: Application, odd: str) -> None:
        assert editor.get(f"{begin(editor, one, interval='60')}/all/?{odd}").status_code == 422

    def test_it_is_its_authors_alone(self, editor: Client, one: Application) -> None:
        address = begin(editor, one, interval="60")
        other = make_person("another")
        grant(other, edits_policies=True)
        editor.force_login(other)
        assert editor.get(f"{address}/others/").status_code == 404
        assert editor.get(f"{address}/all/?to=1:x").status_code == 404


class TestReview:
    def test_each_has_its_own_change_its_clusters_and_what_they_say(
        self, editor: Client, one: Application, cart: Application, asked: Asked
    ) -> None:
        says(cart, workload__name="cart", serviceName="cart", **{INTERVAL: 30})
        address = begin(editor, one, interval="60")
        asked.clear()
        first = editor.get(f"{address}/all/?{chosen(cart)}")
        assert [task for task, _ in asked] == ["rollouts.tasks.try_draft"] * 3
        assert "Every cluster is being asked" in words(first)
        assert 'hx-trigger="every 2s"' in first.content.decode()
        assert boxes(first) == []
        page = review(editor, address, cart)
        said = words(page)
        assert "checkIntervalSeconds 90 60" in said
        assert "checkIntervalSeconds 30 60" in said
        assert "eu-west (" in said
        assert len(boxes(page)) == 2
        assert "hx-trigger" not in page.content.decode().partition('id="policy-all"')[2]

    def test_asking_again_asks_no_cluster_again(
        self, editor: Client, one: Application, cart: Application, asked: Asked
    ) -> None:
        address = begin(editor, one, interval="60")
        review(editor, address, cart)
        number = len(asked)
        review(editor, address, cart)
        assert len(asked) == number
        assert PolicyDraft.objects.count() == 2

    def test_who_is_left_out_is_said_with_the_reason(
        self, editor: Client, one: Application, cart: Application, stock: Application
    ) -> None:
        says(cart, workload__name="cart", serviceName="cart", **{INTERVAL: 60})
        says(stock, workload__name="stock", serviceName="stockk")
        said = words(review(editor, begin(editor, one, interval="60"), cart, stock))
        assert "cart-prod of cart : It says all of this already." in said
        assert "stock-prod of stock : It would be wrong there. Service: It has to be the name of the workload" in said

    def test_what_a_cluster_refuses_leaves_that_policy_out_alone(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        address = begin(editor, one, interval="60")
        review(editor, address, cart)
        answered("refused", "422: <b>no</b>", cluster__name="us-east", draft__application=cart)
        page = editor.get(f"{address}/all/?{chosen(cart)}")
        assert "cart-prod of cart : us-east would not take it. us-east: 422: &lt;b&gt;no" in words(page)
        assert len(boxes(page)) == 1

    def test_what_the_hub_does_not_know_is_told(self, editor: Client, one: Application, cart: Application) -> None:
        address = begin(editor, one, interval="60", retries="3")
        hub_knows(cart, [place for place in ALL if "retries" not in place])
        page = review(editor, address, cart)
        assert "Not put into it: Attempts (the Kurator of this hub does not know it)." in words(page)

    def test_a_first_policy_that_somebody_changed_is_left_out(
        self, editor: Client, one: Application, cart: Application
    ) -> None:
        address = begin(editor, one, interval="60")
        says(one, **{INTERVAL: 30})
        said = words(review(editor, address, cart))
        assert f"{NAME} of checkout : Somebody has changed it since you began." in said

    def test_what_may_not_be_edited_is_as_if_it_were_not_there(
        self, client: Client, one: Application, cart: Application, stock: Application
    ) -> None:
        person = make_person("some")
        for application in (one, cart):
            grant(person, Role.VIEWER, Covers.APPLICATION, application=application, edits_policies=True)
        client.force_login(person)
        address = begin(client, one, interval="60")
        assert "stock" not in words(client.get(f"{address}/others/"))
        assert "stock" not in words(review(client, address, cart, stock))

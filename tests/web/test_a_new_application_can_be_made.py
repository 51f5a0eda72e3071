"""The form of a new Application, what the hub says of it, the click, and the way to blue/green."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.whole.making import NAMES
from rollouts.models import Application, ApplicationChange, ChangeState, Cluster, Covers, Grant, RequiredReason, Role
from tests.support.bare import make_bare
from tests.support.people import grant, make_person
from tests.support.whole import make_creation
from tests.web.dialogs import page

pytestmark = pytest.mark.django_db
ADDRESS = "/applications/new/"


@pytest.fixture
def known() -> Application:
    """An Application of the hub, whose Fleet shop/prod has two clusters."""
    made = make_bare("eu-west", "us-east")
    Cluster.objects.filter(name="us-east").update(labels={"tier": "edge"})
    return made


@pytest.fixture
def hub(known: Application) -> Cluster:
    return Cluster.objects.get(is_hub=True)


def given(hub: Cluster, **fields: str) -> dict[str, str]:
    said = {
        "fleet": f"{hub.pk}/shop/prod", "name": "cards", "source": "git", "ref_kind": "branch", "ref": "main",
        "url": "https://git.example.test/cards/deploy.git", "source_interval": "3m0s", "by": "kustomization",
        "interval": "0s", "timeout": "2m0s", "path": "./deploy", "prune": "on",
    }  # fmt: skip
    return {**said, **fields}


def address(change: ApplicationChange) -> str:
    return f"/application-changes/{change.pk}/"


class TestTheForm:
    def test_it_has_a_place_for_each_field(self, editor: Client, hub: Cluster) -> None:
        html = page(editor, ADDRESS)
        for name in NAMES:
            assert re.search(rf'<label for="f-{name}">', html), name
            assert re.search(rf'<(input|select|textarea)[^>]* name="{name}"', html), name

    def test_it_is_reached_from_the_clusters_by_who_may(self, editor: Client, hub: Cluster) -> None:
        assert f'href="{ADDRESS}"' in page(editor, "/clusters/")

    def test_the_only_fleet_is_chosen_already(self, editor: Client, hub: Cluster) -> None:
        html = page(editor, ADDRESS)
        assert f'<option value="{hub.pk}/shop/prod" selected>prod in namespace shop of hub, 2 clusters</option>' in html

    def test_who_may_edit_no_policy_is_told_whom_to_ask(self, operator: Client, hub: Cluster) -> None:
        answer = operator.get(ADDRESS)
        assert (answer.status_code, "Ask somebody who administers" in answer.content.decode()) == (403, True)

    def test_a_right_on_one_application_is_not_enough(self, client: Client, known: Application) -> None:
        person = make_person("one")
        grant(person, edits_policies=True, covers=Covers.APPLICATION, application=known)
        client.force_login(person)
        assert client.get(ADDRESS).status_code == 403


class TestWhatIsEntered:
    def test_what_is_good_is_tried_out_on_the_hub(self, editor: Client, hub: Cluster) -> None:
        answer = editor.post(ADDRESS, given(hub))
        change = ApplicationChange.objects.get()
        assert answer.headers["Location"] == address(change)
        assert (change.namespace, change.name, change.state) == ("shop", "cards", ChangeState.LOOKING)
        assert [len(clusters) for _, clusters in change.parts] == [2]

    def test_labels_choose_among_the_clusters(self, editor: Client, hub: Cluster) -> None:
        editor.post(ADDRESS, given(hub, selector="tier=edge"))
        ((row, clusters),) = ApplicationChange.objects.get().parts
        assert (row, clusters) == (0, [Cluster.objects.get(name="us-east").pk])

    @pytest.mark.parametrize(
        ("entered", "field", "said"),
        [
            ({"name": "Cards"}, "name", "lower-case"),
            ({"url": "https://me:secret@git.example.test/x"}, "url", "Leave the login out"),
            ({"selector": "tier=core"}, "selector", "No cluster"),
            ({"fleet": "9/other/fleet"}, "fleet", "Choose one of these Fleets"),
            ({"name": "cart"}, "name", "of this name in the namespace"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
        self, editor: Client, hub: Cluster, entered: dict[str, str], field: str, said: str
    ) -> None:
        answer = editor.post(ADDRESS, given(hub, path="./kept", **entered))
        html = answer.content.decode()
        assert answer.status_code == 422
        assert said in html.split(f'id="said-{field}"')[1].split("</div>")[0]
        assert 'value="./kept"' in html
        assert not ApplicationChange.objects.exists()

    def test_clusters_that_are_not_the_persons_are_not_reached(self, client: Client, hub: Cluster) -> None:
        person = make_person("half")
        grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="us-east"))
        client.force_login(person)
        both = [client.post(ADDRESS, given(hub, **said)).content.decode() for said in ({}, {"selector": "tier=core"})]
        for html in both:
            said = html.split('id="said-selector"')[1].split("</div>")[0]
            assert "choose no cluster of this Fleet, or one of which you may not edit" in said
            assert "prod in namespace shop of hub, 1 cluster<" in html, "how many others there are is not told"
        assert client.post(ADDRESS, given(hub, selector="tier=edge")).status_code == 302

    def test_who_sees_them_all_is_told_which_of_both_it_is(self, client: Client, hub: Cluster) -> None:
        person = make_person("half", Role.VIEWER)
        grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="us-east"))
        client.force_login(person)
        assert "You may not edit all policies" in client.post(ADDRESS, given(hub)).content.decode()
        assert "No cluster of this Fleet" in client.post(ADDRESS, given(hub, selector="tier=core")).content.decode()

    def test_nonsense_is_no_error_of_ours(self, editor: Client, hub: Cluster) -> None:
        for said in ({}, {"fleet": "x"}, given(hub, source="\0"), given(hub, url="https://[", by="9")):
            assert editor.post(ADDRESS, said).status_code == 422


class TestWhatTheHubSays:
    def test_it_is_shown_with_all_that_is_created(self, editor: Client, ed: User, hub: Cluster) -> None:
        html = page(editor, address(make_creation(hub, ed)))
        for said in ("It reaches 2 clusters", "eu-west, us-east", "hub would take it as it is", "gitRepository:"):
            assert said in html

    def test_what_it_refuses_cannot_be_created(self, editor: Client, ed: User, hub: Cluster) -> None:
        change = make_creation(hub, ed, seen={"refused": "the hub was asked to create it, but it refuses: <no>"})
        html = page(editor, address(change))
        assert "but it refuses: &lt;no&gt;" in html
        assert ">Create<" not in html
        assert click(editor, change).status_code == 409

    def test_it_can_be_changed_with_all_that_was_entered(self, editor: Client, ed: User, hub: Cluster) -> None:
        change = make_creation(hub, ed)
        assert f'href="{ADDRESS}?from={change.pk}"' in page(editor, address(change))
        assert 'value="https://git.example.test/cards/deploy.git"' in page(editor, f"{ADDRESS}?from={change.pk}")

    @pytest.mark.parametrize("refused", ["", "the hub was asked to create it, but it refuses"])
    def test_who_may_create_it_no_more_is_told_so_instead_of_given_a_button(
        self, client: Client, hub: Cluster, refused: str
    ) -> None:
        """As when a cluster that is another's has joined the Fleet since."""
        person = make_person("half")
        client.force_login(person)
        grant(person, edits_policies=True)
        change = make_creation(hub, person, seen={"refused": refused})
        Grant.objects.update(covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="eu-west"))
        grant(person)
        html = page(client, address(change)).partition("<main")[2].partition("</main>")[0]
        assert "You may not create it any more" in html
        assert "Ask somebody who administers" in html
        assert 'type="submit"' not in html

    def test_what_others_have_entered_is_not_shown(self, editor: Client, hub: Cluster) -> None:
        change = make_creation(hub, make_person("somebody"))
        assert "cards" not in page(editor, f"{ADDRESS}?from={change.pk}")
        assert editor.get(address(change)).status_code == 404


class TestTheClick:
    def test_it_is_asked_for_and_followed(self, editor: Client, ed: User, hub: Cluster) -> None:
        change = make_creation(hub, ed)
        assert click(editor, change).status_code == 302
        change.refresh_from_db()
        assert change.state == ChangeState.OPEN
        assert "The hub has taken the Application" in page(editor, address(change))

    def test_a_reason_is_asked_for_where_one_is_required(self, editor: Client, ed: User, hub: Cluster) -> None:
        RequiredReason.objects.create(act="create-application", role="")
        assert click(editor, make_creation(hub, ed)).status_code == 422

    def test_in_the_end_blue_green_is_the_next_step(self, editor: Client, ed: User, known: Application) -> None:
        now, hub = timezone.now(), Cluster.objects.get(is_hub=True)
        ended: dict[str, Any] = {
            "asked_at": now,
            "written_at": now,
            "arrived_at": now,
            "ended_at": now,
            "state": ChangeState.DONE,
        }
        change = make_creation(hub, ed, **ended)
        ApplicationChange.objects.update(name=known.name)
        assert f'href="/applications/{known.pk}/policy/set-up/?policy=cart-prod"' in page(editor, address(change))


def click(client: Client, change: ApplicationChange, **said: str) -> Any:
    return client.post(address(change), {"do": "confirm", "digest": change.digest, "reason": "", **said})

"""The button, all that would go, the click, and the page that tells how far it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.whole.deleting import Deletion, Going, Trap, TrapKind
from rollouts.models import Application, ApplicationChange, ChangeState, Cluster, Covers, Grant, Role
from tests.support.bare import make_bare
from tests.support.governed import POLICY, make_policy
from tests.support.people import grant, make_person
from tests.support.whole import make_change
from tests.web.dialogs import HTMX, page

pytestmark = pytest.mark.django_db
TRAP = Trap(TrapKind.ROLLOUT, "It still has a rollout.", "Remove it first.", POLICY)


@pytest.fixture
def application() -> Application:
    return make_bare("eu-west", "us-east")


def begun(client: Client, one: Application) -> ApplicationChange:
    answer = client.post(f"/applications/{one.pk}/delete/")
    change = ApplicationChange.objects.get()
    assert answer.headers["Location"] == address(change)
    return change


def address(change: ApplicationChange) -> str:
    return f"/application-changes/{change.pk}/"


def main(html: str) -> str:
    return html.partition("<main")[2].partition("</main>")[0]


def click(client: Client, change: ApplicationChange, **given: str) -> Any:
    said = {"do": "confirm", "digest": change.digest, "typed": change.name, "reason": "no longer sold"}
    return client.post(address(change), {**said, **given})


class TestTheButton:
    def test_it_is_there_for_who_may_edit_all_of_it(self, editor: Client, application: Application) -> None:
        assert "Delete the Application" in page(editor, f"/applications/{application.pk}/")

    def test_others_are_told_whom_to_ask(self, operator: Client, application: Application) -> None:
        html = page(operator, f"/applications/{application.pk}/")
        assert "Delete the Application" not in html
        assert "To delete an Application needs the right" in html
        assert "Ask somebody who administers" in html

    def test_who_may_edit_one_of_its_clusters_only_may_not(self, client: Client, application: Application) -> None:
        person = make_person("half")
        grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster_id=_cluster("eu-west"))
        grant(person)
        client.force_login(person)
        assert client.post(f"/applications/{application.pk}/delete/").status_code == 403
        assert not ApplicationChange.objects.exists()

    def test_it_leads_to_a_page_that_waits_for_the_hub(self, editor: Client, application: Application) -> None:
        change = begun(editor, application)
        html = page(editor, address(change))
        assert "The hub is being read. Nothing is done by that." in html
        assert 'hx-trigger="every 2s"' in html
        assert sorted(len(clusters) for _, clusters in change.parts) == [2]

    def test_plain_rollouts_have_no_application(self, editor: Client) -> None:
        plain = Application.objects.create(namespace="a", name="b", workload_namespace="a", workload="b")
        assert editor.post(f"/applications/{plain.pk}/delete/").status_code == 404


class TestWhatWouldGo:
    def test_everything_is_listed_by_policy_and_cluster(
        self, editor: Client, ed: User, application: Application
    ) -> None:
        objects = tuple(f"Deployment shop/part-{number}" for number in range(20))
        going = (
            Going("cart-prod", "eu-west", True, objects, "Flux deletes what it has applied (prune is on)."),
            Going("cart-prod", "us-east", True, None, "Flux uninstalls the release."),
        )
        change = make_change(application, ed, Deletion((), going, ("Namespace shop goes.",)))
        html = page(editor, address(change))
        for said in (
            "Deployment shop/part-0",
            "8 more",
            "does not tell what that is",
            "Namespace shop goes.",
            "Type <b",
        ):
            assert said in html

    def test_a_trap_is_told_with_the_next_best_thing_and_nothing_can_be_clicked(self, editor: Client, ed: User) -> None:
        governed = make_policy("eu-west")
        change = make_change(governed, ed, Deletion((TRAP,), (), ()))
        html = page(editor, address(change))
        assert f'href="/applications/{governed.pk}/policy/remove/?policy={POLICY}"' in html
        assert "Remove it first." in html
        assert 'name="typed"' not in html
        assert click(editor, change).status_code == 409
        assert editor.post(address(change), {"do": "look"}).status_code == 302
        change.refresh_from_db()
        assert change.state == ChangeState.LOOKING

    @pytest.mark.parametrize("kind", list(TrapKind))
    def test_each_kind_of_trap_has_its_line(
        self, editor: Client, ed: User, application: Application, kind: TrapKind
    ) -> None:
        trap = Trap(kind, "Something speaks against it.", "Do something else.", "7")
        html = page(editor, address(make_change(application, ed, Deletion((trap,), (), ()))))
        assert "Something speaks against it. <b>Do something else.</b>" in html

    def test_who_keeps_it_is_said_first(self, editor: Client, ed: User) -> None:
        kept = make_bare("eu-west", owner_kind="flux", owner_name="apps")
        html = page(editor, address(make_change(kept, ed)))
        assert "Flux (apps) keeps this Application." in html
        assert html.index("it comes back") < html.index("Type <b")

    @pytest.mark.parametrize("traps", [(), (TRAP,)])
    def test_who_may_delete_it_no_more_is_told_so_instead_of_given_a_button(
        self, client: Client, application: Application, traps: tuple[Trap, ...]
    ) -> None:
        """As after another look, when it reaches a cluster more."""
        person = make_person("half")
        client.force_login(person)
        for cluster in ("eu-west", "us-east"):
            grant(person, edits_policies=True, covers=Covers.CLUSTER, cluster_id=_cluster(cluster))
        grant(person)
        change = make_change(application, person, Deletion(traps, (), ()))
        assert 'type="submit" class="' in main(page(client, address(change)))
        Grant.objects.filter(cluster=_cluster("us-east")).delete()
        html = main(page(client, address(change)))
        assert "You may not delete it any more" in html
        assert "Ask somebody who administers" in html
        assert 'type="submit"' not in html

    def test_what_a_cluster_says_is_no_markup(self, editor: Client, ed: User, application: Application) -> None:
        going = (Going("<b>p", "eu-west", True, ("Deployment shop/<script>",), "goes"),)
        html = page(editor, address(make_change(application, ed, Deletion((), going, ()))))
        assert "<script>shop" not in html
        assert "shop/&lt;script&gt;" in html


class TestTheClick:
    def test_it_is_asked_for_and_followed(self, editor: Client, ed: User, application: Application) -> None:
        change = make_change(application, ed)
        assert click(editor, change).headers["Location"] == address(change)
        change.refresh_from_db()
        assert (change.state, change.reason) == (ChangeState.OPEN, "no longer sold")
        html = page(editor, address(change))
        assert "The hub has marked the Application for deletion" in html
        assert "See how far it is" in page(editor, f"/applications/{application.pk}/")

    @pytest.mark.parametrize(
        ("given", "said"), [({"typed": "card"}, "is not the name"), ({"reason": ""}, "a reason is required")]
    )
    def test_what_is_missing_is_asked_for(
        self, editor: Client, ed: User, application: Application, given: dict[str, str], said: str
    ) -> None:
        change = make_change(application, ed)
        answer = click(editor, change, **given)
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
        change.refresh_from_db()
        assert change.state == ChangeState.LOOKED

    def test_it_holds_for_what_was_shown(self, editor: Client, ed: User, application: Application) -> None:
        answer = click(editor, make_change(application, ed), digest="old")
        assert (answer.status_code, "not so any more" in answer.content.decode()) == (409, True)

    def test_a_right_that_was_lost_is_told(self, editor: Client, ed: User, application: Application) -> None:
        change = make_change(application, ed)
        Grant.objects.filter(person=ed).update(edits_policies=False)
        assert click(editor, change).status_code == 403

    def test_it_is_stopped_once(self, editor: Client, ed: User, application: Application) -> None:
        change = make_change(application, ed)
        click(editor, change)
        assert editor.post(address(change), {"do": "stop"}).status_code == 302
        assert editor.post(address(change), {"do": "stop"}).status_code == 409
        assert "The hub was not asked to do anything." in page(editor, address(change))


class TestWhoSeesIt:
    def test_what_was_not_asked_for_is_its_authors_alone(
        self, operator: Client, editor: Client, ed: User, application: Application
    ) -> None:
        change = make_change(application, make_person("somebody"))
        assert editor.get(address(change)).status_code == 404

    def test_what_was_asked_for_whoever_sees_all_of_its_clusters(
        self, client: Client, ed: User, application: Application
    ) -> None:
        change = make_change(application, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        client.force_login(make_person("viewer", Role.VIEWER))
        assert client.get(address(change)).status_code == 200
        part = make_person("part")
        grant(part, covers=Covers.CLUSTER, cluster_id=_cluster("eu-west"))
        client.force_login(part)
        assert client.get(address(change)).status_code == 404

    def test_nothing_new_is_not_sent_again(self, editor: Client, ed: User, application: Application) -> None:
        change = make_change(application, ed, state=ChangeState.OPEN, asked_at=timezone.now())
        html = page(editor, address(change))
        version = html.split('{"v": "')[1].split('"')[0]
        assert editor.get(address(change), {"v": version}, **HTMX).status_code == 204


def test_what_is_left_is_named_for_each_cluster(editor: Client, ed: User, application: Application) -> None:
    now = timezone.now()
    left = {"1": {"name": "eu-west", "said": "Left: Deployment shop/cart.", "over": False}}
    change = make_change(
        application, ed, state=ChangeState.DONE, asked_at=now, written_at=now, arrived_at=now, ended_at=now, left=left
    )
    assert "Left: Deployment shop/cart." in page(editor, address(change))


def _cluster(name: str) -> int:
    return Cluster.objects.get(name=name).pk

"""The button, the dialog with all that will be done, the click, and the page that tells how far a removal is."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, Covers, Removal, RemovalPart, RemovalState, RequiredReason
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.people import grant, make_person
from tests.web.dialogs import HTMX, fields, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def application() -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.INITIALIZED)


def address(one: Application) -> str:
    return f"/applications/{one.pk}/policy/remove/"


def opened(client: Client, one: Application) -> str:
    return page(client, f"{address(one)}?policy={POLICY}")


def click(client: Client, one: Application, html: str, **given: str) -> Any:
    return client.post(address(one), {**fields(html), "policy": POLICY, "typed": "checkout", **given}, **HTMX)


class TestTheDialog:
    def test_it_is_offered_to_who_may_edit_the_policy_and_to_nobody_else(
        self, editor: Client, operator: Client, application: Application, ed: User
    ) -> None:
        assert address(application) not in page(operator, f"/applications/{application.pk}/")
        operator.force_login(ed)
        assert f'href="{address(application)}?policy={POLICY}"' in page(editor, f"/applications/{application.pk}/")

    def test_it_tells_the_order_the_clusters_and_what_is_written(
        self, editor: Client, application: Application
    ) -> None:
        html = opened(editor, application)
        for said in ("eu-west", "us-east", "revertOnDeletion", "&quot;op&quot;: &quot;remove&quot;", "Type <b"):
            assert said in html
        assert html.index("revertOnDeletion is switched on") < html.index("rollout is taken out of the policy")

    @pytest.mark.parametrize(
        ("state", "said"),
        [
            ({"phase": Phase.PROGRESSING, "iterations": 1}, "A release runs (Progressing)"),
            ({"phase": Phase.FAILED}, "The target has the version that failed"),
            ({"phase": Phase.INITIALIZED, "provider": "kuma"}, "With provider kuma"),
        ],
    )
    def test_what_would_leave_users_alone_is_refused_with_the_reason(
        self, editor: Client, state: dict[str, Any], said: str
    ) -> None:
        html = opened(editor, make_policy("eu-west", **state))
        assert said in html
        assert 'name="digest"' not in html


class TestTheClick:
    def test_it_leads_to_the_page_that_tells_how_far_it_is(self, editor: Client, application: Application) -> None:
        answer = click(editor, application, opened(editor, application), reason="plain Deployments")
        removal = Removal.objects.get()
        assert answer.headers["HX-Redirect"] == f"/removals/{removal.pk}/"
        assert (removal.person_name, removal.reason, removal.state) == ("ed", "plain Deployments", "open")
        assert sorted(removal.parts.values_list("name", flat=True)) == ["eu-west", "hub", "us-east"]

    def test_without_the_name_the_dialog_comes_back_with_what_is_lacking(
        self, editor: Client, application: Application
    ) -> None:
        answer = click(editor, application, opened(editor, application), typed="chekout", reason="kept")
        assert answer.status_code == 422
        assert "is not the name. Type checkout." in answer.content.decode()
        assert 'value="kept"' in answer.content.decode()

    def test_a_reason_that_is_required_is_asked_for(self, editor: Client, application: Application) -> None:
        RequiredReason.objects.create(act="remove", role="")
        answer = click(editor, application, opened(editor, application))
        assert (answer.status_code, Removal.objects.count()) == (422, 0)
        assert "Say why: a reason is required." in answer.content.decode()

    def test_what_has_changed_since_is_shown_anew(self, editor: Client, application: Application) -> None:
        html = opened(editor, application)
        Application.objects.filter(pk=application.pk).update(owner_kind="flux", owner_name="flux-system/apps")
        answer = click(editor, application, html, reason="kept")
        assert answer.status_code == 409
        assert "Something has changed since this was shown." in answer.content.decode()
        assert "flux-system/apps" in answer.content.decode()

    def test_while_one_is_going_on_there_is_no_second_one(self, editor: Client, application: Application) -> None:
        make_removal(application)
        answer = click(editor, application, opened(editor, application))
        assert (answer.status_code, Removal.objects.count()) == (409, 1)
        assert "It is being removed already." in answer.content.decode()


class TestItsPage:
    def test_each_step_of_each_cluster_is_told_with_what_to_do_by_hand(
        self, editor: Client, application: Application
    ) -> None:
        removal = make_removal(application)
        RemovalPart.objects.filter(on_hub=True).update(done=[{"said": "revertOnDeletion is on.", "at": time.time()}])
        RemovalPart.objects.filter(name="us-east").update(sentence="<b>no</b> answer", by_hand="Flagger has to run.")
        html = page(editor, f"/removals/{removal.pk}/")
        assert "Nothing is taken away yet." in html
        assert "revertOnDeletion is on." in html
        assert "&lt;b&gt;no&lt;/b&gt; answer" in html
        assert "Flagger has to run." in html

    def test_an_open_page_asks_until_it_has_ended_and_gets_only_what_is_new(
        self, editor: Client, application: Application
    ) -> None:
        removal = make_removal(application)
        html = page(editor, f"/removals/{removal.pk}/")
        held = re.findall(r'"v": "([^"]*)"', html)[0]
        assert 'hx-trigger="every 2s"' in html
        assert editor.get(f"/removals/{removal.pk}/", {"v": held}, **HTMX).status_code == 204
        Removal.objects.update(state=RemovalState.DONE, sentence="All is done.", ended_at=timezone.now())
        answer = editor.get(f"/removals/{removal.pk}/", {"v": held}, **HTMX).content.decode()
        assert "All is done." in answer
        assert "hx-trigger" not in answer

    def test_it_outlives_the_application_and_whoever_sees_a_part_of_its_clusters_sees_nothing(
        self, editor: Client, client: Client, application: Application
    ) -> None:
        removal = make_removal(application)
        Application.objects.filter(pk=application.pk).update(deleted_at=timezone.now(), policies=[])
        assert "Removal of policy" in page(editor, f"/removals/{removal.pk}/")
        ann = make_person("ann")
        grant(ann, covers=Covers.CLUSTER, cluster=application.rollouts.all()[0].cluster)
        client.force_login(ann)
        assert client.get(f"/removals/{removal.pk}/").status_code == 404

    def test_who_may_edit_the_policy_stops_it_and_who_only_looks_does_not(
        self, editor: Client, visitor: Client, application: Application, ed: User
    ) -> None:
        removal = make_removal(application)
        assert visitor.post(f"/removals/{removal.pk}/").status_code == 403
        assert "Stop" not in page(visitor, f"/removals/{removal.pk}/")
        editor.force_login(ed)
        assert editor.post(f"/removals/{removal.pk}/").status_code == 302
        removal.refresh_from_db()
        assert removal.state == "stopped"
        assert "The policy still has its rollout" in page(editor, f"/removals/{removal.pk}/")

    def test_who_stops_what_has_just_ended_is_told_that_it_has(
        self, editor: Client, visitor: Client, application: Application, ed: User
    ) -> None:
        removal = make_removal(application, state=RemovalState.DONE, sentence="All is done.", ended_at=timezone.now())
        assert visitor.post(f"/removals/{removal.pk}/").status_code == 403
        editor.force_login(ed)
        answer = editor.post(f"/removals/{removal.pk}/")
        assert answer.status_code == 409
        assert "It has ended already: there was nothing to stop." in answer.content.decode()
        assert "All is done." in answer.content.decode()
        assert 'class="danger">Stop' not in answer.content.decode()

    def test_the_page_of_the_application_leads_there(self, editor: Client, application: Application) -> None:
        removal = make_removal(application)
        assert f'href="/removals/{removal.pk}/"' in page(editor, f"/applications/{application.pk}/")

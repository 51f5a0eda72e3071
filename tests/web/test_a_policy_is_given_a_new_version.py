"""The dialog of a new version through a policy: first which image, then what is written and what happens in each of its
clusters, then the click.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from rollouts.domain.kurator import ImageEntry
from rollouts.models import Application, Command, Covers, Role, Rollout
from rollouts.queries import policies
from rollouts.web.views.policies import UNFOLDED
from tests.support.builders import BLUE
from tests.support.governed import POLICY, make_kustomized_policy, make_policy
from tests.support.people import grant, make_person
from tests.support.targets import runs
from tests.web.dialogs import HTMX, page, sent

pytestmark = pytest.mark.django_db
NAME = "registry.example.test/podinfo"
NEW = f"{NAME}:7.0.0"


@pytest.fixture
def application(asked: list[Any]) -> Application:
    return make_kustomized_policy("eu-west", "us-east", interval="0s")


def address(application: Application, **choice: str) -> str:
    return f"/applications/{application.pk}/policy/new-version/?{urlencode({'policy': POLICY, **choice})}"


def chosen(application: Application, image: str = NEW) -> str:
    return address(application, container="podinfo", image=image)


def many(application: Application, **choice: str) -> str:
    told = f"?{urlencode(choice)}" if choice else ""
    return f"/applications/{application.pk}/acts/new-version/{told}"


class TestTheWayToIt:
    def test_is_a_button_of_the_policy(self, operator: Client, application: Application) -> None:
        html = page(operator, f"/applications/{application.pk}/")
        assert f'aria-label="New version policy {POLICY}" formaction="{address(application).partition("?")[0]}"' in html

    def test_is_in_the_dialog_of_several_clusters_too_with_what_was_chosen_there(
        self, operator: Client, application: Application
    ) -> None:
        html = page(operator, many(application))
        assert f'href="{address(application)}"' in html
        assert f"New version in policy {POLICY}" in html
        told = page(operator, many(application, container="podinfo", image=NEW))
        assert f'href="{chosen(application).replace("&", "&amp;")}"' in told

    def test_is_not_there_for_who_may_not_act_in_all_of_its_clusters(
        self, client: Client, application: Application
    ) -> None:
        person = make_person("ann", Role.VIEWER)
        grant(
            person, Role.OPERATOR, covers=Covers.CLUSTER, cluster=Rollout.objects.get(cluster__name="eu-west").cluster
        )
        client.force_login(person)
        assert "New version in policy" not in page(client, many(application))
        assert client.get(chosen(application)).status_code == 403

    def test_takes_more_than_a_namespace_since_flux_applies_the_image_in_all_of_them(
        self, client: Client, application: Application
    ) -> None:
        person = make_person("ann", Role.VIEWER)
        grant(person, Role.OPERATOR, covers=Covers.NAMESPACE, namespace=application.workload_namespace)
        client.force_login(person)
        html = page(client, f"/applications/{application.pk}/")
        assert f"{policies.MAY_NOT_ALL.format('')}" in html
        assert "New version in policy" not in page(client, many(application))
        assert client.get(chosen(application)).status_code == 403
        assert client.get(chosen(application).replace("new-version", "pause")).status_code == 200
        grant(person, Role.OPERATOR, covers=Covers.APPLICATION, application=application)
        assert client.get(chosen(application)).status_code == 200

    def test_is_not_there_where_no_kustomization_is(self, operator: Client, asked: list[Any]) -> None:
        application = make_policy("eu-west", "us-east")
        assert "New version in policy" not in page(operator, many(application))
        html = page(operator, f"/applications/{application.pk}/")
        assert (
            "an image can be set through a policy only in kustomization.images. Ask for it in several clusters" in html
        )

    def test_a_single_rollout_still_has_its_own(self, operator: Client, application: Application) -> None:
        rollout = Rollout.objects.get(cluster__name="eu-west")
        html = page(operator, f"/rollouts/{rollout.pk}/")
        assert f"/rollouts/{rollout.pk}/acts/new-version/" in html
        assert "New version in all clusters" not in html


class TestTheDialog:
    def test_asks_first(self, operator: Client, application: Application) -> None:
        runs(Rollout.objects.get(cluster__name="us-east"), f"{NAME}:6.9.0")
        html = page(operator, address(application))
        assert f"podinfo, now {BLUE} or {NAME}:6.9.0</option>" in html
        assert f'name="policy" value="{POLICY}"' in html
        assert "aria-invalid" not in html

    @pytest.mark.parametrize(
        ("image", "said"),
        [
            ("podinfo", "Give a tag or a digest"),
            ("Pod:1", "cannot stand in the name of an image"),
            ("", "Give the whole"),
        ],
    )
    def test_says_what_is_wrong_with_what_was_typed(
        self, operator: Client, application: Application, image: str, said: str
    ) -> None:
        html = page(operator, chosen(application, image))
        assert said in html
        assert 'aria-invalid="true"' in html

    def test_shows_what_is_written_and_what_happens_in_each_cluster(
        self, operator: Client, application: Application
    ) -> None:
        runs(Rollout.objects.get(cluster__name="us-east"), NEW)
        html = page(operator, chosen(application))
        for said in (
            "applications shop/checkout", "/spec/syncPolicies/0/kustomization/images", "/metadata/generation",
            "&quot;newTag&quot;: &quot;7.0.0&quot;",
            f"From {BLUE}. A release of it begins.", f"It has {NEW} already: nothing changes there.",
            "another tag in Git changes nothing while it is there", "what somebody has changed by hand is put back",
        ):  # fmt: skip
            assert said in html, said

    def test_says_once_what_happens_in_each_cluster_alike(self, operator: Client, application: Application) -> None:
        html = page(operator, chosen(application))
        assert html.count(f"From {BLUE}. A release of it begins.") == 1
        assert "<dt>In each cluster</dt>" in html
        assert html.count('<th scope="col">') == 3

    @pytest.mark.parametrize("more", [0, 1])
    def test_folds_many_clusters_away(self, operator: Client, asked: list[Any], more: int) -> None:
        names = [f"c{number}" for number in range(UNFOLDED + more)]
        html = page(operator, chosen(make_kustomized_policy(*names, interval="0s")))
        assert html.count(f"<summary>{len(names)} clusters</summary>") == more
        assert all(f">{name}</th>" in html for name in names)

    def test_says_what_hinders_it(self, operator: Client, asked: list[Any]) -> None:
        application = make_kustomized_policy("eu-west", suspended=True)
        html = page(operator, chosen(application))
        assert "(kustomization.suspend)" in html
        assert "Ask for it in several clusters instead" in html

    def test_takes_nothing_of_what_is_kept_from_a_request(self, operator: Client, application: Application) -> None:
        html = page(operator, f"{chosen(application)}&entry=proxy&entry_says=x")
        assert "A release of it begins." in html
        assert "proxy" not in html


class TestTheClick:
    def test_requests_it_once_with_what_was_seen(self, operator: Client, application: Application) -> None:
        given = {**sent(page(operator, chosen(application))), "reason": "ship"}
        for _ in range(2):
            answer = operator.post(address(application).partition("?")[0], given)
            assert (answer.status_code, answer["Location"]) == (302, f"/applications/{application.pk}/#policies")
        command = Command.objects.get()
        assert (command.act, command.policy, command.reason) == ("new-version", POLICY, "ship")
        assert command.choice == {"container": "podinfo", "image": NEW, "entry": NAME, "entry_says": ""}

    def test_of_another_entry_since_is_shown_anew(self, operator: Client, application: Application) -> None:
        given = sent(page(operator, chosen(application)))
        stored = application.policies[0]
        entry = {"name": NAME, "new_tag": "6.9.0"}
        policies = [{**stored, "kustomization": {**stored["kustomization"], "images": [entry]}}]
        Application.objects.filter(pk=application.pk).update(policies=policies)
        answer = operator.post(address(application).partition("?")[0], given, **HTMX)
        html = answer.content.decode()
        assert (answer.status_code, "Something has changed since this was shown." in html) == (409, True)
        assert "/spec/syncPolicies/0/kustomization/images/0/newTag" in html
        assert not Command.objects.exists()


def test_entries_are_no_markup(operator: Client, asked: list[Any]) -> None:
    evil = ImageEntry("<script>alert(1)</script>", NAME, "1")
    application = make_kustomized_policy("eu-west", images=(evil,))
    html = page(operator, chosen(application))
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html

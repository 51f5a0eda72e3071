"""The guided tour, as far as a page tells of it: its steps, what is to be done, and who may."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, Cluster, Covers, Removal, RemovalState, Rollout
from tests.support.bare import NAME as BARE
from tests.support.bare import make_bare
from tests.support.builders import Sides, make_release
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db

IMAGE = "registry.example.test/shop/checkout"


@pytest.fixture
def governed(settings: LazySettings) -> Application:
    settings.TOUR = "shop/checkout"
    sides = Sides(blue=(f"{IMAGE}:1.4.0",), green=(f"{IMAGE}:1.4.0",))
    application = make_policy("eu-west", "us-east", phase=Phase.INITIALIZED, sides=sides)
    for one in application.rollouts.all():
        one.state["green"]["containers"] = ["checkout"]
        one.save(update_fields=["state"])
    return application


def shown(client: Client) -> str:
    return client.get("/tour/").content.decode()


def marks(client: Client) -> list[str]:
    return re.findall(r'class="card tour-step is-(\w+)"', shown(client))


def released(outcome: str, minutes: float = 1) -> None:
    for one in Rollout.objects.all():
        number = one.releases.count() + 1
        make_release(one, number, outcome=outcome, started_at=timezone.now() - timedelta(minutes=minutes))


def test_elsewhere_than_in_the_demo_there_is_none(editor: Client) -> None:
    assert editor.get("/tour/").status_code == 404
    assert 'href="/tour/"' not in editor.get("/").content.decode()


def test_in_the_demo_every_page_leads_to_it(editor: Client, governed: Application) -> None:
    assert 'href="/tour/"' in editor.get("/").content.decode()
    assert 'aria-current="page">Tour' in shown(editor)


def test_it_begins_where_blue_green_is_set_up(editor: Client, settings: LazySettings) -> None:
    settings.TOUR = "shop/cart"
    bare = make_bare("eu-west")
    assert marks(editor) == ["todo"] * 5
    assert f'href="/applications/{bare.pk}/policy/set-up/?policy={BARE}"' in shown(editor)


def test_it_says_so_while_the_application_is_not_known(editor: Client, settings: LazySettings) -> None:
    settings.TOUR = "shop/cart"
    assert "The hub has not told of cart yet" in shown(editor)


def test_it_says_so_where_the_application_was_deleted_and_asks_for_nothing(
    editor: Client, settings: LazySettings
) -> None:
    settings.TOUR = "shop/cart"
    make_bare("eu-west", deleted_at=timezone.now())
    html = shown(editor)
    assert "cart was deleted" in html
    assert "make demo: it brings the application back" in html
    _, steps, after = html.partition('class="tour-steps"')
    assert steps
    assert "Set up" not in after


def test_who_could_not_see_the_application_is_not_told_that_it_was_deleted(
    client: Client, settings: LazySettings
) -> None:
    settings.TOUR = "shop/cart"
    make_bare("eu-west", deleted_at=timezone.now())
    person = make_person()
    grant(person, covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="eu-west"))
    client.force_login(person)
    assert "was deleted" not in shown(client)


def test_a_version_that_flagger_has_not_seen_yet_is_waited_for(operator: Client, governed: Application) -> None:
    one = Rollout.objects.all()[0]
    one.state["applied_images"] = [f"{IMAGE}:1.3.0"]
    one.save(update_fields=["state"])
    assert marks(operator) == ["done", "going", "todo", "todo", "todo"]
    html = shown(operator)
    assert "Flagger begins at its next look" in html
    assert "Start the release" not in html


def test_a_release_that_is_suspended_is_not_told_to_run(operator: Client, governed: Application) -> None:
    released("running")
    Rollout.objects.update(phase="Progressing")
    last = Rollout.objects.order_by("cluster__name").last()
    assert last is not None
    Rollout.objects.filter(pk=last.pk).update(suspended=True)
    html = shown(operator)
    assert "It is suspended in us-east: Flagger does nothing there." in html
    assert "Resume it in us-east, by Resume on the page of the rollout there, or however it was suspended." in html
    assert f'href="/rollouts/{last.pk}/">Watch it in us-east' in html
    assert "release runs" not in html


def test_a_version_that_flagger_does_not_look_at_is_not_told_to_begin_soon(
    operator: Client, governed: Application
) -> None:
    one = Rollout.objects.order_by("cluster__name")[0]
    one.state["applied_images"], one.suspended = [f"{IMAGE}:1.3.0"], True
    one.save(update_fields=["state", "suspended"])
    html = shown(operator)
    assert "It is suspended in eu-west: Flagger does nothing there." in html
    assert "at its next look" not in html.partition('id="step-trigger"')[2].partition('class="tour-said"')[2]
    assert "release runs" not in html


def test_nobody_is_sent_to_the_failing_version_while_the_good_one_still_runs_somewhere(
    operator: Client, governed: Application
) -> None:
    released("running")
    Rollout.objects.update(phase="Progressing")
    Rollout.objects.all()[0].releases.update(outcome="succeeded")
    html = shown(operator)
    assert "The release runs; it is through in 1 cluster." in html
    assert "Start the release that fails" not in html
    assert f'href="/rollouts/{Rollout.objects.order_by("cluster__name")[0].pk}/">Watch it in eu-west' in html


def test_a_release_that_fails_is_looked_at_while_it_runs_and_afterwards(
    operator: Client, governed: Application
) -> None:
    released("succeeded", 2)
    released("running", 1)
    Rollout.objects.update(phase="Progressing")
    assert "Start the release that fails" not in shown(operator)
    assert "Watch it in eu-west" in shown(operator)
    released("failed", 0.5)
    Rollout.objects.update(phase="Failed")
    assert "See why it failed in eu-west" in shown(operator)


def test_after_a_first_release_that_failed_another_one_is_offered(operator: Client, governed: Application) -> None:
    released("failed")
    assert marks(operator) == ["done", "done", "todo", "done", "todo"]
    assert "none has succeeded yet" in shown(operator)
    assert "Start the release</a>" in shown(operator)


def test_slow_checks_are_told_of_with_what_to_do(operator: Client, governed: Application) -> None:
    Rollout.objects.update(interval=90)
    assert "a release takes some 12 minutes. Edit the policy to have it checked every 10." in shown(operator)


def test_steps_tick_themselves_off_as_they_are_seen(editor: Client, governed: Application) -> None:
    assert marks(editor) == ["done", "todo", "todo", "todo", "todo"]
    assert "Blue is ready in 2 clusters." in shown(editor)
    released("running")
    assert marks(editor) == ["done", "done", "going", "todo", "todo"]
    first, second = Rollout.objects.all()
    first.releases.update(outcome="succeeded")
    assert marks(editor) == ["done", "done", "going", "todo", "todo"]
    second.releases.update(outcome="succeeded")
    assert marks(editor) == ["done", "done", "done", "todo", "todo"]
    assert "Promoted in 2 clusters." in shown(editor)
    released("failed", 0.5)
    assert marks(editor) == ["done", "done", "done", "done", "todo"]


def test_a_removal_is_followed_to_the_end_of_the_round(editor: Client, governed: Application) -> None:
    released("succeeded", 2)
    released("failed", 1)
    removal = make_removal(governed)
    assert marks(editor)[-1] == "going"
    assert f'href="/removals/{removal.pk}/"' in shown(editor)
    Removal.objects.update(state=RemovalState.DONE, ended_at=timezone.now())
    Rollout.objects.update(deleted_at=timezone.now())
    Application.objects.update(deleted_at=timezone.now())
    make_bare(name="checkout")
    assert marks(editor) == ["done"] * 5
    assert "checkout is without a rollout again" in shown(editor)
    assert "Begin again with the first step" in shown(editor)


def test_who_removes_early_is_not_told_to_have_been_through_all_of_it(editor: Client, governed: Application) -> None:
    make_removal(governed, state=RemovalState.DONE, ended_at=timezone.now())
    Rollout.objects.update(deleted_at=timezone.now())
    Application.objects.update(deleted_at=timezone.now())
    make_bare(name="checkout")
    assert "The rollout is removed, with 2 of 5 steps done." in shown(editor)


def test_the_versions_to_give_are_filled_into_the_dialog(operator: Client, governed: Application) -> None:
    dialog = f"/applications/{governed.pk}/acts/new-version/"
    [good] = re.findall(rf'href="({dialog}[^"]*%3A1.5.0)"', shown(operator))
    assert f"{IMAGE}:1.5.0" in operator.get(good.replace("&amp;", "&")).content.decode()
    released("succeeded")
    [bad] = re.findall(rf'href="({dialog}[^"]*%3A1.5.0-errors)"', shown(operator))
    assert f"{IMAGE}:1.5.0-errors" in operator.get(bad.replace("&amp;", "&")).content.decode()


def test_a_target_with_a_version_that_failed_is_mended_before_it_is_cleaned_up(
    editor: Client, settings: LazySettings
) -> None:
    settings.TOUR = "shop/checkout"
    application = make_policy("eu-west", phase=Phase.FAILED)
    assert "a removal refuses that" in shown(editor)
    assert f"/applications/{application.pk}/policy/remove/" not in shown(editor)
    Rollout.objects.update(phase="Progressing")
    assert "wait for its end in all clusters" in shown(editor)
    assert f"/applications/{application.pk}/policy/remove/" not in shown(editor)
    Rollout.objects.update(suspended=True)
    assert "When the release has ended in all clusters the rollout can be removed." in shown(editor)
    assert "A release runs" not in shown(editor)
    Rollout.objects.update(phase="Succeeded", suspended=False)
    assert f"/applications/{application.pk}/policy/remove/?policy={POLICY}" in shown(editor)


def test_while_it_still_fails_somewhere_nothing_is_offered_that_would_be_another_by_the_click(
    operator: Client, governed: Application
) -> None:
    first, second = governed.rollouts.all()
    Rollout.objects.filter(pk=first.pk).update(phase="Failed")
    assert "Release a good version" in shown(operator)
    Rollout.objects.filter(pk=second.pk).update(phase="Progressing")
    assert "Release a good version" not in shown(operator)


def test_who_may_not_do_a_step_is_told_what_it_takes(visitor: Client, governed: Application) -> None:
    html = shown(visitor)
    assert "This needs the right to act" in html
    assert "/acts/new-version/" not in html
    assert "This needs the right to edit policies" in html
    assert "/policy/remove/" not in html


def test_nobody_needs_a_right_to_watch(visitor: Client, governed: Application) -> None:
    released("running")
    Rollout.objects.update(phase="Progressing")
    html = shown(visitor)
    assert "Watch it in eu-west" in html
    assert "This needs the right to act" not in html


def test_who_may_not_see_the_whole_policy_learns_neither_its_number_of_clusters_nor_its_address(
    client: Client, governed: Application
) -> None:
    person = make_person()
    grant(person, covers=Covers.CLUSTER, cluster=Cluster.objects.get(name="eu-west"))
    client.force_login(person)
    html = shown(client)
    assert "Or you may not see all of its clusters" in html
    assert "2 clusters" not in html
    assert f"/applications/{governed.pk}/" not in html


def test_users_are_said_to_be_on_blue_only_where_they_are(editor: Client, governed: Application) -> None:
    released("succeeded", 2)
    released("failed")
    assert "Failed in 2 clusters; users are on blue." in shown(editor)
    one = Rollout.objects.all()[0]
    one.state["live"]["side"] = "green"
    one.save(update_fields=["state"])
    assert "Failed in 2 clusters." in shown(editor)


def test_an_open_page_that_has_the_newest_is_sent_nothing(editor: Client, governed: Application) -> None:
    version = re.search(r'"v": "([^"]+)"', shown(editor))
    assert version is not None
    asked = {"HX-Request": "true"}
    assert editor.get(f"/tour/?v={version[1]}", headers=asked).status_code == 204
    released("running")
    answer = editor.get(f"/tour/?v={version[1]}", headers=asked)
    assert answer.status_code == 200
    assert b"<html" not in answer.content

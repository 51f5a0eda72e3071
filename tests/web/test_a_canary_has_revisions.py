"""Every text that the spec of a plain Canary was read to have: who asked for it, what changed, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.models import Covers, ObjectCopy, PolicyRevision, Removal, Rollout
from rollouts.services import revisions
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import ABSENT, made_by_kurator, read_by_a_task, spec
from tests.support.people import grant, make_person

pytestmark = pytest.mark.django_db
HOOK = {"name": "load", "url": "http://loadtester.test/", "metadata": {"cmd": "hey --token=(hidden) x"}}


@pytest.fixture
def one(asked: list[Any]) -> Rollout:
    return make_rollout(make_cluster("edge"))


def says(one: Rollout, **changes: Any) -> None:
    """So it is read."""
    found = spec(**changes)
    read_by_a_task(one, found)
    revisions.note_spec(rollout=one, spec=found, now=timezone.now())


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(client: Client, one: Rollout, **given: Any) -> Any:
    return client.get(f"/rollouts/{one.pk}/policy/revisions/", given)


def test_its_page_leads_there_and_tells_what_changed_and_compares_any_two(editor: Client, one: Rollout) -> None:
    for interval in ("90s", "60s", "30s"):
        says(one, analysis__interval=interval)
    assert f'href="/rollouts/{one.pk}/policy/revisions/"' in editor.get(f"/rollouts/{one.pk}/").content.decode()
    first, _, last = PolicyRevision.objects.order_by("pk")
    said = words(page(editor, one))
    assert "What the Canary shop/checkout in edge was seen to say" in said
    assert "the oldest one that is kept" in said
    assert "somebody outside" in said
    assert "analysis.interval 60 30" in said
    assert "analysis.interval 90 30" in words(page(editor, one, **{"from": first.pk, "to": last.pk}))


def test_what_is_read_again_is_the_same_revision(editor: Client, one: Rollout) -> None:
    assert "The first revision is kept when edge gives it." in words(page(editor, one))
    says(one)
    says(one)
    assert PolicyRevision.objects.count() == 1


def removed(one: Rollout, **fields: Any) -> Removal:
    now = timezone.now()
    assert one.application is not None
    return Removal.objects.create(
        application=one.application, rollout=one, policy=one.name, mark=str(uuid4()), person_name="olga",
        reason="too old", requested_at=now, expires_at=now + timedelta(minutes=15), **fields,
    )  # fmt: skip


def who() -> list[tuple[str, str]]:
    return list(PolicyRevision.objects.order_by("pk").values_list("who", "why"))


@pytest.mark.parametrize("before", [False, ABSENT])
def test_what_a_removal_writes_is_of_whoever_asked_for_it(one: Rollout, before: Any) -> None:
    says(one, revertOnDeletion=before)
    removed(one)
    says(one, revertOnDeletion=True)
    says(one, revertOnDeletion=True, suspend=True)
    assert who() == [("", ""), ("olga", "too old"), ("olga", "too old")]


def test_both_steps_of_a_removal_may_be_read_as_one(one: Rollout) -> None:
    says(one, revertOnDeletion=ABSENT, suspend=False)
    removed(one, state="done", ended_at=timezone.now())
    says(one, revertOnDeletion=True, suspend=True)
    assert who()[-1] == ("olga", "too old")


@pytest.mark.parametrize("changed", [{"analysis__interval": "60s"}, {"revertOnDeletion": False}, {"suspend": False}])
def test_what_else_changes_while_a_removal_goes_on_is_of_somebody_else(one: Rollout, changed: dict[str, Any]) -> None:
    says(one)
    removed(one)
    says(one, **changed)
    assert who()[-1] == ("", "")


def test_going_back_opens_the_form_with_the_earlier_text_and_goes_through_the_review(
    editor: Client, one: Rollout
) -> None:
    says(one, analysis__webhooks__0__metadata__cmd=HOOK["metadata"]["cmd"])  # type: ignore[index]
    says(one, analysis__interval="60s", service__hosts=["new.example.test"], progressDeadlineSeconds=ABSENT)
    first = PolicyRevision.objects.order_by("pk")[0]
    address = f"/rollouts/{one.pk}/policy/edit/?revision={first.pk}"
    assert f'href="{address}"' in page(editor, one).content.decode()
    html = editor.get(address).content.decode()
    assert 'name="interval" value="90"' in html
    assert "checkout.example.test" in html
    assert "hidden)" not in html.partition('id="policy-form"')[2], (
        "a text of which something is hidden cannot come back"
    )
    assert "(hidden)" not in html.partition('name="base"')[2].partition(">")[0]


def test_the_way_back_is_not_lost_while_the_canary_is_being_read(editor: Client, one: Rollout) -> None:
    says(one)
    says(one, analysis__interval="60s")
    first = PolicyRevision.objects.order_by("pk")[0]
    ObjectCopy.objects.update(fetched_at=timezone.now() - timedelta(minutes=5))
    address = f"/rollouts/{one.pk}/policy/edit/?revision={first.pk}"
    assert f'hx-get="{address}"' in editor.get(address).content.decode()
    ObjectCopy.objects.update(fetched_at=timezone.now())
    ready = editor.get(address, headers={"HX-Request": "true"})
    assert ready.headers["HX-Redirect"] == address


def test_a_revision_of_another_one_is_none_of_its_own(editor: Client, one: Rollout) -> None:
    other = make_rollout(make_cluster("west"))
    says(one)
    says(other)
    (theirs,) = PolicyRevision.objects.filter(plain=other)
    for number in (theirs.pk, 999, "x"):
        assert editor.get(f"/rollouts/{one.pk}/policy/edit/?revision={number}").status_code == 404


def test_only_who_edits_goes_back_and_only_who_sees_it_sees_them(client: Client, visitor: Client, one: Rollout) -> None:
    says(one)
    says(one, analysis__interval="60s")
    said = page(visitor, one)
    assert said.status_code == 200
    assert "Go back to it" not in words(said)
    person = make_person("elsewhere")
    grant(person, covers=Covers.CLUSTER, cluster=make_cluster("west"))
    client.force_login(person)
    assert page(client, one).status_code == 404


def test_what_kurator_makes_by_now_keeps_its_past_and_is_not_gone_back_to(editor: Client, one: Rollout) -> None:
    says(one)
    says(one, analysis__interval="60s")
    made_by_kurator(one)
    said = words(page(editor, one))
    assert "analysis.interval 90 60" in said
    assert "Go back to it" not in said

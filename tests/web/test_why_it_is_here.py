"""The box that says why a rollout is where it is, and the page of all causes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.causes import CauseKind
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.pods import Pod, Pods
from rollouts.models import Cluster, ClusterState, Rollout
from tests.support.builders import (
    CHECKS,
    GREEN,
    Sides,
    make_application,
    make_cluster,
    make_event,
    make_measurement,
    make_release,
    make_rollout,
    make_transition,
)
from tests.web.test_a_rollout_says_where_it_stands import page

pytestmark = pytest.mark.django_db


def box(client: Client, rollout: Rollout) -> str:
    html = page(client, rollout)
    return html.partition('id="why"')[2].partition("</section>")[0]


def with_pods(rollout: Rollout, pod: Pod) -> Rollout:
    state = memory.load(rollout.state)
    green = Workload("Deployment", "shop", "checkout", (GREEN,), "x", 3, 0)
    pods = Pods("shop", "checkout", timezone.now(), number=3, unready=(pod,))
    Rollout.objects.filter(pk=rollout.pk).update(state=memory.dump(replace(state, green=green, green_pods=pods)))
    return rollout


def test_the_cause_comes_with_its_evidence_its_age_its_advice_and_a_way_to_the_others(visitor: Client) -> None:
    since = timezone.now() - timedelta(minutes=3)
    pod = Pod("shop", "checkout-1", ready=False, container="app", image=GREEN, state="waiting", since=since)
    rollout = make_rollout(phase=Phase.PROGRESSING, age=timedelta(minutes=3), moved=timedelta(minutes=3))
    html = box(visitor, with_pods(rollout, replace(pod, reason="ImagePullBackOff", message="no such tag")))
    assert f"1 pod of green cannot get its image {GREEN}: ImagePullBackOff." in html
    assert re.search(r'for <time [^>]*data-time="lasting"[^>]*>3 min</time>', html)
    assert "<span>Pod shop/checkout-1, container app</span> <q>waiting; ImagePullBackOff; no such tag</q>" in html
    assert "Check the tag and the registry" in html
    assert 'href="/causes/#image-pull"' in html


def test_what_was_measured_tells_no_traffic_from_a_wrong_query(visitor: Client) -> None:
    why = "no values found for istio metric request-success-rate probably checkout.shop is not receiving traffic"
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=2, failed_checks=1, threshold=3, checks=CHECKS)
    release = make_release(rollout)
    make_transition(rollout, 1, failed_checks=1, iterations=2, why=why, at=timezone.now())
    assert "Why is not known" in box(visitor, rollout)
    now = timezone.now()
    make_measurement(release, now - timedelta(seconds=30), green=None, blue=None, verdict="no-values")
    make_measurement(release, now, green=None, blue=99.9, verdict="no-values")
    Rollout.objects.filter(pk=rollout.pk).update(version=7)
    assert "has values for blue and none for green" in box(visitor, rollout)


def test_the_hook_of_the_last_check_is_quoted_from_its_event(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=2, failed_checks=1, threshold=3)
    make_release(rollout)
    now = timezone.now()
    make_transition(rollout, 1, failed_checks=1, iterations=2, why="external check load failed Forbidden", at=now)
    message = "Halt checkout.shop advancement external check load failed Forbidden"
    make_event(rollout, message, type="Warning", last_at=now)
    html = box(visitor, rollout)
    assert "Hook load fails: Forbidden. 2 more failed checks roll back." in html
    assert message in html


def test_a_release_that_moves_only_waits_for_its_next_tick(visitor: Client) -> None:
    html = box(visitor, make_rollout(phase=Phase.PROGRESSING, iterations=1))
    assert "It waits for Flagger&#x27;s next tick, one every 30 s." in html
    assert "Next, <time" in html


def test_where_nothing_goes_on_and_nothing_is_wrong_there_is_no_box(visitor: Client) -> None:
    assert box(visitor, make_rollout()) == ""


def test_beside_an_older_release_there_is_no_box(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1)
    make_release(rollout, 1, outcome="failed", ended_at=timezone.now())
    make_release(rollout, 2)
    assert 'id="why"' not in page(visitor, rollout, "?release=1")


def test_of_a_cluster_that_cannot_be_seen_nothing_is_foretold(visitor: Client) -> None:
    left = timezone.now() - timedelta(minutes=14)
    cluster = make_cluster("far", state=ClusterState.UNREACHABLE, fresh_at=left, reason="It does not answer.")
    html = box(visitor, make_rollout(cluster, phase=Phase.PROGRESSING, iterations=1, moved=timedelta(minutes=15)))
    assert "Cluster far cannot be seen from here" in html
    assert "It does not answer." in html
    assert "Next" not in html


def test_kurators_troubles_are_told_of_this_policy_and_this_cluster(visitor: Client) -> None:
    hub = make_cluster("hub", is_hub=True)
    application = make_application(hub=hub)
    member = {"hub": hub, "hub_kind": "attachedclusters", "hub_namespace": "shop", "source": "hub"}
    here, away = (make_cluster(name, hub_name=name, **member) for name in ("here", "away"))
    application.troubles = [
        memory.dump(Trouble(TroubleKind.SYNC_FAILED, "status.x", said, entry=f"prod-attachedcluster-{name}"))
        for name, said in (("away", "not here"), ("here", "no such file"))
    ]
    application.save()
    rollout = make_rollout(here, application=application, phase=Phase.PROGRESSING, iterations=1, policy="prod")
    make_rollout(away, application=application, phase=Phase.PROGRESSING)
    html = box(visitor, rollout)
    assert "What the Application describes is not applied: no such file." in html
    assert "not here" not in html
    assert "Kurator may be held up" not in html
    Cluster.objects.filter(pk=away.pk).update(state=ClusterState.UNREACHABLE)
    Rollout.objects.filter(pk=rollout.pk).update(version=7)
    assert "away cannot be reached from here" in box(visitor, rollout)


def test_nothing_that_pods_say_is_taken_for_markup(visitor: Client) -> None:
    evil = "<img src=x onerror=alert(1)>"
    pod = Pod("shop", evil, ready=False, container=evil, image=evil, state="waiting", message=evil, last_end=evil)
    rollout = make_rollout(phase=Phase.PROGRESSING, moved=timedelta(minutes=3))
    for reason in ("ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"):
        html = page(visitor, with_pods(rollout, replace(pod, reason=reason)))
        assert "<img" not in html
        Rollout.objects.filter(pk=rollout.pk).update(version=len(reason))


def test_the_page_of_all_causes_has_each_with_an_example_evidence_and_advice(visitor: Client) -> None:
    html = visitor.get("/causes/").content.decode()
    assert re.findall(r'<article [^>]*id="([a-z-]+)"', html) == [kind.value for kind in CauseKind]
    assert html.count("<blockquote") == html.count("What usually helps") == len(CauseKind)


def test_the_page_of_all_causes_asks_nothing_of_the_database_but_who_is_there(
    visitor: Client, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert visitor.get("/causes/").status_code == 200


def test_the_page_of_all_causes_is_for_who_is_signed_in_and_changes_nothing(client: Client, visitor: Client) -> None:
    assert visitor.post("/causes/").status_code == 405
    client.logout()
    assert client.get("/causes/").headers["Location"].startswith("/sign-in/")


class TestTheCardsOfTheFleet:
    def test_a_card_says_the_foremost_trouble_and_not_that_nothing_moves(self, visitor: Client) -> None:
        pod = Pod(
            "shop", "checkout-1", ready=False, container="app", image=GREEN, state="waiting", reason="ErrImagePull"
        )
        with_pods(make_rollout(phase=Phase.PROGRESSING, age=timedelta(minutes=9), moved=timedelta(minutes=9)), pod)
        html = visitor.get("/").content.decode()
        assert f"<span>1 pod of green cannot get its image {GREEN}: ErrImagePull.</span>" in html

    def test_a_failure_is_said_once_with_its_check(self, visitor: Client) -> None:
        rollout = make_rollout(phase=Phase.FAILED, checks=CHECKS)
        make_release(rollout, outcome="failed")
        Rollout.objects.filter(pk=rollout.pk).update(release_number=1)
        make_transition(rollout, 1, failed_checks=1, why="success rate 65.62% < 99%")
        html = visitor.get("/").content.decode()
        assert "The last release failed. request-success-rate on green was 65.62%, below its limit of 99.00%." in html
        assert "success rate 65.62% &lt; 99%" not in html

    def test_what_nobody_can_explain_keeps_its_plain_sentence(self, visitor: Client) -> None:
        unread = Sides(blue=None, green=None)
        make_rollout(phase=Phase.PROMOTING, iterations=4, sides=unread, moved=timedelta(minutes=9))
        assert "Nothing has changed for longer than it should take." in visitor.get("/").content.decode()

    def test_a_failure_without_a_known_check_is_only_said_to_be_one(self, visitor: Client) -> None:
        make_rollout(phase=Phase.FAILED)
        html = visitor.get("/").content.decode()
        assert "<span>The last release failed.</span>" in html

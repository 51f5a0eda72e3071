"""The permanent page of one release: what, where, why, each step, each check with every measurement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Hook, Phase
from rollouts.models import Cluster, ClusterState, Release, Rollout
from rollouts.services.retention import Keep, prune
from tests.support.builders import (
    BLUE,
    CHECKS,
    GREEN,
    NOW,
    make_cluster,
    make_curve,
    make_measurement,
    make_release,
    make_rollout,
)
from tests.support.builders import make_transition as transition

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
ON_GREEN: dict[str, Any] = {"live_side": "green", "weight": 100}


def failed_release(**fields: Any) -> Release:
    """Two failed checks, the second one with the users on green."""
    rollout = make_rollout(phase=Phase.FAILED, checks=CHECKS, policy="checkout-policy", iterations_wanted=2)
    release = make_release(
        rollout, 3, outcome="failed", analysis="completed", started_at=NOW, ended_at=NOW + 120 * SECOND, **fields
    )
    Rollout.objects.filter(pk=rollout.pk).update(release_number=3)
    told: tuple[tuple[int, dict[str, Any]], ...] = (
        (0, {"why": "new revision detected, green scaled up"}),
        (30, {"iterations": 1}),
        (60, {"iterations": 1, "failed_checks": 1, "why": "success rate 65.62% < 99%"}),
        (90, {"iterations": 2, "failed_checks": 1, **ON_GREEN}),
        (
            110,
            {
                "iterations": 2,
                "failed_checks": 2,
                "live_side": "green",
                "weight": 100,
                "why": "success rate 61.00% < 99%",
            },
        ),
        (120, {"phase": "Failed", "live_side": "blue", "why": "rolled back: failed checks threshold reached 2"}),
    )
    for number, (second, facts) in enumerate(told, start=1):
        transition(rollout, number, release=3, at=NOW + second * SECOND, **facts)
    return release


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("<wbr>", "").split())


def test_it_says_what_was_released_where_and_how_it_ended(visitor: Client) -> None:
    release = failed_release()
    html = page(visitor, f"/releases/{release.pk}/")
    assert "<h1>Release 3 of checkout</h1>" in html
    assert "Failed: success rate 61.00% &lt; 99% (2 failed checks of 2)." in html
    assert f'<span class="image">{BLUE}</span>' in html
    assert f'<span class="image">{GREEN}</span>' in html
    assert "Kurator, policy checkout-policy" in html
    assert "a new image <small>(who made the change is not seen from here" in html
    assert ">2026-11-23 16:00:00</time>" in html
    assert ">2026-11-23 16:02:00</time>, after 2 min" in html
    assert f'href="/rollouts/{release.rollout_id}/"' in html
    assert f'href="/applications/{release.rollout.application_id}/"' in html


def test_it_says_when_users_were_on_green(visitor: Client) -> None:
    html = page(visitor, f"/releases/{failed_release().pk}/")
    assert 'on green from <time datetime="2026-11-23T16:01:30Z"' in html
    assert 'to <time datetime="2026-11-23T16:02:00Z"' in html


def test_steps_and_changes_stand_in_order_of_time(visitor: Client) -> None:
    html = page(visitor, f"/releases/{failed_release().pk}/")
    steps = html.partition('aria-label="Steps of the release"')[2].partition("</ol>")[0]
    assert [label in steps for label in ("Detected", "Iteration 1", "Iteration 2", "Failed")] == [True] * 4
    assert html.index('id="t1"') < html.index('id="t3"') < html.index('id="t6"')


def test_the_limits_are_those_that_governed_it_not_todays(visitor: Client) -> None:
    release = failed_release()
    state = memory.load(release.rollout.state)
    changed = replace(state.canary, checks=(), threshold=9, iterations_wanted=9)
    Rollout.objects.update(state=memory.dump(replace(state, canary=changed)))
    html = page(visitor, f"/releases/{release.pk}/")
    assert "request-success-rate</span> <small>at least 99%</small>" in html
    assert "check failed, 1 of 2" in html.lower()


class TestAMeasurement:
    def test_has_both_values_our_verdict_and_what_flagger_said(self, visitor: Client) -> None:
        release = failed_release()
        at = NOW + 60 * SECOND
        fields: dict[str, Any] = {"green": 65.6249, "blue": 99.97, "verdict": "failed", "transition": 3}
        make_measurement(release, at, said="65.62", agrees=True, note="read 1 s after the decision", **fields)
        html = page(visitor, f"/releases/{release.pk}/")
        row = html.partition('<table class="measurements">')[2].partition("<tbody>")[2].partition("</tr>")[0]
        said = (">2026-11-23 16:01:00</time>", "check failed, 1 of 2", "99.97%", "65.62%", "<span>failed</span>")
        assert [text for text in said if text not in row] == []
        assert "differs" not in row
        assert "Green: 1 failed." in html
        assert '<span class="side blue">blue 99.97%</span>' in html

    def test_of_a_transition_that_its_tick_hides_says_what_the_tick_did(self, visitor: Client) -> None:
        """A tick writes the routing object and the status; the row has the number of the later one."""
        release = failed_release()
        moved = NOW + 300 * SECOND
        transition(release.rollout, 7, release=3, at=moved, phase="Failed", **ON_GREEN)
        transition(release.rollout, 8, release=3, at=moved, phase="Succeeded", **ON_GREEN)
        make_measurement(release, moved, transition=7)
        html = page(visitor, f"/releases/{release.pk}/")
        row = html.partition('<table class="measurements">')[2].partition("<tbody>")[2].partition("</tr>")[0]
        assert "Succeeded, users on green" in row

    def test_of_which_flagger_thought_otherwise_says_so(self, visitor: Client) -> None:
        release = failed_release()
        make_measurement(release, NOW, said="98.10", agrees=False)
        html = page(visitor, f"/releases/{release.pk}/")
        assert '98.10 <b class="warn-text">differs</b>' in html
        assert "Flagger said otherwise 1 time." in html

    def test_without_a_value_says_why(self, visitor: Client) -> None:
        release = failed_release()
        make_measurement(release, NOW, green=None, blue=None, verdict="no-values", note="Green had no traffic.")
        html = page(visitor, f"/releases/{release.pk}/")
        assert "Green had no traffic." in html
        assert "Green: 1 without values." in html

    def test_of_a_release_with_very_many_is_shown_among_the_newest(self, visitor: Client) -> None:
        release = failed_release()
        for number in range(310):
            make_measurement(release, NOW + number * SECOND)
        html = page(visitor, f"/releases/{release.pk}/")
        table = html.partition('<table class="measurements">')[2].partition("</table>")[0]
        assert table.count('<tr class="row">') == 300
        assert "10 earlier ones are in the CSV" in html


def test_what_was_asked_and_what_was_doubtful_is_kept(visitor: Client) -> None:
    release = failed_release(curves_note="The curves were cut at 15 days.")
    make_curve(release, Side.GREEN, [99.0], query='sum(rate(x{app="<b>"}[30s]))', note="The source warned.")
    html = page(visitor, f"/releases/{release.pk}/")
    assert "app=&quot;&lt;b&gt;&quot;" in html
    assert "The source warned." in html
    assert "The curves were cut at 15 days." in html


def test_nothing_from_a_cluster_is_markup(visitor: Client) -> None:
    evil = "<script>alert(1)</script>"
    hooks = (Hook(evil, "confirm-rollout", f"https://user:secret@{evil}"),)
    rollout = make_rollout(phase=Phase.PROGRESSING, checks=(replace(CHECKS[0], name=evil),), hooks=hooks)
    release = make_release(rollout, from_images=[evil], to_images=[evil], curves_note=evil)
    transition(rollout, 1, why=evil, failed_checks=1)
    make_measurement(release, NOW, check_name=evil, note=evil, said=evil, verdict=evil[:16])
    html = page(visitor, f"/releases/{release.pk}/")
    assert "<script>alert" not in html
    assert "secret" not in html


def test_a_release_of_which_nothing_but_its_row_is_known_says_so(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.SUCCEEDED)
    fields: dict[str, Any] = {"from_images": None, "to_images": None, "canary": {}, "trigger": "unknown"}
    release = make_release(rollout, outcome="failed", ended_at=NOW, started_at=NOW, **fields)
    make_release(rollout, 2)
    html = page(visitor, f"/releases/{release.pk}/")
    for said in ("Why is not known", "before policies were kept", "None of its changes is kept", "None are known"):
        assert said in html
    assert html.count("not known</dd>") >= 2


def test_what_was_removed_for_its_age_is_told_from_what_never_was(visitor: Client) -> None:
    release = failed_release(curves_kept_at=NOW)
    make_measurement(release, NOW, green=65.62, verdict="failed", transition=3)
    keep = Keep(curves=SECOND, measurements=SECOND, timeline=SECOND)
    prune(keep=keep, now=NOW + timedelta(days=9), seconds=60)
    html = page(visitor, f"/releases/{release.pk}/")
    assert "Failed: success rate 61.00% &lt; 99%." in html
    assert "Green: 1 failed." in html
    assert "The single values were removed after their time." in html
    assert "Its curves were removed after their time." in html
    assert "Green: no values are kept." in html
    assert "Steps of the release" not in html
    assert 'class="measurements"' not in html


def test_a_gap_is_said(visitor: Client) -> None:
    rollout = make_rollout(phase=Phase.SUCCEEDED)
    release = make_release(rollout, outcome="succeeded", ended_at=NOW, started_at=NOW)
    transition(rollout, 1, gap=True)
    assert "1 of its changes was found only by comparing" in page(visitor, f"/releases/{release.pk}/")


class TestWhileItRuns:
    def test_it_listens_for_what_happens_and_for_what_is_measured(self, visitor: Client) -> None:
        rollout = make_rollout(phase=Phase.PROGRESSING, iterations=1)
        release = make_release(rollout)
        html = page(visitor, f"/releases/{release.pk}/")
        assert f'data-topics="rollout-{rollout.pk},measured-{rollout.pk},commands-{rollout.pk}"' in html
        assert f'data-topic="rollout-{rollout.pk} measured-{rollout.pk} commands-{rollout.pk}"' in html
        assert "Not decided yet: the release is running." in html

    def test_nothing_is_foretold_of_a_cluster_that_cannot_be_reached(self, visitor: Client) -> None:
        since = timezone.now() - timedelta(minutes=14)
        cluster = make_cluster(state=ClusterState.UNREACHABLE, state_since=since, fresh_at=since)
        rollout = make_rollout(cluster, phase=Phase.PROGRESSING, iterations=1)
        release = make_release(rollout)
        Rollout.objects.update(release_number=1)
        transition(rollout, 1, live_side="green")
        html = page(visitor, f"/releases/{release.pk}/")
        assert "unreachable for <time" in html
        assert "What is shown is as old as that" in html
        assert "until now" in html
        assert 'data-time="in"' not in html
        assert 'data-time="about"' not in html
        Cluster.objects.update(state=ClusterState.REACHABLE, fresh_at=timezone.now())
        html = page(visitor, f"/releases/{release.pk}/")
        assert 'data-time="in"' in html
        assert "as old as that" not in html

    @pytest.mark.usefixtures("still")
    def test_who_holds_the_newest_version_gets_nothing_and_a_measurement_makes_a_new_one(self, visitor: Client) -> None:
        rollout = make_rollout(phase=Phase.SUCCEEDED)
        release = make_release(rollout, outcome="succeeded", ended_at=NOW, started_at=NOW)
        address = f"/releases/{release.pk}/"
        version = page(visitor, address).partition('hx-vals=\'{"v": "')[2].partition('"')[0]
        asked = {"HX-Request": "true"}
        assert visitor.get(f"{address}?v={version}", headers=asked).status_code == 204
        make_measurement(release, NOW, note="just measured")
        Release.objects.update(measured_at=NOW)
        answer = visitor.get(f"{address}?v={version}", headers=asked)
        assert "just measured" in answer.content.decode()
        assert "<html" not in answer.content.decode()

"""Roll back: what is written, what users notice, and when it cannot work (proven 4, 5, 7, 9, 13)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.commands import Act, Form
from rollouts.domain.observations import Kind, Phase
from tests.domain.commands.commanded import TO_BLUE, idle, planned, refused, running
from tests.support.seen import at, workload


def test_while_users_are_on_blue_only_the_failed_checks_are_written() -> None:
    plan = planned(Act.ROLL_BACK, running(iterations=2, version=555))
    (patch,) = plan.patches
    assert (patch.kind, patch.namespace, patch.name, patch.subresource) == (
        Kind.CANARY, "shop", "checkout", "status",
    )  # fmt: skip
    assert patch.form is Form.MERGE
    assert patch.body == {"metadata": {"resourceVersion": "555"}, "status": {"failedChecks": 2}}
    assert "next tick" in plan.effect
    assert plan.next_at == at(50)
    assert plan.users == "Nothing: they are on blue and stay there."


def test_while_users_are_on_green_they_are_sent_to_blue_at_once_by_a_patch_of_its_own() -> None:
    plan = planned(Act.ROLL_BACK, running(iterations=4, green=100))
    abort, traffic = plan.patches
    assert abort.subresource == "status"
    assert (traffic.kind, traffic.namespace, traffic.name) == (Kind.VIRTUAL_SERVICE, "shop", "checkout")
    assert traffic.form is Form.JSON
    assert traffic.body == (
        {"op": "test", "path": "/metadata/resourceVersion", "value": "70"},
        *({"op": "add", "path": path, "value": weight} for path, weight in TO_BLUE.items()),
    )
    assert "at once" in plan.users


def test_without_a_way_that_can_be_changed_it_says_that_users_stay_until_the_next_tick() -> None:
    state = running(iterations=4, green=100)
    assert state.route is not None
    plan = planned(Act.ROLL_BACK, replace(state, route=replace(state.route, to_blue={})))
    assert len(plan.patches) == 1
    assert "at the next tick" in plan.users
    assert any("stay on green" in warning for warning in plan.warnings)


def test_an_ingress_keeps_its_weights_as_text() -> None:
    state = running(iterations=4, green=100)
    assert state.route is not None
    place = "/metadata/annotations/nginx.ingress.kubernetes.io~1canary-weight"
    route = replace(state.route, kind=Kind.INGRESS, to_blue={place: 0})
    body = planned(Act.ROLL_BACK, replace(state, route=route)).patches[1].body
    assert isinstance(body, tuple)
    assert body[1]["value"] == "0"


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.FINALISING])
def test_while_blue_is_being_overwritten_it_is_refused_with_the_next_best_act(phase: Phase) -> None:
    said = refused(Act.ROLL_BACK, running(phase, green=100))
    assert "already being overwritten" in said
    assert "earlier version" in said


def test_it_is_refused_while_it_waits_for_approval_to_start() -> None:
    assert "waits for approval" in refused(Act.ROLL_BACK, running(Phase.WAITING))


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED, Phase.INITIALIZING])
def test_it_is_refused_when_no_release_is_running(phase: Phase) -> None:
    assert refused(Act.ROLL_BACK, idle(phase)).startswith("No release is running.")


def test_it_is_refused_while_the_analysis_is_skipped_because_the_next_tick_would_promote() -> None:
    assert "promotes" in refused(Act.ROLL_BACK, running(iterations=1, skip_analysis=True))


def test_of_a_suspended_release_it_says_that_nothing_happens_before_it_is_resumed() -> None:
    plan = planned(Act.ROLL_BACK, running(iterations=2, suspended=True))
    assert "after it is resumed" in plan.effect
    assert plan.next_at is None


def test_of_a_green_that_is_not_ready_it_warns_that_nothing_ends_before() -> None:
    state = replace(running(iterations=0), green=workload("checkout", "app:2", ready=0))
    assert any("Green is not ready" in warning for warning in planned(Act.ROLL_BACK, state).warnings)


def test_a_patch_that_has_been_made_is_recognised() -> None:
    assert planned(Act.ROLL_BACK, running(iterations=2, failed_checks=2)).patches[0].done
    assert not planned(Act.ROLL_BACK, running(iterations=2, failed_checks=1)).patches[0].done


def test_nothing_can_be_done_in_a_phase_that_is_not_known_or_to_what_is_deleted() -> None:
    unknown = idle(Phase.UNKNOWN, phase_text="Dancing")
    gone = replace(running(iterations=1), deleted_at=at(44))
    for act in Act:
        assert "Dancing" in refused(act, unknown)
        assert "deleted" in refused(act, gone)

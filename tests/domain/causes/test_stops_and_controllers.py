"""What somebody stopped, and who should act and does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rollouts.domain.causes import Kurator, Surroundings
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.observations import Hook, Phase, Strategy
from tests.domain.causes.situations import first, kinds, of, running
from tests.domain.history import NEW, OLD, History
from tests.support import seen


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Suspended. The release is frozen until it is resumed."),
        (
            {"suspended_by": "kubectl-patch"},
            "Suspended by hand, with kubectl. The release is frozen until it is resumed.",
        ),
        (
            {"suspended_by": "fleet-manager", "policy": "checkout-0"},
            "Suspended by Kurator, from the Application (fleet-manager). The release is frozen until it is resumed.",
        ),
        (
            {
                "suspended_by": "kustomize-controller",
                "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
            },
            "Suspended by Flux, from Git (kustomize-controller). The release is frozen until it is resumed.",
        ),
        ({"suspended_by": "a-script"}, "Suspended by a-script. The release is frozen until it is resumed."),
    ],
)
def test_who_suspended_it_is_said_as_far_as_the_cluster_tells(fields: dict[str, Any], sentence: str) -> None:
    history = running()
    history.write(by_hand=True, suspended=True, **fields)
    found = first(of(history))
    assert (found.kind, found.sentence) == ("suspended", sentence)


def test_a_suspension_holds_since_it_was_seen_else_since_its_manager_wrote() -> None:
    history = running()
    history.write(by_hand=True, suspended=True, suspended_by="kubectl-patch", suspended_at=seen.at(15))
    assert first(of(history)).since == seen.at(15)
    assert first(of(history, suspended_at=seen.at(22))).since == seen.at(22)


@pytest.mark.parametrize(
    ("phase", "type", "sentence"),
    [
        (Phase.WAITING, "confirm-rollout", "The new version waits for approval to start by board and legal."),
        (
            Phase.WAITING_PROMOTION,
            "confirm-promotion",
            "The promotion waits for approval by board and legal. Green is checked on meanwhile.",
        ),
    ],
)
def test_a_closed_gate_is_named_by_the_policy(phase: Phase, type: str, sentence: str) -> None:
    hooks = (Hook("board", type), Hook("load", ""), Hook("legal", type))
    history = running(2, hooks=hooks) if phase is Phase.WAITING_PROMOTION else History(hooks=hooks).idle()
    history.wait().write(phase, iterations=2)
    found = first(of(history))
    assert (found.kind, found.sentence, found.since) == ("gate-closed", sentence, seen.at(history.now))


def test_a_gate_before_more_traffic_is_named_by_flagger() -> None:
    history = running(0, strategy=Strategy.CANARY, step_weights=(20, 40))
    history.says("Halt checkout.shop advancement waiting for traffic increase approval board", type="Warning")
    assert first(of(history)).sentence == "More users for green wait for approval by board."


def test_what_cannot_be_seen_is_not_judged_by_the_clock() -> None:
    unseen = Surroundings("eu-west", unseen_since=seen.at(20), unseen_why="unreachable")
    found = of(running(), 900, cluster=unseen)
    assert kinds(found) == ["cluster-unseen"]
    assert found[0].since == seen.at(20)


def test_flagger_that_writes_nothing_for_more_than_two_intervals_does_not_tick() -> None:
    history = running(1)
    assert "flagger-silent" not in kinds(of(history, 25))
    found = first(of(history, 35))
    assert (found.kind, found.since) == ("flagger-silent", seen.at(history.now))


def test_an_event_is_a_sign_of_life_too() -> None:
    history = running(1)
    said = seen.event("Starting canary analysis for checkout.shop", history.now + 25)
    assert "flagger-silent" not in kinds(of(history, 35, events=(said,)))


@pytest.mark.parametrize("skipping", [False, True])
def test_silence_while_pods_are_not_ready_proves_nothing(skipping: bool) -> None:
    history = running(1, skip_analysis=skipping)
    history.green(NEW, ready=0)
    assert "flagger-silent" not in kinds(of(history, 60))


def test_silence_just_after_a_resumption_proves_nothing() -> None:
    history = running(1)
    history.write(by_hand=True, suspended=True)
    history.wait(300).write(by_hand=True, suspended=False)
    assert "flagger-silent" not in kinds(of(history, 5))


def test_flagger_without_a_ready_pod_is_down_unless_it_was_heard_since() -> None:
    history = running(1)
    read_before = Surroundings("eu", flagger_ready=False, probed_at=seen.at(history.now - 60))
    read_after = Surroundings("eu", flagger_ready=False, probed_at=seen.at(history.now + 30))
    assert "flagger-down" not in kinds(of(history, 40, cluster=read_before))
    assert kinds(of(history, 40, cluster=read_after)) == ["flagger-down"]
    unknown = Surroundings("eu", flagger_ready=None, probed_at=seen.at(history.now + 30))
    assert kinds(of(history, 40, cluster=unknown)) == ["flagger-silent"]


@pytest.mark.parametrize(
    ("kind", "said", "cause", "sentence"),
    [
        (
            TroubleKind.NAMES_DIFFER,
            "checkout-svc, the workload is checkout",
            "names-differ",
            "Kurator cannot update this Canary: the policy's serviceName differs from the name of its workload"
            " (checkout-svc, the workload is checkout).",
        ),
        (
            TroubleKind.INCOMPLETE,
            "missing",
            "policy-incomplete",
            "Kurator cannot render this policy and tries again for ever: field is missing.",
        ),
        (
            TroubleKind.SYNC_FAILED,
            "BuildFailed: no such file.",
            "sync-failed",
            "What the Application describes is not applied: BuildFailed: no such file.",
        ),
    ],
)
def test_what_keeps_kurator_from_its_work_is_told_besides(
    kind: TroubleKind, said: str, cause: str, sentence: str
) -> None:
    kurator = Kurator("default/checkout", (Trouble(kind, "spec.some.field", said), Trouble(kind, "spec.other", said)))
    found = of(running(), kurator=kurator)
    assert kinds(found) == [cause, "waits-for-tick"]
    assert found[0].sentence == sentence
    assert [one.field for one in found[0].evidence] == ["spec.some.field", "spec.other"]


def test_another_cluster_that_does_not_answer_may_hold_kurator_up() -> None:
    found = of(running(), kurator=Kurator("default/checkout", unreachable=("a", "b", "c", "d")))
    assert kinds(found) == ["waits-for-tick", "sibling-unreachable"]
    assert "a, b, c and more cannot be reached from here" in found[1].sentence
    assert of(History().idle(), kurator=Kurator("default/checkout", unreachable=("a",))) == ()


def test_a_canary_that_flagger_does_not_take_up() -> None:
    history = History()
    history.write(Phase.UNSET, created_at=seen.at(0), last_applied="", last_promoted="")
    assert first(of(history, 5)).sentence == "Flagger is about to take this Canary up."
    assert first(of(history, 200)).sentence == "Flagger has not taken this Canary up yet."


def test_a_canary_that_is_deleted_has_no_cause() -> None:
    history = running()
    history.see(seen.deleted())
    assert of(history) == ()


def test_what_nobody_can_explain_is_said_to_be_unknown_with_what_is_known() -> None:
    history = running(4)
    history.wait().write(Phase.PROMOTING)
    history.says("blue is odd today", type="Normal")
    found = first(of(history, 29))
    assert found.kind == "waits-for-tick"
    unread = History().start()
    found = first(of(unread, timedelta(minutes=5).total_seconds()))
    assert (found.kind, [one.said for one in found.evidence]) == ("unknown", ["Progressing", "none that were seen"])


def test_a_phase_from_the_future_is_unknown() -> None:
    history = History().idle()
    history.blue(OLD)
    history.write(Phase.UNKNOWN, phase_text="Teleporting")
    assert first(of(history)).sentence == "Not known: Teleporting is a phase that this program does not know."


def test_whatever_else_flagger_complains_about_is_quoted() -> None:
    history = running(1)
    history.says("VirtualService checkout.shop update error: forbidden", type="Warning", uid="odd")
    found = first(of(history))
    assert (found.kind, found.sentence) == (
        "obstacle",
        "Flagger cannot go on: VirtualService checkout.shop update error: forbidden.",
    )

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.causes import Tone
from rollouts.domain.metrics import Side
from rollouts.domain.observations import Phase
from rollouts.domain.pods import Condition, Pod, Pods
from tests.domain.causes.situations import first, kinds, of, running
from tests.domain.history import NEW, OLD, History
from tests.support import seen

LONG = 60.0


def not_ready(*pods: Pod, note: str = "", **workload: Any) -> History:
    """Green of a release that has begun a minute ago, and what was read of its pods."""
    history = running(0)
    history.see(replace(history.workload("checkout", NEW, ready=0), **workload))
    history.see(Pods("shop", "checkout", seen.at(history.now + 30), number=2, unready=pods, note=note))
    return history


def pod(**told: Any) -> Pod:
    return Pod("shop", "checkout-5d9-x1", ready=False, container="app", image="shop:2", since=seen.at(12), **told)


@pytest.mark.parametrize(
    ("told", "kind", "sentence"),
    [
        (
            {"state": "waiting", "reason": "ImagePullBackOff"},
            "image-pull",
            "1 pod of green cannot get its image shop:2: ImagePullBackOff.",
        ),
        (
            {"state": "waiting", "reason": "ErrImagePull"},
            "image-pull",
            "1 pod of green cannot get its image shop:2: ErrImagePull.",
        ),
        (
            {"state": "waiting", "reason": "CrashLoopBackOff", "restarts": 3, "last_end": "OOMKilled"},
            "crash-loop",
            "1 pod of green: container app keeps ending, last with OOMKilled, restarted 3 times.",
        ),
        (
            {"state": "running", "restarts": 1, "last_end": "exit code 2"},
            "crash-loop",
            "1 pod of green: container app keeps ending, last with exit code 2, restarted 1 time.",
        ),
        (
            {"state": "waiting", "reason": "CreateContainerConfigError", "message": 'secret "db" not found'},
            "container-config",
            '1 pod of green: container app cannot be started: secret "db" not found.',
        ),
        (
            {"state": "running"},
            "probe-failing",
            "1 pod of green runs but is not ready: the readiness probe of container app does not pass.",
        ),
    ],
)
def test_what_is_in_the_way_of_a_container_is_named(told: dict[str, Any], kind: str, sentence: str) -> None:
    found = first(of(not_ready(pod(**told)), LONG))
    assert (found.kind, found.sentence, found.side, found.since) == (kind, sentence, Side.GREEN, seen.at(12))
    assert found.evidence[0].said == "0 of 2"
    assert found.evidence[1].object == "Pod shop/checkout-5d9-x1"


def test_a_pod_that_no_node_takes_has_the_schedulers_words() -> None:
    message = "0/3 nodes are available: 3 Insufficient cpu."
    unscheduled = replace(pod(reason="Unschedulable", message=message), container="")
    found = first(of(not_ready(unscheduled), LONG))
    assert (found.kind, found.sentence) == ("unschedulable", f"No node takes 1 pod of green: {message}")


def test_pods_with_the_same_trouble_are_one_cause_and_those_with_another_are_one_more() -> None:
    pull = {"state": "waiting", "reason": "ImagePullBackOff"}
    pods = [pod(**pull), replace(pod(**pull), name="b"), replace(pod(state="running"), name="c")]
    found = of(not_ready(*pods), LONG)
    assert kinds(found) == ["image-pull", "probe-failing"]
    assert found[0].sentence == "2 pods of green cannot get their image shop:2: ImagePullBackOff."


def test_a_pod_that_fails_in_a_rolling_update_is_told_beside_those_that_serve() -> None:
    found = first(of(not_ready(pod(state="running"), ready=2, rolling=True), LONG))
    assert found.sentence.startswith("1 pod of green runs but is not ready: ")
    assert found.sentence.endswith(" Beside it, 2 of 2 are ready.")


def test_pods_that_are_not_created_have_the_reason_of_the_controller() -> None:
    quota = Condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: compute", seen.at(15))
    found = first(of(not_ready(conditions=(quota,)), LONG))
    assert (found.kind, found.sentence) == ("quota", "Green's pods are not created: exceeded quota: compute.")
    assert found.since == seen.at(15)


def test_pods_that_have_just_begun_are_starting_and_nothing_is_wrong() -> None:
    found = first(of(not_ready(replace(pod(state="running"), since=seen.at(19))), 9))
    assert (found.kind, found.tone) == ("pods-not-ready", Tone.PLAIN)
    assert found.sentence == "Green's pods are starting: 0 of 2 are ready."


def test_what_could_not_be_read_is_said() -> None:
    found = first(of(not_ready(note="The account may not list pods."), LONG))
    assert found.sentence == "Green's pods are not ready: 0 of 2 are. Why is not known."
    assert found.evidence[-1].said == "The account may not list pods."


def test_a_deployment_that_has_given_up_says_so() -> None:
    late = Condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing.", seen.at(50))
    found = first(of(not_ready(conditions=(late,)), LONG))
    assert "did not become ready in time" in found.sentence


def test_blue_that_takes_over_the_new_version_is_at_work() -> None:
    history = running(4)
    history.wait().write(Phase.PROMOTING)
    history.blue(NEW, ready=1)
    found = first(of(history, 25))
    assert (found.sentence, found.tone) == ("Blue's pods change to the new version, one after the other.", Tone.PLAIN)


def test_an_ordinary_rolling_update_of_blue_is_nobodys_concern_until_it_is_given_up() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.see(replace(history.workload("checkout-primary", OLD), rolling=True))
    assert of(history) == ()
    late = Condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out progressing.", seen.at(50))
    history.see(replace(history.workload("checkout-primary", OLD), rolling=True, conditions=(late,)))
    assert kinds(of(history)) == ["blue-blocks", "pods-not-ready"]
    assert "the old ones run on" in of(history)[1].sentence


def test_the_new_pods_of_blue_are_named_while_its_old_ones_run_on() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.see(replace(history.workload("checkout-primary", NEW), rolling=True))
    crash = Pod("shop", "p", ready=False, container="app", state="waiting", reason="CrashLoopBackOff", restarts=2)
    history.see(Pods("shop", "checkout-primary", seen.at(20), number=3, unready=(crash,)))
    found = of(history)
    assert (kinds(found), found[0].side, found[0].tone) == (["crash-loop", "drift"], Side.BLUE, Tone.BAD)


def test_an_unhealthy_blue_keeps_every_new_release_from_beginning() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.blue(OLD, ready=1)
    assert kinds(of(history)) == ["blue-blocks", "pods-not-ready"]
    history.write(skip_analysis=True)
    assert "blue-blocks" not in kinds(of(history)), "skipAnalysis passes the question by"


def test_green_is_nobodys_concern_while_no_release_runs() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.green(OLD, wanted=0, ready=0)
    assert of(history) == ()


def test_green_scaled_to_zero_in_its_analysis_is_noticed() -> None:
    history = running(1)
    history.green(NEW, wanted=0, ready=0)
    assert kinds(of(history)) == ["scaled-to-zero"]


def test_green_scaled_up_between_releases_is_noticed_but_not_that_of_a_failed_promotion() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.green(OLD, wanted=3, ready=3)
    assert kinds(of(history)) == ["scaled-by-hand"]
    failed = running(4).fail()
    failed.write(weight=100)
    assert "scaled-by-hand" not in kinds(of(failed))


def test_an_old_look_at_the_target_says_nothing_about_the_time_after_it() -> None:
    history = History().idle(Phase.SUCCEEDED)
    history.green(OLD, wanted=3, ready=3)
    assert of(history, workloads_at=seen.at(-60)) == ()

"""The outside acts of each recording, replayed on a virtual clock, lead to the same changes in the same order.

Compared exactly: every distinct status with its condition and hashes, suspension, the weights, blue's image and green's
size, interleaved as they were recorded.
"""

from __future__ import annotations

from tests.demo.recordings import Replay, recorded

MEMBER1, MEMBER2 = "kurator-member1", "kurator-member2"


def plain(name: str) -> Replay:
    return Replay(name, MEMBER1)


def test_a_good_version_is_promoted() -> None:
    replay = plain("plain-success")
    replay.at(0.0, lambda: replay.image("6.50354.0"))
    assert replay.run() == recorded("plain-success", MEMBER1)


def test_errors_on_green_roll_back_before_the_switch() -> None:
    replay = plain("plain-failure")
    replay.at(0.004, lambda: replay.image("6.50355.0")).at(1.0, lambda: replay.fault(0.3))
    replay.at(49.949, lambda: replay.image("6.50356.0"))
    assert replay.run() == recorded("plain-failure", MEMBER1)


def test_failed_checks_patched_by_hand_abort() -> None:
    replay = plain("plain-abort")
    replay.at(20.064, lambda: replay.status(failedChecks=2))
    assert replay.run() == recorded("plain-abort", MEMBER1)


def test_iterations_patched_by_hand_save_ticks_but_no_check() -> None:
    replay = plain("plain-fast-forward")
    replay.at(0.017, lambda: replay.image("6.50357.0")).at(20.166, lambda: replay.status(iterations=3))
    replay.at(60.148, lambda: replay.image("6.50358.0"))
    assert replay.run() == recorded("plain-fast-forward", MEMBER1)


def test_skipped_analysis_promotes_at_the_next_tick() -> None:
    replay = plain("plain-skip-analysis")
    replay.at(20.079, lambda: replay.spec(skipAnalysis=True)).at(30.162, lambda: replay.spec(skipAnalysis=False))
    replay.at(30.191, lambda: replay.image("6.50360.0"))
    assert replay.run() == recorded("plain-skip-analysis", MEMBER1)


def test_a_suspended_run_hears_of_its_abort_when_it_is_resumed() -> None:
    replay = plain("plain-suspended-aborted-resumed")
    replay.at(19.797, lambda: replay.spec(suspend=True)).at(44.975, lambda: replay.status(failedChecks=2))
    replay.at(60.064, lambda: replay.spec(suspend=False)).at(69.832, lambda: replay.image("6.50361.0"))
    assert replay.run() == recorded("plain-suspended-aborted-resumed", MEMBER1)


def test_an_annotation_on_the_template_retries_a_failed_release() -> None:
    replay = plain("plain-failed-retried")
    replay.at(1.0, lambda: replay.fault(0.3)).at(49.9, lambda: replay.fault(0.0))
    replay.at(49.990, lambda: replay.annotate_template("kurator-ui/retried-at", "1795450803.3295283"))
    assert replay.run() == recorded("plain-failed-retried", MEMBER1)


def test_green_that_is_never_ready_is_aborted_only_at_size_zero() -> None:
    replay = plain("plain-never-ready")
    replay.at(0.083, lambda: replay.image("broken")).at(21.930, lambda: replay.status(failedChecks=2))
    replay.at(52.246, lambda: replay.scale(0)).at(59.956, lambda: replay.image("6.50902.0"))
    assert replay.run() == recorded("plain-never-ready", MEMBER1)


def test_a_closed_gate_holds_the_promotion_until_it_opens() -> None:
    replay = plain("plain-gate")
    analysis = replay.canary()["spec"]["analysis"]
    gate = {"name": "gate", "type": "confirm-promotion", "url": "http://flagger-loadtester.test/gate/check"}
    gated = {**analysis, "webhooks": [*analysis["webhooks"], gate]}
    replay.at(0.077, lambda: replay.spec(analysis=gated)).at(0.100, lambda: replay.image("6.51341.0"))
    replay.at(75.0, lambda: replay.cluster.gates.call("/gate/open", "backend", "webapp"))
    replay.at(113.095, lambda: replay.spec(analysis=analysis))
    assert replay.run() == recorded("plain-gate", MEMBER1)


def test_kurator_leaves_a_running_release_to_flagger() -> None:
    replay = Replay("kurator-success", MEMBER2).with_kurator()
    replay.at(0.0, lambda: replay.image("6.54599.0"))
    replay.at(76.687, lambda: replay.spec(suspend=True))
    assert replay.run() == recorded("kurator-success", MEMBER2)


def test_kurator_puts_back_what_was_patched_on_the_member_but_leaves_labels() -> None:
    replay = Replay("kurator-overwrite", MEMBER2).with_kurator()
    assert replay.canary()["spec"]["suspend"] is True
    assert replay.run()[: len(recorded("kurator-overwrite", MEMBER2))] == recorded("kurator-overwrite", MEMBER2)
    assert replay.canary()["metadata"]["annotations"] == {"kurator.dev/rollout": "blue-green-demo-0"}
    assert replay.canary()["metadata"]["labels"] == {"mine": "yes"}


def test_suspending_the_application_suspends_its_canaries_and_back() -> None:
    replay = Replay("kurator-suspend", MEMBER2).with_kurator()
    replay.at(0.315, lambda: replay.policy(suspend=False)).at(0.685, lambda: replay.image("6.54600.0"))
    assert replay.run()[: len(recorded("kurator-suspend", MEMBER2))] == recorded("kurator-suspend", MEMBER2)


def test_skipping_through_the_application_promotes_and_is_reset() -> None:
    replay = Replay("kurator-skip-analysis", MEMBER2).with_kurator()
    replay.at(19.870, lambda: replay.policy(skipTrafficAnalysis=True))
    replay.at(29.972, lambda: replay.policy(skipTrafficAnalysis=False))
    assert replay.run() == recorded("kurator-skip-analysis", MEMBER2)


def test_a_newer_version_starts_the_analysis_again() -> None:
    replay = Replay("kurator-newer-version", MEMBER1).with_kurator()
    replay.at(0.037, lambda: replay.image("6.54866.0")).at(29.861, lambda: replay.image("6.54867.0"))
    assert replay.run() == recorded("kurator-newer-version", MEMBER1)


def test_a_canary_outlives_the_rollout_of_its_policy() -> None:
    replay = Replay("kurator-rollout-removed", MEMBER2).with_kurator()
    replay.at(0.045, replay.without_rollout).at(44.391, lambda: replay.scale(2))
    assert replay.run() == recorded("kurator-rollout-removed", MEMBER2)

from __future__ import annotations

import pytest

from rollouts.domain.reasons import Explains, reason_of
from tests.support import seen

C, X = "checkout.shop", "checkout.shop"
NOT_READY = "waiting for rollout to finish: 0 of 2 (readyThreshold 100%) updated replicas are available"

SAYINGS = [
    # type, message, what it explains, the sentence
    ("N", "skipping canary run as object is suspended", Explains.NOTHING, None),
    ("N", "all the metrics providers are available!", Explains.NOTHING, None),
    ("W", "Error checking metric providers: no such host", Explains.NOTHING, None),
    ("N", f"Initialization done! {C}", Explains.INITIALIZED, "initialization done"),
    ("N", f"New revision detected! Scaling up {X}", Explains.STARTED, "new revision detected, green scaled up"),
    (
        "N",
        f"New revision detected! Restarting analysis for {X}",
        Explains.RESTARTED,
        "newer revision, analysis restarted",
    ),
    ("N", f"Starting canary analysis for {X}", Explains.NOTHING, None),
    ("N", "Pre-rollout check acceptance passed", Explains.NOTHING, None),
    ("N", f"Advance {C} canary iteration 2/3", Explains.ITERATION, "iteration 2 of 3"),
    ("N", f"Advance {C} canary weight 20", Explains.WEIGHT, "20% of the traffic to green"),
    ("N", f"Advance {C} primary weight 60", Explains.BLUE_WEIGHT, "60% of the traffic to blue"),
    ("N", "Routing all traffic to canary", Explains.TO_GREEN, "all traffic routed to green"),
    (
        "N",
        "Stop traffic mirroring and route all traffic to canary",
        Explains.TO_GREEN,
        "mirroring stopped, all traffic routed to green",
    ),
    ("N", f"Copying {X} template spec to checkout-primary.shop", Explains.COPYING, "green's version copied to blue"),
    ("N", "Routing all traffic to primary", Explains.TO_BLUE, "all traffic routed to blue"),
    ("N", f"Promotion completed! Scaling down {X}", Explains.PROMOTED, "promotion completed, green scaled down"),
    (
        "N",
        f"Promotion completed! Canary analysis was skipped for {X}",
        Explains.SKIPPED,
        "promotion completed, analysis skipped",
    ),
    ("N", "Confirm-promotion check gate passed", Explains.NOTHING, None),
    ("N", "Rollback hook undo not signaling a rollback", Explains.NOTHING, None),
    ("W", "Rollback check undo passed", Explains.NOTHING, None),
    ("W", f"Rolling back {C} manual webhook invoked", Explains.ROLLBACK, "rolled back: manual webhook invoked"),
    ("W", f"Halt {C} advancement waiting for approval gate", Explains.APPROVAL, "waits for approval by gate"),
    (
        "W",
        f"Halt {C} advancement waiting for promotion approval gate",
        Explains.PROMOTION_APPROVAL,
        "promotion waits for approval by gate",
    ),
    (
        "W",
        f"Halt {C} advancement waiting for traffic increase approval gate",
        Explains.OBSTACLE,
        "traffic increase waits for approval by gate",
    ),
    (
        "W",
        f"Halt {C} advancement pre-rollout check smoke failed 500",
        Explains.CHECK,
        "pre-rollout check smoke failed 500",
    ),
    (
        "W",
        f"Halt {C} advancement external check load failed giving up after 1 attempt(s)",
        Explains.CHECK,
        "external check load failed giving up after 1 attempt(s)",
    ),
    ("W", f"Halt {C} advancement success rate 65.62% < 99%", Explains.CHECK, "success rate 65.62% < 99%"),
    ("W", f"Halt {C} advancement success rate 99.90% > 50%", Explains.CHECK, "success rate 99.90% > 50%"),
    (
        "W",
        f"Halt {C} advancement request duration 1.515s > 500ms",
        Explains.CHECK,
        "request duration 1.515s > 500ms",
    ),
    ("W", f"Halt {C} advancement not-found rate 7.25 > 5", Explains.CHECK, "not-found rate 7.25 > 5"),
    (
        "W",
        f"Halt advancement no values found for istio metric request-success-rate probably {X} is not receiving traffic",
        Explains.CHECK,
        f"no values found for istio metric request-success-rate probably {X} is not receiving traffic",
    ),
    (
        "W",
        "Halt advancement no values found for custom metric: errors: empty",
        Explains.CHECK,
        "no values found for custom metric: errors: empty",
    ),
    ("W", "Prometheus query failed: timeout", Explains.CHECK, "Prometheus query failed: timeout"),
    ("W", "Metric query failed for errors: bad", Explains.CHECK, "Metric query failed for errors: bad"),
    (
        "W",
        "Metric query failed for no usable metrics template and query were configured",
        Explains.CHECK,
        "Metric query failed for no usable metrics template and query were configured",
    ),
    (
        "W",
        "Metric template errors.shop error: not found",
        Explains.CHECK,
        "Metric template errors.shop error: not found",
    ),
    (
        "W",
        "Error building Prometheus client for http://x bad",
        Explains.CHECK,
        "Error building Prometheus client for http://x bad",
    ),
    (
        "W",
        f"Rolling back {C} failed checks threshold reached 2",
        Explains.ROLLBACK,
        "rolled back: failed checks threshold reached 2",
    ),
    (
        "W",
        f"Rolling back {C} progress deadline exceeded x",
        Explains.ROLLBACK,
        "rolled back: progress deadline exceeded x",
    ),
    ("W", f"Canary failed! Scaling down {X}", Explains.SCALED_DOWN, "failed, green scaled down"),
    (
        "W",
        f"Promotion of {X} failed, primary not ready: pods",
        Explains.ROLLBACK,
        "promotion failed, blue not ready: pods",
    ),
    ("W", "Post-rollout hook notify failed 500", Explains.NOTHING, None),
    ("W", "A/B testing is not supported when using the kubernetes provider", Explains.NOTHING, None),
    ("N", f"Terminating canary {C}", Explains.TERMINATING, "termination began"),
    ("W", f"checkout-primary.shop not ready: {NOT_READY}", Explains.OBSTACLE, None),
    ("W", f"canary deployment {X} not ready: {NOT_READY}", Explains.OBSTACLE, None),
    ("W", f"canary damonset {X} not ready with retryable true: x", Explains.OBSTACLE, None),
    (
        "W",
        f'canary deployment {X} not ready: deployment "checkout" exceeded its progress deadline',
        Explains.DEADLINE,
        None,
    ),
    (
        "W",
        f"canary deployment {X} not ready: exceeded its progressDeadlineSeconds: 600",
        Explains.DEADLINE,
        None,
    ),
    ("W", f"deployment {X} get query error: not found", Explains.PERHAPS_A_CHECK, None),
]


@pytest.mark.parametrize(("type", "message", "explains", "sentence"), SAYINGS, ids=[row[1][:60] for row in SAYINGS])
def test_what_flagger_says_is_understood(type: str, message: str, explains: Explains, sentence: str | None) -> None:
    reason = reason_of(seen.event(message, 0, type={"N": "Normal", "W": "Warning"}[type]))
    assert (reason.explains, reason.text) == (explains, message if sentence is None else sentence)


def test_text_that_looks_like_markup_or_a_format_stays_as_it_is() -> None:
    message = f"Halt {C} advancement <b>{{rate}}</b> 1.00 < 2"
    assert reason_of(seen.event(message, 0, type="Warning")).text == "<b>{rate}</b> 1.00 < 2"

from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.causes import Cause, Failure, Measured, Surroundings, Tone
from rollouts.domain.causes.novalues import NO_SUCH_METRIC, probe_of
from rollouts.domain.checks import Verdict
from rollouts.domain.observations import Canary, Check, Hook
from tests.domain.causes.situations import first, kinds, of, running
from tests.domain.history import History
from tests.support import seen

NONE = "no values found for istio metric request-success-rate probably checkout.shop is not receiving traffic"


def failed(why: str, *, count: int = 1, iterations: int = 2, **spec: Any) -> History:
    history = running(iterations, threshold=3, **spec)
    history.wait().write(failed_checks=count)
    return history


def cause(why: str, *measured: Measured, **spec: Any) -> Cause:
    known = {name: spec.pop(name) for name in ("cluster",) if name in spec}
    history = failed(why, **spec)
    return first(of(history, failure=Failure(why, seen.at(history.now)), measured=measured, **known))


def measured(
    green: float | None, blue: float | None, verdict: Verdict = Verdict.NO_VALUES, note: str = "", check: str = ""
) -> Measured:
    return Measured(check or "request-success-rate", seen.at(40), green, blue, verdict, note)


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("success rate 65.62% < 99%", "request-success-rate on green was 65.62%, below its limit of 99.00%."),
        ("request duration 1.515s > 500ms", "request-duration on green was 1.515s, above its limit of 500ms."),
        ("error-count 12.00 > 5", "error-count on green was 12.00, above its limit of 5.00."),
        ("error-count 3.00 > 2", "error-count on green was 3.00, outside of the limits that it had then."),
        ("latency 3.00 > 2", "A check failed: latency 3.00 > 2."),
        ("an odd warning", "A check failed: an odd warning."),
    ],
)
def test_a_value_beyond_its_limit(why: str, sentence: str) -> None:
    found = cause(why)
    assert (found.kind, found.sentence) == ("check-failing", f"{sentence} 2 more failed checks roll back.")


def test_the_value_of_a_template_with_a_built_in_name_is_its_own() -> None:
    by_template = Check("request-success-rate (template)", 10, minimum=0.9, template="rate", template_namespace="shop")
    built_in = Check("request-success-rate", 10, minimum=99.0)
    found = cause("request-success-rate 0.85 < 0.9", checks=(built_in, by_template))
    assert found.sentence.startswith("request-success-rate (template) on green was 0.85, below its limit of 0.90.")


@pytest.mark.parametrize(
    ("count", "left", "tone"),
    [
        (1, "2 more failed checks roll back.", Tone.WARN),
        (2, "One more failed check rolls back.", Tone.WARN),
        (3, "The limit of failed checks is reached: the next check rolls back.", Tone.BAD),
    ],
)
def test_how_many_more_may_fail_is_said(count: int, left: str, tone: Tone) -> None:
    found = cause("success rate 65.62% < 99%", count=count)
    assert (found.sentence.rpartition("99.00%. ")[2], found.tone) == (left, tone)


def test_a_failure_with_the_users_on_green_is_worse() -> None:
    history = running(3, threshold=3)
    history.wait().route(100)
    history.write(iterations=4)
    history.wait().write(failed_checks=1)
    found = first(of(history, failure=Failure("success rate 65.62% < 99%", seen.at(history.now))))
    assert found.tone is Tone.BAD
    assert "2 more failed checks with the users on green roll back." in found.sentence


def test_a_failed_check_that_was_followed_by_a_passed_one_is_no_cause_any_more() -> None:
    history = failed("success rate 65.62% < 99%", iterations=1)
    failure = Failure("success rate 65.62% < 99%", seen.at(history.now))
    history.wait().write(iterations=2)
    assert kinds(of(history, failure=failure)) == ["waits-for-tick"]


def test_what_we_measured_ourselves_stands_beside_what_flagger_said() -> None:
    found = cause("success rate 65.62% < 99%", measured(64.1, 99.97, Verdict.FAILED))
    ours = [(one.field, one.said) for one in found.evidence if one.object.startswith("Measurement")]
    assert ours == [("green", "64.10%"), ("blue", "99.97%")]


def test_a_value_that_will_fail_the_next_check_is_told_before() -> None:
    found = of(running(2), measured=(measured(64.1, 99.97, Verdict.FAILED),))
    assert kinds(found) == ["check-failing"]
    assert found[0].sentence == (
        "request-success-rate on green is 64.10%, below its limit of 99.00%: the next check would fail."
    )


@pytest.mark.parametrize(
    ("why", "kind", "sentence"),
    [
        ("external check load-test failed Forbidden", "hook-failing", "Hook load-test fails: Forbidden."),
        ("external check load-test failed ", "hook-failing", "Hook load-test fails: it did not accept."),
        (
            "pre-rollout check smoke failed giving up after 1 attempt(s)",
            "hook-failing",
            "Hook smoke before the analysis fails: giving up after 1 attempt(s).",
        ),
        (
            "Prometheus query failed: request failed: dial tcp 10.0.0.1:9090: connect: connection refused",
            "metrics-unreachable",
            "Flagger gets no answer from Prometheus to the query: request failed: dial tcp 10.0.0.1:9090: connect:"
            " connection refused.",
        ),
        (
            "Metric query failed for error-count: context deadline exceeded",
            "metrics-unreachable",
            "Flagger gets no answer from Prometheus to the query of error-count: context deadline exceeded.",
        ),
        (
            "Prometheus query failed for error-count: error response: parse error",
            "query-error",
            "Prometheus does not accept the query of error-count: error response: parse error.",
        ),
        (
            "Metric template errors.shop error: metrictemplates.flagger.app not found",
            "query-error",
            "MetricTemplate errors.shop cannot be used: error: metrictemplates.flagger.app not found.",
        ),
        (
            "Error building Prometheus client for ftp://x unsupported scheme",
            "metrics-unreachable",
            "Flagger cannot use the address ftp://x for metrics: unsupported scheme.",
        ),
    ],
)
def test_other_failures_are_told_apart(why: str, kind: str, sentence: str) -> None:
    found = cause(why)
    assert (found.kind, found.sentence) == (kind, f"{sentence} 2 more failed checks roll back.")


@pytest.mark.parametrize(
    ("seen_by_us", "kind"),
    [
        ((), "no-values"),
        ((measured(None, 99.9),), "no-traffic"),
        ((measured(None, None),), "no-series"),
        ((measured(None, 99.9, note=NO_SUCH_METRIC),), "no-series"),
        ((measured(None, None, Verdict.ERROR, "parse error"),), "query-error"),
        ((measured(None, None, Verdict.UNREADABLE, "not readable from here"),), "no-values"),
        ((measured(None, 3.0, check="error-count"),), "no-values"),
    ],
)
def test_no_values_are_told_apart_by_what_we_measured(seen_by_us: tuple[Measured, ...], kind: str) -> None:
    assert cause(NONE, *seen_by_us).kind == kind


def test_a_template_without_values_is_judged_alike() -> None:
    found = cause(
        "no values found for custom metric: error-count: no values found", measured(None, 2.0, check="error-count")
    )
    assert (found.kind, found.sentence.partition(":")[0]) == (
        "no-traffic",
        "error-count has values for blue and none for green",
    )


@pytest.mark.parametrize(
    ("spec", "cluster", "kind"),
    [
        ({"provider": "nginx"}, "", "nginx-no-values"),
        ({"provider": ""}, "nginx", "nginx-no-values"),
        ({"provider": "istio"}, "nginx", "no-traffic"),
        (
            {"provider": "nginx", "checks": (Check("request-success-rate", 10, minimum=99, template="t"),)},
            "",
            "no-traffic",
        ),
    ],
)
def test_nginx_can_have_no_values_of_its_own_before_the_switch(spec: Any, cluster: str, kind: str) -> None:
    """Unless the check asks something else."""
    why = NONE.replace("istio", "nginx")
    found = cause(why, measured(None, 99.9), **spec, cluster=Surroundings(provider=cluster))
    assert found.kind == kind


def test_of_a_query_of_somebodys_own_no_value_of_blue_says_nothing() -> None:
    why = "no values found for custom metric: error-count: no values found"
    assert cause(why, measured(None, None, check="error-count")).kind == "no-values"
    assert cause(why, measured(None, None, check="error-count", note=NO_SUCH_METRIC)).kind == "no-series"


def test_the_first_check_asks_before_the_load_test_has_sent_anything() -> None:
    assert "begins with this very check" in cause(NONE, measured(None, 99.9), iterations=1).usually_helps
    assert "Send requests" in cause(NONE, measured(None, 99.9), iterations=3).usually_helps
    assert (
        "has no rollout hook"
        in cause(NONE, measured(None, 99.9), hooks=(Hook("gate", "confirm-promotion"),)).usually_helps
    )


@pytest.mark.parametrize(
    ("query", "probe"),
    [
        (
            'sum(rate(istio_requests_total{reporter="destination",code!~"5.*"}[1m]))'
            " / sum(rate(istio_requests_total[1m])) * 100",
            "count(istio_requests_total)",
        ),
        (
            "histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket[1m])) by (le, app))",
            "count(http_request_duration_seconds_bucket)",
        ),
        ("sum by (pod) (errors_total) or on() vector(0)", "count(errors_total)"),
        ("up and job:errors:rate5m > bool 3", "count(up or job:errors:rate5m)"),
        ('{__name__="x"}', ""),
        ("1", ""),
        ("", ""),
    ],
)
def test_whether_a_metric_exists_is_asked_without_its_labels(query: str, probe: str) -> None:
    assert probe_of(query) == probe


def test_a_check_that_is_not_in_the_policy_any_more_raises_nothing() -> None:
    history = failed("x", checks=())
    assert isinstance(history.canary, Canary)
    found = of(history, failure=Failure(NONE, seen.at(history.now)))
    assert kinds(found) == ["no-values"]

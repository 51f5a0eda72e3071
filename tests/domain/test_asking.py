"""How each check of a rollout is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.asking import NOT_READ, askings, follows_revisions, templates_of
from rollouts.domain.metrics import Asking, ClusterMetrics, MetricTemplate, Revisions, Way
from rollouts.domain.observations import Canary, Check

CLUSTER = ClusterMetrics(flagger_namespace="istio-system", provider="istio")
RATE = Check("request-success-rate", 60, minimum=99, interval_text="1m")
DURATION = Check("request-duration", 60, maximum=500, interval_text="1m")
ERRORS = Check("errors", 60, maximum=1, interval_text="30s", template="errors", template_namespace="mon")
CANARY = Canary("shop", "checkout", "uid", "1", target_name="checkout", service_name="checkout")
QUERY = 'sum(rate(errors{pod=~"{{ target }}-.+"}[{{ interval }}]))'
TEMPLATE = MetricTemplate("mon", "errors", "prometheus", "http://prometheus.mon:9090", QUERY)


def ask(
    *checks: Check,
    template: MetricTemplate | str = TEMPLATE,
    cluster: ClusterMetrics = CLUSTER,
    revisions: Revisions | str = NOT_READ,
    **canary: str,
) -> tuple[Asking, ...]:
    given = replace(CANARY, checks=checks, **canary)  # type: ignore[arg-type]
    return askings(given, {("mon", "errors"): template}, cluster, revisions)


def one(check: Check, **given: object) -> Asking:
    [asking] = ask(check, **given)  # type: ignore[arg-type]
    return asking


def test_checks_are_asked_in_the_order_in_which_flagger_evaluates_them() -> None:
    inline = Check("inline", 60, query="up")
    assert [asking.check.name for asking in ask(ERRORS, DURATION, inline, RATE)] == [
        "request-duration",
        "inline",
        "request-success-rate",
        "errors",
    ]


def test_each_template_is_needed_once() -> None:
    other = replace(ERRORS, name="other", template="other")
    canary = replace(CANARY, checks=(RATE, ERRORS, replace(ERRORS, name="again"), other))
    assert templates_of(canary) == (("mon", "errors"), ("mon", "other"))


def test_a_built_in_check_is_asked_on_both_sides() -> None:
    asking = one(RATE)
    assert 'destination_workload=~"checkout"' in asking.green
    assert 'destination_workload=~"checkout-primary"' in asking.blue
    assert asking.place is not None
    assert (asking.place.way, asking.place.namespace, asking.unreadable) == (Way.PROXY, "istio-system", "")


def test_a_duration_in_seconds_is_brought_into_its_unit() -> None:
    assert [asking.scale for asking in ask(RATE, DURATION, provider="kubernetes")] == [1, 1000]


def test_an_inline_query_goes_where_built_in_ones_go() -> None:
    asking = one(Check("own", 0, query="sum(rate(m[{{ interval }}]))"), metrics_server="http://own.shop:9090")
    assert asking.green == "sum(rate(m[1m]))"
    assert (asking.blue, asking.blue_note) == ("", "The query does not tell the sides apart.")
    assert asking.place is not None
    assert asking.place.service == "own"


def test_a_template_is_rendered_and_asked_at_its_own_address() -> None:
    asking = one(ERRORS)
    assert asking.green == 'sum(rate(errors{pod=~"checkout-.+"}[30s]))'
    assert asking.blue == 'sum(rate(errors{pod=~"checkout-primary-.+"}[30s]))'
    assert asking.template == TEMPLATE
    assert asking.place is not None
    assert asking.place.namespace == "mon"


def test_a_template_is_given_no_interval_that_the_check_does_not_name() -> None:
    assert one(replace(ERRORS, interval_text="")).green.endswith("[]))")


@pytest.mark.parametrize(
    ("asking", "sentence"),
    [
        (one(ERRORS, template="The account may not read it."), "MetricTemplate mon/errors cannot be read. The account"),
        (one(replace(ERRORS, template="gone")), "MetricTemplate mon/gone cannot be read. It has not been read yet."),
        (one(ERRORS, template=replace(TEMPLATE, provider="datadog")), "Values of datadog are not readable from here."),
        (one(ERRORS, template=replace(TEMPLATE, query="{{ if x }}")), r"The query uses {{ if x }}, which is not"),
        (one(ERRORS, template=replace(TEMPLATE, address="http://prom.example.com")), "An administrator can allow"),
        (one(ERRORS, template=replace(TEMPLATE, secret="login")), "needs the Secret login, and the API server passes"),
        (one(RATE, provider="knative"), "The Knative Service shop/checkout, whose newest revision Flagger asks about,"),
        (ask(RATE, provider="knative", revisions="It is forbidden.")[0], "cannot be read. It is forbidden."),
        (ask(RATE, provider="knative", revisions=Revisions("", ""))[0], "has no revision yet"),
        (one(replace(RATE, interval_text="1m])) or vector(1")), "no duration that Prometheus knows"),
        (one(Check("nothing", 60)), "neither a query nor a template"),
        (one(RATE, metrics_server="http://169.254.169.254"), "no Service in it"),
        (one(RATE, cluster=ClusterMetrics()), "Flagger's own namespace"),
    ],
)
def test_what_cannot_be_read_from_here_says_why(asking: Asking, sentence: str) -> None:
    assert sentence in asking.unreadable
    assert (asking.green, asking.blue, asking.place) == ("", "", None)


def test_a_template_with_a_secret_is_asked_directly_where_its_origin_is_allowed() -> None:
    allowing = replace(CLUSTER, allowed=("http://prometheus.mon:9090",))
    asking = one(ERRORS, template=replace(TEMPLATE, secret="login"), cluster=allowing)
    assert asking.place is not None
    assert (asking.place.way, asking.place.trusted, asking.unreadable) == (Way.DIRECT, False, "")
    assert (asking.place.secret_namespace, asking.place.secret) == ("mon", "login")


def test_no_secret_of_a_template_goes_to_the_address_an_administrator_gave() -> None:
    fixed = replace(CLUSTER, fixed="http://prometheus.mon:9090")
    asking = one(ERRORS, template=replace(TEMPLATE, secret="login"), cluster=fixed)
    assert asking.place is not None
    assert (asking.place.trusted, asking.place.secret) == (True, "")


def test_a_templates_headers_go_to_its_own_address_by_either_way() -> None:
    headers = (("X-Scope-OrgID", "shop"), ("Host", "elsewhere"))
    template = replace(TEMPLATE, headers=headers, insecure=True)
    through = one(ERRORS, template=template).place
    direct = one(ERRORS, template=template, cluster=replace(CLUSTER, allowed=("http://prometheus.mon:9090",))).place
    assert through is not None
    assert direct is not None
    assert (through.way, through.headers, through.insecure) == (Way.PROXY, (("X-Scope-OrgID", "shop"),), False)
    assert (direct.way, direct.headers, direct.insecure) == (Way.DIRECT, (("X-Scope-OrgID", "shop"),), True)


def test_neither_headers_nor_a_missing_verification_reach_the_address_an_administrator_gave() -> None:
    fixed = replace(CLUSTER, fixed="http://prometheus.mon:9090")
    insecure = one(ERRORS, template=replace(TEMPLATE, insecure=True), cluster=fixed)
    assert insecure.place is not None
    assert (insecure.place.trusted, insecure.place.insecure) == (True, False)
    with_headers = one(ERRORS, template=replace(TEMPLATE, headers=(("X-Scope-OrgID", "other"),)), cluster=fixed)
    assert "are not sent to an address that an administrator gave" in with_headers.unreadable


def test_what_a_template_sends_is_in_no_text_of_what_is_asked() -> None:
    template = replace(TEMPLATE, headers=(("X-Key", "hunter2"), ("X-Scope-OrgID", "shop")))
    asking = one(ERRORS, template=template)
    assert asking.place is not None
    assert asking.place.headers == template.headers
    assert "hunter2" not in repr(asking)
    refused = one(ERRORS, template=replace(TEMPLATE, headers=(("Cookie", "hunter2"),)))
    assert refused.unreadable
    assert "hunter2" not in repr(refused)


NEW, OLD = "checkout-00002", "checkout-00001"


def test_under_knative_the_sides_are_revisions() -> None:
    """Green's text is Flagger's own, but for a comma before the closing brace."""
    asking, duration = ask(RATE, DURATION, provider="knative", revisions=Revisions(NEW, OLD))
    served = f'envoy_cluster_upstream_rq{{envoy_cluster_name=~"shop/{NEW}"'
    assert asking.green == (f'sum(rate({served},envoy_response_code!~"5.*"}}[1m])) / sum(rate({served}}}[1m])) * 100')
    assert asking.blue == asking.green.replace(NEW, OLD)
    assert duration.green == (
        "histogram_quantile(0.99, sum(rate(envoy_cluster_upstream_rq_time_bucket"
        f'{{envoy_cluster_name=~"shop/{NEW}"}}[1m])) by (le))'
    )
    assert asking.by_revision
    assert asking.unreadable == ""


def test_a_revision_that_is_both_sides_says_so() -> None:
    [asking] = ask(RATE, provider="knative", revisions=Revisions(NEW, NEW))
    assert asking.green
    assert (asking.blue, asking.blue_note[:35]) == ("", "The newest revision is the one that")
    [unknown] = ask(RATE, provider="knative", revisions=Revisions(NEW, ""))
    assert (unknown.blue, unknown.blue_note[:26]) == ("", "Flagger has not noted yet ")


def test_revisions_are_needed_for_built_in_checks_under_knative_alone() -> None:
    knative = replace(CLUSTER, provider="knative")
    assert follows_revisions(replace(CANARY, checks=(RATE,)), knative)
    assert not follows_revisions(replace(CANARY, checks=(ERRORS,)), knative)
    assert not follows_revisions(replace(CANARY, checks=(RATE,), provider="istio"), knative)


def test_what_could_not_be_read_may_be_read_the_next_time() -> None:
    assert one(RATE, provider="knative").unread
    assert one(ERRORS, template="It is away.").unread
    assert not one(ERRORS, template=replace(TEMPLATE, provider="datadog")).unread


def test_where_one_route_leads_to_both_sides_blue_says_so() -> None:
    """What stands under green is then no value of green's alone."""
    asking = one(RATE, provider="apisix")
    assert asking.blue == ""
    assert "on one route: what Flagger asks about, and stands under green, is of both" in asking.blue_note

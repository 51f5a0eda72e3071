"""Every field of the kind Canary stands in one group of the form, with a label, its meaning and Flagger's own name."""

from __future__ import annotations

import pytest

from rollouts.domain.policies.editing import STRATEGY, edited
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.known import Known
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import Obj, read
from rollouts.domain.policies.strategies import without_effect
from rollouts.web.policy_form import Group, all_fields, groups
from rollouts.web.policy_help import HELP
from rollouts.web.policy_labels import LABELS, PLAIN_GROUPS
from tests.support.canaries import ABSENT, EVERYTHING, SPEC, spec

OF_INGRESSES, OF_GATEWAYS = {"ingress", "ingress_kind", "ingress_api"}, {"gateway_refs", "copies", "backend_timeout"}
OF_ISTIO, OF_APP_MESH = {"gateways", "traffic_policy", "delegates"}, {"mesh_name", "backends"}
OF_GLOO, OF_APISIX = {"upstream", "upstream_namespace", "upstream_kind", "upstream_api"}, {"route", "route_kind"}
SPECIAL = OF_INGRESSES | OF_GATEWAYS | OF_ISTIO | OF_APP_MESH | OF_GLOO | OF_APISIX
WITHOUT_HELP = {
    *("port", "provider", "route_timeout", "retries", "request_remove", "cors_headers", "cors_exposed", "cookie"),
    *("cors_credentials", "cookie_age", STRATEGY, "step", "most", "promotion_step", "interval", "failures"),
    *("skips", "suspended", "reverts", "mirror_weight", "port_discovery", "times"),
    *("cookie_same_site", "cookie_http_only", "cookie_secure", "cookie_partitioned"),
    *("ingress_kind", "route_kind", "upstream_kind"),
}
"""Their labels say it."""


def form(found: Obj, provider: str = "") -> tuple[Group, ...]:
    texts = shown(read(found, PLAIN))
    return groups(texts, edited(found, texts, PLAIN), Known(), provider)


def names(found: Obj, provider: str = "") -> set[str]:
    return {one.name for one in all_fields(form(found, provider))}


def test_every_field_is_in_one_group() -> None:
    grouped = [name for group in PLAIN_GROUPS.values() for name in group if name != STRATEGY]
    assert sorted(grouped) == sorted(set(PLAIN.scalars) - PLAIN.fixed)


def test_every_field_of_the_kind_is_shown_where_the_provider_is_not_known() -> None:
    everything = {**EVERYTHING}
    del everything["provider"]
    found = names(everything)
    assert set(PLAIN.scalars) - PLAIN.fixed <= found
    for which in ("metrics", "hooks", "alerts"):
        assert {f"{which}-0-{name}" for name in PLAIN.inside(which)} <= found


def test_each_has_a_label_its_meaning_and_the_name_that_flagger_has_for_it() -> None:
    for one in all_fields(form(EVERYTHING)):
        if one.name in ("metrics", STRATEGY):
            continue
        assert one.label, one.name
        assert one.term, one.name
        assert one.help or one.name in WITHOUT_HELP or "-0-" in one.name, one.name
    assert HELP.keys() <= LABELS.keys()


def test_flaggers_name_of_what_is_in_a_list_is_the_one_below_it() -> None:
    terms = {one.name: one.term for one in all_fields(form(SPEC))}
    assert terms["target_port"] == "service.targetPort"
    assert terms["alerts-0-provider"] == "providerRef.name"
    assert terms["metrics-1-template"] == "templateRef.name"


@pytest.mark.parametrize(
    ("provider", "own"),
    [
        ("istio", OF_ISTIO),
        ("nginx", OF_INGRESSES),
        ("skipper", OF_INGRESSES),
        ("gatewayapi:v1", OF_GATEWAYS),
        ("apisix", OF_APISIX),
        ("gloo", OF_GLOO),
        ("appmesh:v1beta2", OF_APP_MESH),
        ("kuma", set()),
        ("kubernetes", set()),
    ],
)
def test_what_only_one_provider_has_is_asked_for_that_one(provider: str, own: set[str]) -> None:
    said = spec(provider=provider, service__gateways=ABSENT)
    assert names(said) & (SPECIAL - {"gateway_refs", "ingress"}) == own - {"gateway_refs", "ingress"}
    without = spec(provider=ABSENT)
    assert names(without, provider) & SPECIAL == own, "a Canary that names none has the cluster's"


def test_what_the_provider_does_nothing_with_is_told_and_kept() -> None:
    after = read(spec(provider="nginx"), PLAIN)
    assert without_effect(after, None, "nginx") == ("gateways", "hosts", "retries", "retry_timeout")


def test_deep_fields_have_room_for_their_lines() -> None:
    found = {one.name: one for one in all_fields(form({**EVERYTHING, "provider": "istio"}))}
    assert {found[name].kind for name in ("traffic_policy", "service_match", "apex_labels", "scaler_queries")} == {
        "area"
    }
    assert found["traffic_policy"].rows == 8
    assert found["scaler_kind"].kind == "choice"
    assert found["cookie_secure"].kind == "flag"


def test_rare_groups_are_folded_up_unless_they_say_something() -> None:
    opened = {group.title: group.opened for group in form(SPEC) if group.folded}
    assert opened["Autoscaler"]
    assert not opened["Labels and annotations"]
    assert not opened["Users who stay on their side"]

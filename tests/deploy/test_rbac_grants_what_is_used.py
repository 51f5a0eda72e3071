"""The roles in `deploy/rbac/` grant what this program asks for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import timezone

from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.domain import permissions
from rollouts.domain.commands import (
    GATES,
    OF_EDITORS,
    POLICY_ACTS,
    Act,
    Governed,
    Member,
    Plan,
    Wanted,
    judge,
    judge_policy,
)
from rollouts.domain.configs import Configs, Setting
from rollouts.domain.earlier import Version, Versions
from rollouts.domain.gates import gates_of
from rollouts.domain.kurator import Kustomization, Policy
from rollouts.domain.metric_places import usual_place
from rollouts.domain.metrics import ClusterMetrics
from rollouts.domain.observations import ROUTING_KINDS, Hook, Kind, Phase, Route
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.ports import Permission
from tests.support.builders import make_state
from tests.support.seen import canary

RBAC = Path(__file__).parents[2] / "deploy" / "rbac"
FILES = sorted(file.name for file in RBAC.glob("*.yaml"))


def documents(file: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all((RBAC / file).read_text()) if one]


def granted(file: str) -> set[Permission]:
    return {
        Permission(verb, group, resource, role["metadata"].get("namespace", ""), name)
        for role in documents(file)
        if role["kind"] in ("Role", "ClusterRole")
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
    }


def unlike(file: str, wanted: Iterable[Permission]) -> set[str]:
    return {permissions.in_words(one) for one in granted(file) ^ set(wanted)}


def test_a_cluster() -> None:
    wanted = permissions.of_cluster((), ROUTING_KINDS) + permissions.of_metrics((), (), knative=True)
    wanted += permissions.of_readiness() + permissions.of_setting_up() + permissions.of_definitions(Kind.CANARY)
    assert unlike("cluster.yaml", wanted) == set()


def test_acting_in_a_cluster() -> None:
    assert unlike("acting.yaml", permissions.of_acting((), ROUTING_KINDS)) == set()


def test_acting_on_the_policies_of_a_hub() -> None:
    assert unlike("acting-hub.yaml", permissions.of_acting_on_a_hub()) == set()


@pytest.mark.parametrize("act", POLICY_ACTS)
def test_every_patch_of_an_act_on_a_policy_is_granted(act: Act) -> None:
    running, idle = make_state(phase=Phase.PROGRESSING, iterations=1), make_state(phase=Phase.SUCCEEDED)
    running, idle = (
        replace(one, green=replace(one.green, containers=("app",))) for one in (running, idle) if one.green
    )
    flux = Kustomization()
    policies = [
        Policy(0, "p", "shop", "checkout", "checkout", "f", suspended=suspended, kustomization=flux)
        for suspended in (True, False)
    ]
    found = [
        Governed("shop", "checkout", "u", 1, one, Owner(OwnerKind.NOBODY), (), (Member(1, "eu", state),))
        for one in policies
        for state in (running, idle)
    ]
    choice = {"container": "app", "image": "app:9"} if act is Act.NEW_VERSION else {}
    plans = [judge_policy(Wanted(act, "mark", choice), one, timezone.now()) for one in found]
    patches = [patch for plan in plans if isinstance(plan, Plan) for patch in plan.patches]
    assert patches
    assert {Permission("patch", permissions.GROUPS[one.kind], one.kind.value) for one in patches} <= granted(
        "acting-hub.yaml"
    )


def test_removing_is_to_delete_canaries_and_nothing_else() -> None:
    assert unlike("removing.yaml", permissions.of_removing()) == set()


def test_making_canaries_is_to_create_them_and_nothing_else() -> None:
    assert unlike("creating.yaml", permissions.of_creating()) == set()


def test_whole_applications_are_made_and_deleted_and_nothing_else() -> None:
    assert unlike("applications.yaml", permissions.of_whole_applications()) == set()


def test_config_values_are_to_read_and_patch_configmaps_and_nothing_else() -> None:
    assert unlike("configs.yaml", permissions.of_configs()) == set()


def test_acting_is_to_patch_and_nothing_else() -> None:
    assert {one.verb for one in granted("acting.yaml")} == {"patch"}


@pytest.mark.parametrize("act", sorted(set(Act) - GATES - OF_EDITORS))
def test_every_patch_of_an_act_is_granted(act: Act) -> None:
    """Whatever the state: each patch that a plan names is of a kind, and subresource, that the role lets be patched."""
    route = Route(
        Kind.VIRTUAL_SERVICE, "shop", "checkout", green_weight=100, to_blue={"/spec/http/0/route/0/weight": 100}
    )
    on_blue = replace(route, green_weight=0)
    not_ready = make_state(phase=Phase.PROGRESSING, failed_checks=2, route=on_blue)
    assert not_ready.green is not None
    not_ready = replace(not_ready, green=replace(not_ready.green, ready=0))
    states = [
        make_state(phase=Phase.PROGRESSING, iterations=1),
        make_state(phase=Phase.PROGRESSING, iterations=4, route=route),
        make_state(phase=Phase.PROGRESSING, iterations=1, suspended=True),
        make_state(phase=Phase.FAILED),
        not_ready,
    ]
    tracked = {"configmap/settings": "0123456789abcdef"}
    states = [replace(one, canary=replace(one.canary, tracked_configs=tracked)) for one in states]
    states = [replace(one, green=replace(one.green, containers=("app",))) for one in states if one.green is not None]
    version = Version("checkout-1", ("registry.example.test/app:8",), promoted=True, said="", template="t1")
    choice = {"container": "app", "image": "registry.example.test/app:9", "version": "checkout-1"}
    choice |= {"setting": "settings/size", "value": "9"}
    configs = Configs(timezone.now(), (Setting("settings", "size", "8"),))
    wanted_act = Wanted(act, "mark", choice, versions=Versions(timezone.now(), (version,)), configs=configs)
    plans = [judge(wanted_act, state, timezone.now()) for state in states]
    patches = [patch for plan in plans if isinstance(plan, Plan) for patch in plan.patches]
    wanted = {
        Permission("patch", permissions.GROUPS[one.kind], "/".join(filter(None, (one.kind.value, one.subresource))))
        for one in patches
    }
    assert wanted
    assert wanted <= granted("configs.yaml" if act is Act.CONFIG_VALUE else "acting.yaml")


def test_the_prometheus_of_a_cluster() -> None:
    prometheus = usual_place(ClusterMetrics(flagger_namespace="istio-system"))
    templates = permissions.of_metrics((), ())
    assert unlike("metrics.yaml", set(permissions.of_metrics((), [prometheus])) - set(templates)) == set()


def test_the_gates_of_a_load_tester() -> None:
    hook = Hook("board", "confirm-promotion", "http://flagger-loadtester.test/gate/check")
    services = [gate.service for gate in gates_of(canary(hooks=(hook,)))]
    assert unlike("gates.yaml", permissions.of_gates(services)) == set()


def test_a_cluster_with_rights_in_one_namespace() -> None:
    wanted = permissions.of_cluster(("shop",), ROUTING_KINDS) + permissions.of_metrics(("shop",), (), knative=True)
    wanted += permissions.of_readiness(("shop",)) + permissions.of_setting_up(("shop",))
    assert unlike("namespaces.yaml", wanted) == set()


def test_a_hub() -> None:
    secrets = [("default", "kurator-member1"), ("default", "kurator-member2")]
    assert unlike("hub.yaml", permissions.of_hub(secrets) + permissions.of_definitions()) == set()


def test_no_secret_is_opened_without_its_name() -> None:
    assert all(one.name for file in FILES for one in granted(file) if one.resource == "secrets")


def test_no_service_is_reached_without_its_name() -> None:
    proxied = {(one.verb, one.name) for file in FILES for one in granted(file) if one.resource == "services/proxy"}
    assert proxied == {("get", "http:prometheus:9090"), ("create", "http:flagger-loadtester:80")}


@pytest.mark.parametrize("file", FILES)
def test_every_role_is_bound_to_the_account_and_to_nobody_else(file: str) -> None:
    found = documents(file)
    roles = {(one["kind"], one["metadata"]["name"]) for one in found if one["kind"] in ("Role", "ClusterRole")}
    bindings = [one for one in found if one["kind"].endswith("Binding")]
    assert {(one["roleRef"]["kind"], one["roleRef"]["name"]) for one in bindings} == roles
    account = {"kind": "ServiceAccount", "name": "kurator-ui", "namespace": "kurator-ui"}
    assert all(one["subjects"] == [account] for one in bindings)


@pytest.mark.parametrize("kind", Kind)
def test_the_group_of_a_kind_is_the_one_it_is_read_from(kind: Kind) -> None:
    assert permissions.GROUPS[kind] == PLACES[kind].group
    assert (kind in permissions.CLUSTER_SCOPED) == (not PLACES[kind].namespaced)

"""On a real API server the roles in `deploy/rbac/` let this program read what it follows, and change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
import yaml

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain import permissions
from rollouts.domain.commands import Form, Patch, patches
from rollouts.domain.errors import Conflict, Forbidden, NotFound
from rollouts.domain.kurator import Application
from rollouts.domain.metrics import Place, Way
from rollouts.domain.new_canaries.judging import Near
from rollouts.domain.new_canaries.making import Target, begun, creation, manifest, spec_of
from rollouts.domain.observations import ROUTING_KINDS, Canary, Kind
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.ports import Permission
from tests.cluster.laboratory import NAME, NAMESPACE, Member
from tests.support.waiting import until

MEMBERS = [Path(one) for one in os.environ.get("LAB_MEMBER_KUBECONFIGS", "").split(",") if one]
HUBS = [Path(one) for one in [os.environ.get("LAB_HUB_KUBECONFIG", "")] if one]
RBAC = Path(__file__).parents[2] / "deploy" / "rbac"
API = "/apis/rbac.authorization.k8s.io/v1"
VIEWER, TOKEN = "viewer", "lab-viewer-token"
FORBIDDEN = [
    Permission("patch", "flagger.app", "canaries"),
    Permission("patch", "apps", "deployments"),
    Permission("list", "", "secrets"),
    Permission("get", "", "secrets", "kube-system"),
    Permission("create", "", "pods"),
    Permission("patch", "apps.kurator.dev", "applications"),
]


def roles_of(file: str, namespace: str = "") -> list[dict[str, Any]]:
    """The roles and bindings of a file, bound to the laboratory's viewer; its example namespace replaced."""
    found = [one for one in yaml.safe_load_all((RBAC / file).read_text()) if "rbac" in one["apiVersion"]]
    for one in found:
        if namespace and "namespace" in one["metadata"]:
            one["metadata"]["namespace"] = namespace
        if "subjects" in one:
            one["subjects"] = [{"kind": "User", "name": VIEWER, "apiGroup": "rbac.authorization.k8s.io"}]
    return found


@contextmanager
def applied(kubeconfig: Path, *documents: dict[str, Any]) -> Iterator[KubernetesConnection]:
    """A connection of the viewer, who has these roles until the end."""
    admin = Member.of(kubeconfig)
    try:
        for one in documents:
            delete(admin, one)
            admin.call("POST", place(one), one).close()
        credential = replace(credential_from_kubeconfig(kubeconfig.read_bytes()), token=TOKEN)
        connection = KubernetesConnection(credential)
        yield connection
        connection.close()
    finally:
        for one in reversed(documents):
            delete(admin, one)


def place(one: dict[str, Any]) -> str:
    namespace = one["metadata"].get("namespace", "")
    return f"{API}/namespaces/{namespace}/{one['kind'].lower()}s" if namespace else f"{API}/{one['kind'].lower()}s"


def delete(admin: Member, one: dict[str, Any]) -> None:
    with suppress(HTTPError):
        admin.call("DELETE", f"{place(one)}/{one['metadata']['name']}").close()


def missing(connection: KubernetesConnection, wanted: tuple[Permission, ...]) -> list[str]:
    return [permissions.in_words(one) for one in wanted if not connection.allowed(one)]


@pytest.mark.parametrize("kubeconfig", MEMBERS[:1], ids=lambda file: file.stem)
def test_a_member_can_be_followed_and_not_changed(kubeconfig: Path) -> None:
    with applied(kubeconfig, *roles_of("cluster.yaml")) as connection:
        until(lambda: not missing(connection, permissions.of_cluster((), [Kind.VIRTUAL_SERVICE, Kind.INGRESS])))
        assert not [one for one in FORBIDDEN if connection.allowed(one)]
        assert connection.uid()
        for kind in (Kind.CANARY, Kind.EVENT, Kind.VIRTUAL_SERVICE, Kind.DEPLOYMENT):
            assert list(connection.list(kind))
        version = connection.resource_version(Kind.CANARY)
        list(connection.watch(Kind.CANARY, version, seconds=1))


@pytest.mark.parametrize("kubeconfig", MEMBERS[:1], ids=lambda file: file.stem)
def test_who_may_act_may_write_what_the_acts_write_and_nothing_else(kubeconfig: Path) -> None:
    wanted = permissions.of_acting((), ROUTING_KINDS)
    with applied(kubeconfig, *roles_of("cluster.yaml"), *roles_of("acting.yaml")) as connection:
        until(lambda: not missing(connection, wanted))
        allowed = [one for one in FORBIDDEN if connection.allowed(one)]
        assert allowed == [one for one in FORBIDDEN if one in wanted]
        assert not connection.allowed(Permission("update", "flagger.app", "canaries"))
        canary = connection.get(Kind.CANARY, NAMESPACE, NAME)
        assert isinstance(canary, Canary)
        unchanged = patches.status(canary, "nothing", failedChecks=canary.failed_checks)
        assert connection.patch(unchanged)


@pytest.mark.parametrize("kubeconfig", MEMBERS[:1], ids=lambda file: file.stem)
def test_who_may_not_act_is_told_which_right_is_missing(kubeconfig: Path) -> None:
    with applied(kubeconfig, *roles_of("cluster.yaml")) as connection:
        until(lambda: not missing(connection, permissions.of_cluster((), [Kind.VIRTUAL_SERVICE])))
        canary = connection.get(Kind.CANARY, NAMESPACE, NAME)
        assert isinstance(canary, Canary)
        with pytest.raises(Forbidden, match="canaries/status"):
            connection.patch(patches.status(canary, "nothing", failedChecks=canary.failed_checks))


@pytest.mark.parametrize("kubeconfig", MEMBERS[:1], ids=lambda file: file.stem)
def test_a_canary_is_made_with_the_role_for_it_and_by_nobody_else(kubeconfig: Path) -> None:
    target = Target("Deployment", NAMESPACE, "rightful", "rightful")
    drafted = Draft(target.base, shown(begun(target, 9898, Near())) | {STRATEGY: "blue-green"}, PLAIN)
    made = creation(manifest(target, spec_of(drafted), "m" * 32))
    reading = roles_of("cluster.yaml")
    with applied(kubeconfig, *reading) as connection:
        until(lambda: not missing(connection, permissions.of_cluster((), [Kind.VIRTUAL_SERVICE])))
        with pytest.raises(Forbidden, match='cannot create resource "canaries"'):
            connection.patch(made, dry_run=True)
    with applied(kubeconfig, *reading, *roles_of("creating.yaml")) as connection:
        until(lambda: not missing(connection, permissions.of_creating()))
        connection.patch(made, dry_run=True)
        with pytest.raises(NotFound):
            connection.get(Kind.CANARY, NAMESPACE, "rightful")
        assert connection.made_for(NAMESPACE, f"{NAME}-primary") == NAME
        assert not [one for one in FORBIDDEN if connection.allowed(one)]


@pytest.mark.parametrize("kubeconfig", MEMBERS[:1], ids=lambda file: file.stem)
def test_one_namespace_can_be_followed_alone(kubeconfig: Path) -> None:
    with applied(kubeconfig, *roles_of("namespaces.yaml", NAMESPACE)) as connection:
        until(lambda: not missing(connection, permissions.of_cluster((NAMESPACE,), [Kind.VIRTUAL_SERVICE])))
        assert connection.uid()
        assert [one.observations for one in connection.list(Kind.CANARY, NAMESPACE)]
        with pytest.raises(Forbidden):
            list(connection.list(Kind.CANARY))
        with pytest.raises(Forbidden):
            list(connection.list(Kind.CANARY, "default"))


@pytest.mark.parametrize("kubeconfig", MEMBERS[:1], ids=lambda file: file.stem)
def test_one_service_can_be_asked_through_the_api_server_and_no_other(kubeconfig: Path) -> None:
    prometheus = Place(Way.PROXY, "http://prometheus:9090", NAMESPACE, "prometheus", "http", "9090")
    with applied(kubeconfig, *roles_of("metrics.yaml", NAMESPACE)) as connection:
        [template, proxied] = permissions.of_metrics((), [prometheus])
        until(lambda: not missing(connection, (proxied,)))
        others = (template, replace(proxied, name="http:other:9090"), replace(proxied, verb="create"))
        assert len(missing(connection, others)) == 3
        with pytest.raises(NotFound):  # the laboratory has no such Service: it got as far as looking for it
            connection.proxied(prometheus, "/api/v1/query", {"query": "1"})
        for other in (replace(prometheus, service="other"), replace(prometheus, port="9091")):
            with pytest.raises(Forbidden):
                connection.proxied(other, "/api/v1/query", {"query": "1"})


@pytest.mark.parametrize("kubeconfig", HUBS, ids=lambda file: file.stem)
def test_a_hub_gives_its_members_and_their_kubeconfigs_and_no_other_secret(kubeconfig: Path) -> None:
    documents = [*roles_of("cluster.yaml"), *roles_of("hub.yaml")]
    with applied(kubeconfig, *documents) as connection:
        secrets = [("default", "kurator-member1")]
        until(lambda: not missing(connection, (*permissions.of_cluster((), []), *permissions.of_hub(secrets))))
        for kind in (Kind.FLEET, Kind.ATTACHED_CLUSTER, Kind.APPLICATION):
            assert list(connection.list(kind))
        kubeconfig_of_member = connection.secret("default", "kurator-member1", "kurator-member1.config")
        assert credential_from_kubeconfig(kubeconfig_of_member).server
        with pytest.raises(Forbidden):
            connection.secret("default", "another", "value")
        assert not [one for one in FORBIDDEN if connection.allowed(one)]


@pytest.mark.parametrize("kubeconfig", HUBS, ids=lambda file: file.stem)
def test_an_application_is_read_and_patched_with_the_roles_for_it(kubeconfig: Path) -> None:
    with applied(kubeconfig, *roles_of("cluster.yaml"), *roles_of("hub.yaml")) as connection:
        until(lambda: not missing(connection, permissions.of_cluster((), [])))
        with pytest.raises(Forbidden, match="applications"):
            connection.get(Kind.APPLICATION, "default", "any")
    documents = [*roles_of("cluster.yaml"), *roles_of("hub.yaml"), *roles_of("acting-hub.yaml")]
    with applied(kubeconfig, *documents) as connection:
        until(lambda: not missing(connection, permissions.of_acting_on_a_hub()))
        (page,) = connection.list(Kind.APPLICATION)
        found = next(one for one in page.observations if isinstance(one, Application))
        guard = {"op": "test", "path": "/metadata/generation"}
        unchanged = Patch(
            Kind.APPLICATION, found.namespace, found.name, Form.JSON, ({**guard, "value": found.generation},), "nothing"
        )
        assert connection.patch(unchanged)
        with pytest.raises(Conflict):
            connection.patch(replace(unchanged, body=({**guard, "value": found.generation + 1},)))
        assert not connection.allowed(Permission("delete", "apps.kurator.dev", "applications"))

"""What every cluster connection promises, whatever API server is behind it. A backend is a subclass with a `target`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, Request, build_opener

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.tls import context_for
from rollouts.domain.errors import Forbidden, Gone, NotFound, Unauthenticated, Unreachable
from rollouts.domain.metrics import MetricTemplate, Place, Way
from rollouts.domain.observations import Deleted, Kind, Observation, Route
from rollouts.domain.ports import ClusterConnection, Credential, Permission, Seen
from tests.support.objects import Object, deployment, metric_template, service, virtual_service

NAMESPACE = "default"
VIRTUAL_SERVICES = f"/apis/networking.istio.io/v1beta1/namespaces/{NAMESPACE}/virtualservices"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
TEMPLATES = f"/apis/flagger.app/v1beta1/namespaces/{NAMESPACE}/metrictemplates"
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"


@dataclass(frozen=True)
class Target:
    """A member cluster: an administrator, and an account that may not read Secrets nor change anything.

    `forget` makes the server forget the history before now; None where it does so by itself in the end.
    """

    admin: Credential
    viewer: Credential
    forget: Callable[[], None] | None = None

    def write(self, verb: str, path: str, body: Object | None = None) -> Object:
        """Without the product's own code: what it reads is held against what was written."""
        kind = "application/merge-patch+json" if verb == "PATCH" else "application/json"
        headers = {"Authorization": f"Bearer {self.admin.token}", "Content-Type": kind}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.admin.server + path, data, headers, method=verb)
        with build_opener(HTTPSHandler(context=context_for(self.admin))).open(request, timeout=20) as answer:
            found: Object = json.loads(answer.read())
            return found


def prometheus(service: str) -> Place:
    return Place(Way.PROXY, f"http://{service}:9090", NAMESPACE, service, "http", "9090")


def named(one: Observation | None) -> str:
    return getattr(one, "name", "")


class ClusterConnectionContract:
    @pytest.fixture
    def connection(self, target: Target) -> Iterator[ClusterConnection]:
        made = KubernetesConnection(target.admin)
        yield made
        made.close()

    @pytest.fixture
    def names(self, target: Target) -> Iterator[Callable[[], str]]:
        """Fresh names in a namespace that others use too; what is left of them is removed."""
        prefix, given = f"contract-{uuid.uuid4().hex[:8]}", list[str]()

        def fresh() -> str:
            given.append(f"{prefix}-{len(given)}")
            return given[-1]

        yield fresh
        for name in given:
            for collection in (VIRTUAL_SERVICES, DEPLOYMENTS, TEMPLATES, SERVICES):
                try:
                    target.write("DELETE", f"{collection}/{name}")
                except HTTPError as error:
                    with error:
                        assert error.code == 404

    def seen(self, stream: Iterator[Seen], name: str, count: int) -> list[Observation]:
        ours = (one.observation for one in stream if one.observation is not None and named(one.observation) == name)
        return list(islice(ours, count))

    def test_a_cluster_is_known_by_the_uid_of_kube_system(self, target: Target, connection: ClusterConnection) -> None:
        written = target.write("GET", "/api/v1/namespaces/kube-system")
        assert connection.uid() == written["metadata"]["uid"]
        facts = connection.facts()
        assert facts.uid == written["metadata"]["uid"]
        assert facts.server_version.startswith("v1.")

    def test_a_list_in_pages_has_everything_once(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        made = {names() for _ in range(5)}
        for name in made:
            target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name))
        pages = list(connection.list(Kind.VIRTUAL_SERVICE, NAMESPACE, limit=2))
        found = [named(one) for page in pages for one in page.observations]
        assert made <= set(found)
        assert len(found) == len(set(found))
        assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
        assert len(pages) >= 3

    def test_a_list_of_all_namespaces_has_it_too(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name, 30))
        found = [one for page in connection.list(Kind.VIRTUAL_SERVICE) for one in page.observations]
        [ours] = [one for one in found if named(one) == name]
        assert isinstance(ours, Route)
        assert (ours.namespace, ours.green_weight) == (NAMESPACE, 30)

    def test_a_watch_gives_what_happens_after_the_list(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        since = connection.resource_version(Kind.VIRTUAL_SERVICE)
        first = target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name))
        spec = virtual_service(NAMESPACE, name, 100)["spec"]
        changed = target.write("PATCH", f"{VIRTUAL_SERVICES}/{name}", {"spec": spec})
        target.write("DELETE", f"{VIRTUAL_SERVICES}/{name}")
        again = target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name))
        stream = connection.watch(Kind.VIRTUAL_SERVICE, since, NAMESPACE, seconds=20)
        created, moved, gone, new = self.seen(stream, name, 4)
        assert isinstance(created, Route)
        assert isinstance(moved, Route)
        assert (created.green_weight, moved.green_weight) == (0, 100)
        assert created.resource_version == first["metadata"]["resourceVersion"]
        assert moved.resource_version == changed["metadata"]["resourceVersion"]
        assert isinstance(gone, Deleted)
        assert gone.uid == first["metadata"]["uid"]
        assert isinstance(new, Route)
        assert new.resource_version == again["metadata"]["resourceVersion"]

    def test_a_watch_goes_on_from_any_version_it_gave_out(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        since = connection.resource_version(Kind.VIRTUAL_SERVICE)
        target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name))
        for weight in (10, 20, 30):
            spec = virtual_service(NAMESPACE, name, weight)["spec"]
            target.write("PATCH", f"{VIRTUAL_SERVICES}/{name}", {"spec": spec})
        weights = []
        for _ in range(4):  # a new connection for every change
            for one in connection.watch(Kind.VIRTUAL_SERVICE, since, seconds=20):
                since = one.resource_version
                if isinstance(one.observation, Route) and one.observation.name == name:
                    weights.append(one.observation.green_weight)
                    break
        assert weights == [0, 10, 20, 30]

    def test_a_watch_ends_when_its_time_is_over(self, connection: ClusterConnection) -> None:
        since = connection.resource_version(Kind.INGRESS)
        kinds = {type(one.observation) for one in connection.watch(Kind.INGRESS, since, seconds=1)}
        assert kinds <= {type(None)}

    def test_a_version_that_was_forgotten_is_gone(self, target: Target, connection: ClusterConnection) -> None:
        if target.forget is not None:
            target.forget()
        with pytest.raises(Gone):
            list(connection.watch(Kind.DEPLOYMENT, "1", seconds=2))

    def test_a_single_object_is_read_or_not_found(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        with pytest.raises(NotFound):
            connection.get(Kind.VIRTUAL_SERVICE, NAMESPACE, name)
        target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name, 40))
        found = connection.get(Kind.VIRTUAL_SERVICE, NAMESPACE, name)
        assert isinstance(found, Route)
        assert found.green_weight == 40

    def test_a_raw_object_is_whole_but_for_bookkeeping_and_secrets(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        made = deployment(NAMESPACE, name, replicas=0)
        made["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": "hunter2"}]
        made["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "kept"}
        target.write("POST", DEPLOYMENTS, made)
        shown = connection.raw(Kind.DEPLOYMENT, NAMESPACE, name)
        assert shown["metadata"]["name"] == name
        assert shown["metadata"]["annotations"]["note"] == "kept"
        assert "hunter2" not in json.dumps(shown)
        assert "managedFields" not in shown["metadata"]
        assert "kubectl.kubernetes.io/last-applied-configuration" not in shown["metadata"]["annotations"]

    def test_reading_changes_nothing(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        written = target.write("POST", VIRTUAL_SERVICES, virtual_service(NAMESPACE, name))
        connection.raw(Kind.VIRTUAL_SERVICE, NAMESPACE, name)
        list(connection.list(Kind.VIRTUAL_SERVICE))
        connection.allowed(Permission("delete", "networking.istio.io", "virtualservices", NAMESPACE, name))
        assert target.write("GET", f"{VIRTUAL_SERVICES}/{name}") == written

    def test_a_kind_that_is_not_served_is_told_and_not_found(self, connection: ClusterConnection) -> None:
        assert connection.serves(Kind.CANARY)
        assert connection.serves(Kind.EVENT)
        assert not connection.serves(Kind.FLEET)
        with pytest.raises(NotFound):
            list(connection.list(Kind.FLEET))
        with pytest.raises(NotFound):
            list(connection.watch(Kind.FLEET, "1", seconds=1))

    def test_rights_are_told_before_they_are_used(self, target: Target, connection: ClusterConnection) -> None:
        patch = Permission("patch", "flagger.app", "canaries/status", NAMESPACE)
        assert connection.allowed(patch)
        viewer = KubernetesConnection(target.viewer)
        assert not viewer.allowed(patch)
        with pytest.raises(Forbidden, match="get Secret kube-system/nothing"):
            viewer.secret("kube-system", "nothing", "value")
        with pytest.raises(NotFound):
            connection.secret("kube-system", "nothing", "value")
        viewer.close()

    def test_a_metric_template_is_read_or_not_found(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        with pytest.raises(NotFound):
            connection.metric_template(NAMESPACE, name)
        provider = {"type": "prometheus", "address": "http://prometheus.mon:9090", "secretRef": {"name": "login"}}
        target.write("POST", TEMPLATES, metric_template(NAMESPACE, name, "sum(up)", provider))
        assert connection.metric_template(NAMESPACE, name) == MetricTemplate(
            NAMESPACE, name, "prometheus", "http://prometheus.mon:9090", "sum(up)", "login"
        )

    def test_a_service_that_is_not_there_or_has_nobody_behind_it_is_an_error_of_the_cluster(
        self, target: Target, connection: ClusterConnection, names: Callable[[], str]
    ) -> None:
        name = names()
        with pytest.raises(NotFound):
            connection.proxied(prometheus(name), "/api/v1/query", {"query": "1"})
        target.write("POST", SERVICES, service(NAMESPACE, name, 9090))
        # Endpoints are made by a controller, which not every cluster under test has.
        with pytest.raises((Unreachable, NotFound), match="asked to pass a question on to Service"):
            connection.proxied(prometheus(name), "/api/v1/query", {"query": "1"})

    def test_a_token_that_nobody_knows_is_refused(self, target: Target) -> None:
        given: dict[str, Any] = {"server": target.admin.server, "ca_data": target.admin.ca_data, "token": "unknown"}
        connection = KubernetesConnection(Credential(**given))
        with pytest.raises(Unauthenticated):
            connection.uid()
        connection.close()

    def test_a_closed_connection_says_so(self, target: Target) -> None:
        connection = KubernetesConnection(target.admin)
        connection.uid()
        connection.close()
        with pytest.raises(Unreachable):
            connection.uid()

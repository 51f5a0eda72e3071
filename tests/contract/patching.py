"""What every cluster connection promises of what it writes, whatever API server is behind it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.commands import Form, Patch
from rollouts.domain.commands.patches import traffic_to_blue
from rollouts.domain.errors import Conflict, Forbidden, NotFound, Refused
from rollouts.domain.observations import Kind, Route, Workload
from rollouts.domain.ports import ClusterConnection
from tests.contract.cluster_connection import DEPLOYMENTS, NAMESPACE, VIRTUAL_SERVICES, Target
from tests.support.objects import deployment, virtual_service


class PatchingContract:
    @pytest.fixture
    def connection(self, target: Target) -> Iterator[ClusterConnection]:
        made = KubernetesConnection(target.admin)
        yield made
        made.close()

    @pytest.fixture
    def name(self, target: Target) -> Iterator[str]:
        """Of a VirtualService with all users on green."""
        name = f"patched-{uuid.uuid4().hex[:8]}"
        made = virtual_service(NAMESPACE, name, 100)
        made["spec"]["http"][0]["timeout"] = "7s"
        target.write("POST", VIRTUAL_SERVICES, made)
        yield name
        target.write("DELETE", f"{VIRTUAL_SERVICES}/{name}")

    def route(self, connection: ClusterConnection, name: str) -> Route:
        found = connection.get(Kind.VIRTUAL_SERVICE, NAMESPACE, name)
        assert isinstance(found, Route)
        return found

    def test_users_are_sent_to_blue_and_nothing_else_is_touched(
        self, target: Target, connection: ClusterConnection, name: str
    ) -> None:
        version = connection.patch(traffic_to_blue(self.route(connection, name)))
        written = target.write("GET", f"{VIRTUAL_SERVICES}/{name}")
        assert written["metadata"]["resourceVersion"] == version
        assert written["spec"]["http"][0]["timeout"] == "7s"
        after = self.route(connection, name)
        assert (after.green_weight, after.to_blue) == (0, {})
        managers = {entry["manager"] for entry in written["metadata"].get("managedFields", ())}
        assert not managers or "kurator-ui" in managers

    def test_what_was_changed_since_it_was_read_is_a_conflict_and_stays(
        self, target: Target, connection: ClusterConnection, name: str
    ) -> None:
        read = self.route(connection, name)
        target.write("PATCH", f"{VIRTUAL_SERVICES}/{name}", {"metadata": {"labels": {"touched": "yes"}}})
        with pytest.raises(Conflict, match="has changed since"):
            connection.patch(traffic_to_blue(read))
        guard = {"metadata": {"resourceVersion": read.resource_version, "labels": {"ours": "yes"}}}
        with pytest.raises(Conflict, match="has changed since"):
            connection.patch(Patch(Kind.VIRTUAL_SERVICE, NAMESPACE, name, Form.MERGE, guard, "a label"))
        assert self.route(connection, name).green_weight == 100

    def test_a_patch_without_a_guard_is_merged(self, target: Target, connection: ClusterConnection) -> None:
        name = f"patched-{uuid.uuid4().hex[:8]}"
        target.write("POST", DEPLOYMENTS, deployment(NAMESPACE, name, replicas=0))
        before = connection.get(Kind.DEPLOYMENT, NAMESPACE, name)
        body = {"spec": {"template": {"metadata": {"annotations": {"kurator-ui/retried": "1"}}}}}
        connection.patch(Patch(Kind.DEPLOYMENT, NAMESPACE, name, Form.MERGE, body, "a mark"))
        after = connection.get(Kind.DEPLOYMENT, NAMESPACE, name)
        target.write("DELETE", f"{DEPLOYMENTS}/{name}")
        assert isinstance(before, Workload)
        assert isinstance(after, Workload)
        assert after.images == before.images
        assert after.template != before.template

    def test_a_dry_run_is_judged_as_the_write_would_be_and_writes_nothing(
        self, target: Target, connection: ClusterConnection, name: str
    ) -> None:
        read = self.route(connection, name)
        connection.patch(traffic_to_blue(read), dry_run=True)
        assert self.route(connection, name) == read
        guard = {"op": "test", "path": "/metadata/generation", "value": 99}
        with pytest.raises(Conflict):
            connection.patch(Patch(Kind.VIRTUAL_SERVICE, NAMESPACE, name, Form.JSON, (guard,), "no"), dry_run=True)

    def test_a_new_canary_is_tried_and_not_made_and_one_that_cannot_be_is_refused_with_the_place(
        self, connection: ClusterConnection
    ) -> None:
        name = f"tried-{uuid.uuid4().hex[:8]}"

        def tried(interval: str) -> Patch:
            analysis = {"interval": interval, "threshold": 2, "iterations": 3}
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
            spec = {"targetRef": target, "service": {"port": 8080}, "analysis": analysis}
            named = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary"}
            body = {**named, "metadata": {"namespace": NAMESPACE, "name": name}, "spec": spec}
            return Patch(Kind.CANARY, NAMESPACE, name, Form.NEW, body, "a Canary")

        connection.patch(tried("10s"), dry_run=True)
        with pytest.raises(Refused, match=r"spec\.analysis\.interval"):
            connection.patch(tried("soon"), dry_run=True)
        with pytest.raises(NotFound):
            connection.get(Kind.CANARY, NAMESPACE, name)

    def test_a_deletion_that_is_tried_deletes_nothing(self, connection: ClusterConnection, name: str) -> None:
        self.route(connection, name)
        kind, found = Kind.VIRTUAL_SERVICE, connection.raw(Kind.VIRTUAL_SERVICE, NAMESPACE, name)["metadata"]
        version = found["resourceVersion"]
        connection.delete(kind, NAMESPACE, name, uid=found["uid"], resource_version=version, dry_run=True)
        with pytest.raises(Conflict):
            connection.delete(kind, NAMESPACE, name, uid="another", resource_version=version, dry_run=True)
        assert connection.raw(kind, NAMESPACE, name)["metadata"]["uid"] == found["uid"]

    def test_what_is_not_there_or_not_allowed_is_refused(
        self, target: Target, connection: ClusterConnection, name: str
    ) -> None:
        patch = traffic_to_blue(self.route(connection, name))
        with pytest.raises(NotFound):
            connection.patch(replace(patch, name=f"{name}-not-there"))
        viewer = KubernetesConnection(target.viewer)
        with pytest.raises(Forbidden, match="patch"):
            viewer.patch(patch)
        viewer.close()
        assert self.route(connection, name).green_weight == 100

"""Single objects, questions about rights and versions, refusals: each answer and each error as what it is."""

from __future__ import annotations

import json
import ssl
import threading

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.transport import Limits
from rollouts.domain.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Refused,
    Throttled,
    Unauthenticated,
    Unreachable,
)
from rollouts.domain.observations import Canary, Kind
from rollouts.domain.ports import Permission
from tests.support.faults import (
    Answer,
    Redirect,
)
from tests.support.misbehaving import FakeCluster
from tests.support.objects import canary, deployment, ingress, secret, virtual_service


def listed(connection: KubernetesConnection, kind: Kind = Kind.CANARY, namespace: str = "") -> list[str]:
    return [one.name for page in connection.list(kind, namespace) for one in page.observations]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (400, Refused),
        (401, Unauthenticated),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (410, Gone),
        (422, Refused),
        (500, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
    ],
)
def test_every_refusal_has_its_error(
    cluster: FakeCluster, connection: KubernetesConnection, code: int, expected: type[ClusterError]
) -> None:
    cluster.faults.append(Answer(code, "said the server"))
    with pytest.raises(expected) as caught:
        listed(connection)
    assert type(caught.value) is expected
    assert "said the server" in str(caught.value)
    assert f"127.0.0.1:{cluster.port} was asked to list canaries" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "header", "seconds"),
    [
        (429, "7", 7),
        (429, "", 1),
        (429, "soon", 1),
        (429, "86400", 60),
        (429, "-5", 1),
        (503, "3", 3),
        (429, "Fri, 31 Dec 2100 23:59:59 GMT", 60),
        (429, "Fri, 31 Dec 1999 23:59:59 GMT", 1),
    ],
)
def test_a_server_that_asks_for_patience_says_how_much(
    cluster: FakeCluster, connection: KubernetesConnection, code: int, header: str, seconds: float
) -> None:
    cluster.faults.append(Answer(code, retry_after=header))
    with pytest.raises(Throttled) as caught:
        listed(connection)
    assert caught.value.retry_after == seconds


def test_a_forbidden_kind_names_verb_resource_and_namespace_and_the_others_go_on(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    cluster.set(canary("shop", "checkout"))
    cluster.denied.add(("list", "virtualservices"))
    with pytest.raises(Forbidden, match="list virtualservices in namespace shop, which this account may not do"):
        listed(connection, Kind.VIRTUAL_SERVICE, "shop")
    assert listed(connection) == ["checkout"]


def test_a_redirect_is_not_followed_with_the_token(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    with FakeCluster(tls=False) as other:
        cluster.faults.append(Redirect(f"{other.url}/apis/flagger.app/v1beta1/canaries"))
        with pytest.raises(Refused, match="redirects elsewhere"):
            listed(connection)
        assert other.requests == []


def test_a_server_that_accepts_and_says_nothing_at_all_is_unreachable() -> None:
    with FakeCluster() as cluster:
        cluster.mute = True
        limits = Limits(connect=0.5, read=0.5, whole=1)
        with pytest.raises(Unreachable):
            KubernetesConnection(cluster.credential(), limits).uid()


def test_a_port_where_nothing_listens_is_unreachable() -> None:
    with FakeCluster() as cluster:
        credential = cluster.credential()
    with pytest.raises(Unreachable, match="nothing listens there"):
        KubernetesConnection(credential).uid()


def test_a_single_object_is_read(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(canary("shop", "checkout", phase="Progressing"))
    found = connection.get(Kind.CANARY, "shop", "checkout")
    assert isinstance(found, Canary)
    with pytest.raises(NotFound, match="nothing of canaries in namespace shop"):
        connection.get(Kind.CANARY, "shop", "nothing")
    cluster.set(ingress("shop", "web"))
    with pytest.raises(NotFound, match="not one of Flagger's"):
        connection.get(Kind.INGRESS, "shop", "web")


def test_a_name_cannot_lead_to_another_path(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(secret("kube-system", "root", token="c2VjcmV0"))
    with pytest.raises(NotFound):
        connection.raw(Kind.CANARY, "shop", "../../../../api/v1/namespaces/kube-system/secrets/root")


def test_a_value_of_a_secret_is_decoded(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(secret("fleet", "member-1", value="aGVsbG8=", broken="%%"))
    assert connection.secret("fleet", "member-1", "value") == b"hello"
    with pytest.raises(NotFound, match="has no key 'other'"):
        connection.secret("fleet", "member-1", "other")
    with pytest.raises(Refused, match="not base64"):
        connection.secret("fleet", "member-1", "broken")


def test_rights_are_asked_with_all_their_parts(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.denied.add(("patch", "canaries/status"))
    assert not connection.allowed(Permission("patch", "flagger.app", "canaries/status", "shop"))
    assert connection.allowed(Permission("patch", "flagger.app", "canaries", "shop"))
    asked = json.loads(cluster.requests[0].body)["spec"]["resourceAttributes"]
    assert asked == {
        "verb": "patch",
        "group": "flagger.app",
        "resource": "canaries",
        "subresource": "status",
        "namespace": "shop",
    }


def test_a_kind_is_asked_for_in_a_version_that_is_served(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    cluster.set(virtual_service("shop", "checkout", 100))
    cluster.served["virtualservices"] = ("v1",)
    assert listed(connection, Kind.VIRTUAL_SERVICE) == ["checkout"]
    cluster.served["virtualservices"] = ("v1alpha3",)
    assert connection.serves(Kind.VIRTUAL_SERVICE)
    assert listed(connection, Kind.VIRTUAL_SERVICE) == ["checkout"]


def test_a_kind_may_come_and_go(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    versions = cluster.served.pop("trafficroutes")
    assert not connection.serves(Kind.TRAFFIC_ROUTE)
    with pytest.raises(NotFound):
        listed(connection, Kind.TRAFFIC_ROUTE)
    cluster.served["trafficroutes"] = versions
    assert connection.serves(Kind.TRAFFIC_ROUTE)
    assert connection.serves(Kind.EVENT)


def test_facts_tell_flaggers_version_and_provider(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    assert connection.facts().flagger_version == ""
    found = deployment("mesh", "istio-system-flagger-member1", "ghcr.io/fluxcd/flagger:1.44.0")
    found["spec"]["template"]["spec"]["containers"][0]["args"] = ["-log-level=info", "-mesh-provider=nginx"]
    cluster.set(found)
    facts = connection.facts()
    assert facts.uid == cluster.uid == connection.uid()
    assert (facts.server_version, facts.flagger_version, facts.mesh_provider) == ("v1.33.4", "1.44.0", "nginx")
    cluster.denied.add(("list", "deployments"))
    assert connection.facts().flagger_version == ""


def test_one_connection_serves_many_threads(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.set(canary("shop", "checkout"))
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append(listed(connection))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [["checkout"]] * 12


def test_the_contexts_carry_the_clusters_ca_only(connection: KubernetesConnection) -> None:
    """The system's store in every context was measured as five times the memory of a fleet's watches."""
    context = connection._http._pool._manager.connection_pool_kw["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.cert_store_stats()["x509"] == 1


def test_what_is_closed_leaves_no_connection_open(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    connection.uid()
    idle = connection._http._pool._direct.pool
    assert idle is not None
    assert [one for one in idle.queue if one is not None]
    connection.close()
    assert [one for one in idle.queue if one is not None] == []

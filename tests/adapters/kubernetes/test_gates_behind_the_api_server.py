"""A Service is sent a JSON object through the API server, with this cluster's own credential."""

from __future__ import annotations

import json

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.addresses import Service
from rollouts.domain.errors import Forbidden
from tests.support.misbehaving import TOKEN, FakeCluster

LOAD_TESTER = Service("test", "flagger-loadtester", "http", "80")
BODY = {"name": "checkout", "namespace": "shop"}


def test_it_is_posted_to_the_path_of_the_gate(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.metrics = lambda request: (202, "")
    assert connection.post(LOAD_TESTER, "/gate/open", BODY).status == 202
    [request] = cluster.requests
    assert request.verb == "POST"
    assert request.path == "/api/v1/namespaces/test/services/http:flagger-loadtester:80/proxy/gate/open"
    assert json.loads(request.body) == BODY
    assert request.header("Content-Type") == "application/json"
    assert request.header("Authorization") == f"Bearer {TOKEN}"


def test_a_closed_gate_is_an_answer_and_no_error(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.metrics = lambda request: (403, "Forbidden")
    assert connection.post(LOAD_TESTER, "/gate/check", BODY).status == 403


def test_a_missing_right_is_an_error_of_the_cluster(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    status = {"kind": "Status", "code": 403, "message": 'cannot create resource "services/proxy"'}
    cluster.metrics = lambda request: (403, status)
    with pytest.raises(Forbidden, match="services/proxy"):
        connection.post(LOAD_TESTER, "/gate/open", BODY)

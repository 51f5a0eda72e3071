"""A person may look at an object; nothing secret is in what is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.redact import redacted
from rollouts.domain.observations import Kind
from rollouts.domain.redaction import HIDDEN
from tests.support.misbehaving import FakeCluster
from tests.support.objects import deployment

SECRET = "hunter2-and-more"


def test_a_raw_object_is_without_bookkeeping(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    found = deployment("shop", "checkout")
    found["metadata"] |= {
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": SECRET,
            "flagger.kubernetes.io/original-configuration": SECRET,
            "note": "kept",
        },
    }
    cluster.set(found)
    shown = connection.raw(Kind.DEPLOYMENT, "shop", "checkout")
    assert "managedFields" not in shown["metadata"]
    assert shown["metadata"]["annotations"] == {"note": "kept"}
    assert shown["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    "found",
    [
        {"env": [{"name": "DB_PASSWORD", "value": SECRET}]},
        {"env": [{"name": "API_KEY", "value": SECRET}, {"name": "STRIPE_SECRET_KEY", "value": SECRET}]},
        {"env": [{"name": "GITHUB_TOKEN", "value": SECRET}, {"name": "SENTRY_DSN", "value": SECRET}]},
        {"args": ["--db-password=" + SECRET, "--token", "x"]},
        {"args": ["--db-password", SECRET]},
        {"command": ["run", "-token", SECRET, "--verbose"]},
        {"password": ["--port", SECRET]},
        {"env": [{"name": "MYSQL_PWD", "value": SECRET}]},
        {"env": [{"name": "SLACK_WEBHOOK", "value": f"https://hooks.example.test/services/{SECRET}"}]},
        {"command": ["sh", "-c", f"MYSQL_PWD={SECRET} mysql"]},
        {"command": ["sh", "-c", f"notify --slack-webhook=https://hooks.example.test/{SECRET}"]},
        {"command": ["sh", "-c", f"login --password {SECRET} && PGPASSWORD={SECRET} psql"]},
        {"metadata": {"cmd": f"hey -H 'Authorization: Bearer {SECRET}' http://x/"}},
        {"metadata": {"cmd": f"curl -H 'X-Api-Token: {SECRET}' http://x/"}},
        {"url": f"https://someone:{SECRET}@hooks.example/path"},
        {"headers": {"request": {"set": {"Authorization": SECRET}}}},
        {"match": [{"headers": {"authorization": {"exact": SECRET}}}]},
        {"match": [{"headers": {"X-Api-Key": {"regex": f"^{SECRET}$"}}, "queryParams": {"token": {"prefix": SECRET}}}]},
        {"http": [{"match": [{"withoutHeaders": {"x-shop-token": {"suffix": SECRET}}}]}]},
        {"match": [{"headers": [{"name": "authorization", "type": "Exact", "value": SECRET}]}]},
        {"values": {"auth": {"password": SECRET, "apiKey": SECRET}}},
        {"kind": "Secret", "data": {"value": SECRET}, "stringData": {"other": SECRET}},
        {"postgresql": {"postgresPassword": SECRET, "replicationPassword": [SECRET]}},
    ],
)
def test_values_that_look_secret_are_hidden(found: dict[str, Any]) -> None:
    shown = json.dumps(redacted(found))
    assert SECRET not in shown
    assert HIDDEN in shown


def test_a_secret_may_be_a_number() -> None:
    values = {"password": 12345678, "pins": {"apiKey": [4.5]}, "tokenExpirationSeconds": 600, "mountToken": True}
    assert redacted({"values": values})["values"] == {
        "password": HIDDEN,
        "pins": {"apiKey": [HIDDEN]},
        "tokenExpirationSeconds": 600,
        "mountToken": True,
    }


def test_what_explains_the_object_stays() -> None:
    found = {
        "metadata": {"name": "checkout", "uid": "u"},
        "spec": {
            "env": [
                {"name": "LOG_LEVEL", "value": "debug"},
                {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
            ],
            "kubeconfig": {"name": "member1", "key": "value"},
            "imagePullSecrets": [{"name": "registry"}],
            "volumes": [{"secret": {"secretName": "tls-secret"}}],
            "url": "http://checkout-testloader.shop/",
            "cmd": "hey -z 1m -q 10 -c 2 http://checkout-canary.shop:9898/",
            "automountServiceAccountToken": False,
            "host": "checkout-primary",
            "match": [{"headers": {"x-group": {"exact": "insider"}, "cookie": {"regex": "^(.*?;)?(side=green)$"}}}],
            "secret": {"exact": "no", "ref": "comparison"},
            "args": ["--with-token", "--port", "9898", "--secret-name", "db", "serve"],
            "webhooks": [{"name": "gate", "type": "confirm-rollout", "url": "http://gate.shop/", "timeout": "5s"}],
        },
    }
    assert redacted(found) == found


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece", ["a", "a.", "x-", "--", "a_", "--token", "Bearer ", "a://", "http://a", '"', 'token="', " "]
)
def test_hostile_text_is_gone_through_in_bounded_time(piece: str) -> None:
    """Without an end of it this would take hours; the limit here is that of a hanging test."""
    shown = redacted({"text": piece * (1_000_000 // len(piece))})["text"]
    assert shown.endswith("characters)") or HIDDEN in shown


def test_an_object_nested_without_end_is_shown_to_a_depth() -> None:
    found: dict[str, Any] = {}
    inner = found
    for _ in range(5000):
        inner["x"] = inner = {}
    assert HIDDEN in json.dumps(redacted(found))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=12),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
            max_leaves=10,
        ),
        max_size=5,
    )
)
def test_redaction_never_raises_and_leaves_the_original_alone(found: dict[str, Any]) -> None:
    before = json.dumps(found)
    redacted(found)
    assert json.dumps(found) == before

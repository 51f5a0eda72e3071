"""A Canary that nobody keeps, without checks, whose pods read a ConfigMap, to try what Kurator would put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.error import HTTPError

from tests.cluster.laboratory import CANARIES, MERGE, NAMESPACE, STRATEGIC, Member, wait_for
from tests.cluster.test_releases import next_image

PLAIN = "steady"
SETTINGS = f"{PLAIN}-settings"
CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


@contextmanager
def made(member: Member, size: str = "50") -> Iterator[Member]:
    """`size`: what the ConfigMap says."""
    config_map = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": SETTINGS, "namespace": NAMESPACE},
        "data": {"pageSize": size, "apiToken": "opensesame"},
    }  # fmt: skip
    container = {
        "name": PLAIN, "image": next_image(), "ports": [{"containerPort": 9898}],
        "envFrom": [{"configMapRef": {"name": SETTINGS}}],
    }  # fmt: skip
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": PLAIN, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": PLAIN}},
            "template": {
                "metadata": {"labels": {"app": PLAIN}},
                "spec": {"containers": [container]},
            },
        },
    }  # fmt: skip
    canary = {
        "apiVersion": "flagger.app/v1beta1", "kind": "Canary", "metadata": {"name": PLAIN, "namespace": NAMESPACE},
        "spec": {
            "provider": "istio", "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": PLAIN},
            "service": {"port": 9898}, "analysis": {"interval": "10s", "threshold": 2, "iterations": 5},
        },
    }  # fmt: skip
    try:
        member.call("POST", CONFIG_MAPS, config_map).close()
        member.call("POST", DEPLOYMENTS, deployment).close()
        member.call("POST", CANARIES, canary).close()
        wait_for(lambda: of_plain(member).get("phase") == "Initialized", 60, "the plain Canary to be initialised")
        yield member
    finally:
        for path in (f"{CANARIES}/{PLAIN}", f"{DEPLOYMENTS}/{PLAIN}", f"{CONFIG_MAPS}/{SETTINGS}"):
            with suppress(HTTPError):
                member.call("DELETE", path).close()


def of_plain(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = member.get(f"{CANARIES}/{PLAIN}").get("status") or {}
    return found


def size(member: Member, name: str = SETTINGS) -> str:
    return str(member.get(f"{CONFIG_MAPS}/{name}")["data"]["pageSize"])


def set_size(member: Member, wanted: str) -> None:
    member.call("PATCH", f"{CONFIG_MAPS}/{SETTINGS}", {"data": {"pageSize": wanted}}, MERGE).close()


def release(member: Member, image: str) -> None:
    body = {"spec": {"template": {"spec": {"containers": [{"name": PLAIN, "image": image}]}}}}
    member.call("PATCH", f"{DEPLOYMENTS}/{PLAIN}", body, STRATEGIC).close()


def begin_plain(member: Member) -> None:
    release(member, next_image())
    wait_for(lambda: of_plain(member).get("iterations", 0) >= 1, 60, "the first iteration")


def skips(member: Member) -> bool:
    return bool(member.get(f"{CANARIES}/{PLAIN}")["spec"].get("skipAnalysis"))

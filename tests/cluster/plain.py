"""A Canary that nobody keeps, without checks: what Kurator would put back can be tried on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.error import HTTPError

from tests.cluster.laboratory import CANARIES, NAMESPACE, STRATEGIC, Member, wait_for
from tests.cluster.test_releases import next_image

PLAIN = "steady"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


@contextmanager
def made(member: Member) -> Iterator[Member]:
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": PLAIN, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": PLAIN}},
            "template": {
                "metadata": {"labels": {"app": PLAIN}},
                "spec": {"containers": [{"name": PLAIN, "image": next_image(), "ports": [{"containerPort": 9898}]}]},
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
    member.call("POST", DEPLOYMENTS, deployment).close()
    try:
        member.call("POST", CANARIES, canary).close()
        wait_for(lambda: of_plain(member).get("phase") == "Initialized", 60, "the plain Canary to be initialised")
        yield member
    finally:
        for path in (f"{CANARIES}/{PLAIN}", f"{DEPLOYMENTS}/{PLAIN}"):
            with suppress(HTTPError):
                member.call("DELETE", path).close()


def of_plain(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = member.get(f"{CANARIES}/{PLAIN}").get("status") or {}
    return found


def release(member: Member, image: str) -> None:
    body = {"spec": {"template": {"spec": {"containers": [{"name": PLAIN, "image": image}]}}}}
    member.call("PATCH", f"{DEPLOYMENTS}/{PLAIN}", body, STRATEGIC).close()


def begin_plain(member: Member) -> None:
    release(member, next_image())
    wait_for(lambda: of_plain(member).get("iterations", 0) >= 1, 60, "the first iteration")


def skips(member: Member) -> bool:
    return bool(member.get(f"{CANARIES}/{PLAIN}")["spec"].get("skipAnalysis"))

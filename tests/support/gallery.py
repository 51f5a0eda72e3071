"""A fleet with something of everything, for looking at pages: troubles, long names, unreachable clusters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.observations import Hook, Kind, Phase, Route, Strategy
from rollouts.models import Application, Cluster, ClusterState, Rollout
from tests.support.builders import (
    Sides,
    make_application,
    make_cluster,
    make_event,
    make_release,
    make_rollout,
    make_transition,
)

NAMES = ("eu-west-1", "eu-west-2", "us-east-1", "ap-south-1", "edge-frankfurt-airport-terminal-1-production")


def image(name: str, tag: str) -> str:
    return f"registry.example.test/{name}:{tag}"


def sides(name: str, blue: str, green: str = "") -> Sides:
    return Sides(blue=(image(name, blue),), green=(image(name, green or blue),))


def on_green(name: str, namespace: str) -> Route:
    return Route(Kind.VIRTUAL_SERVICE, namespace, name, 100, through_gateway_only=True)


def make_clusters() -> dict[str, Cluster]:
    now = timezone.now()
    hub = make_cluster("kurator-hub", is_hub=True, server_version="v1.33.4")
    facts = {
        "server_version": "v1.33.4",
        "flagger_version": "1.44.0",
        "mesh_provider": "istio",
        "hub": hub,
        "probed_at": now,
    }
    clusters = {
        name: make_cluster(name, hub_kind="attachedclusters", hub_namespace="default", hub_name=name, **facts)
        for name in NAMES
    }
    Cluster.objects.filter(name="ap-south-1").update(
        state=ClusterState.UNREACHABLE,
        state_since=now - timedelta(minutes=14),
        fresh_at=now - timedelta(minutes=14),
        reason="The API server of 10.20.0.4:6443 does not answer: connection timed out after 3 s.",
    )
    Cluster.objects.filter(name="us-east-1").update(
        missing_permissions=["list httproutes.gateway.networking.k8s.io", "watch httproutes.gateway.networking.k8s.io"]
    )
    return {"kurator-hub": hub, **clusters}


def make_fleet() -> dict[str, Rollout]:
    """By a short word for what is special about it."""
    clusters = make_clusters()
    minute = timedelta(minutes=1)
    made: dict[str, Rollout] = {}

    def add(key: str, cluster: str, name: str, namespace: str, **state: Any) -> None:
        application = make_application(name, namespace, hub=clusters["kurator-hub"])
        made[key] = make_rollout(
            clusters[cluster], application=application, name=name, namespace=namespace, policy=f"{name}-policy", **state
        )

    checkout = sides("checkout", "6.5.0", "6.6.0")
    add("failed", "eu-west-2", "checkout", "shop-prod", phase=Phase.FAILED, sides=checkout, age=2 * minute)
    add("running", "eu-west-1", "checkout", "shop-prod", phase=Phase.PROGRESSING, iterations=2, sides=checkout)
    add(
        "last-chance", "us-east-1", "checkout", "shop-prod", phase=Phase.PROGRESSING, iterations=1, failed_checks=1,
        sides=checkout, interval=90,
    )  # fmt: skip
    for name in NAMES[:4]:
        add(
            f"waiting-{name}", name, "search-api", "shop-prod", phase=Phase.WAITING_PROMOTION, iterations=2,
            threshold=3, hooks=(Hook("release-board", "confirm-promotion"),), age=14 * minute,
            sides=sides("search-api", "2.14.1", "2.15.0"),
        )  # fmt: skip
    add(
        "stuck", "eu-west-1", "payments", "pay", phase=Phase.PROGRESSING, iterations=1, failed_checks=1,
        sides=sides("payments", "1.9.0", "1.9.1"), age=6 * minute, moved=6 * minute,
    )  # fmt: skip
    add(
        "green", "eu-west-1", "frontend", "webapp", phase=Phase.PROMOTING, iterations=4,
        sides=sides("frontend", "3.2.0", "3.3.0"), route=on_green("frontend", "webapp"),
    )  # fmt: skip
    add(
        "canary", "eu-west-2", "recommendations", "shop-prod", phase=Phase.PROGRESSING, strategy=Strategy.CANARY,
        iterations_wanted=0, weight=20, max_weight=50, step_weights=(10, 20, 30, 40, 50),
        sides=sides("recommendations", "1.0.9", "1.1.0-rc.1"),
        route=Route(Kind.VIRTUAL_SERVICE, "shop-prod", "recommendations", 20),
    )  # fmt: skip
    add(
        "ab", "eu-west-2", "storefront", "webapp", phase=Phase.PROGRESSING, strategy=Strategy.AB_TESTING, iterations=2,
        iterations_wanted=5, sides=sides("storefront", "5.1.0", "5.2.0"),
        route=Route(Kind.VIRTUAL_SERVICE, "webapp", "storefront", 100, through_gateway_only=True),
    )  # fmt: skip
    add("suspended", "us-east-1", "mailer", "ops", suspended=True, sides=sides("mailer", "4.1.2"), age=300 * minute)
    for name in NAMES:
        add(f"quiet-{name}", name, "catalog", "shop-prod", sides=sides("catalog", "8.0.3"), age=4000 * minute)
    long = "the-service-whose-name-somebody-made-as-long-as-kubernetes-allows"[:63]
    add(
        "long", NAMES[4], long, "team-with-a-rather-long-namespace-name-in-production", phase=Phase.PROGRESSING,
        iterations=12, iterations_wanted=20,
        sides=sides(long, "2026.11.23-4f2c1e9aab-feature-branch-build-1187", "2026.11.24-77bd0c2f10-main-build-1191"),
    )  # fmt: skip
    make_histories(made)
    return made


FAILURE = "request-success-rate 97.21% < 99%"


def make_history(
    rollout: Rollout,
    *told: dict[str, Any],
    outcome: str = "running",
    number: int = 1,
    ago: timedelta = timedelta(),
    **release: Any,
) -> None:
    """A release of which each step is told by what it changed, `every` seconds apart, up to so long ago."""
    every = 30
    begin = timezone.now() - ago - timedelta(seconds=every * len(told) - 18)
    ended = begin + timedelta(seconds=every * (len(told) - 1)) if outcome != "running" else None
    given = {"from_images": rollout.blue_images, "to_images": rollout.green_images, **release}
    analysis = "running" if outcome == "running" else "completed"
    make_release(rollout, number, outcome=outcome, started_at=begin, ended_at=ended, analysis=analysis, **given)
    facts: dict[str, Any] = {}
    first = rollout.transitions.count() + 1
    for place, step in enumerate(told):
        facts = {**facts, "why": None, **step}
        make_transition(rollout, first + place, release=number, at=begin + timedelta(seconds=every * place), **facts)
    state = memory.load(rollout.state)
    if state.release is not None:
        state = replace(state, release=replace(state.release, number=number), releases=number)
    Rollout.objects.filter(pk=rollout.pk).update(release_number=number, state=memory.dump(state))


START = {"phase": "Progressing", "iterations": 0, "failed_checks": 0, "why": "new revision detected, scaling up"}
SUCCESS: tuple[dict[str, Any], ...] = (
    START,
    {"iterations": 1, "why": "starting the analysis"},
    {"iterations": 2},
    {"iterations": 3},
    {"iterations": 4, "live_side": "green", "weight": 100, "why": "routing all traffic to green"},
    {"phase": "Promoting", "why": "copying green's template to blue"},
    {"phase": "Finalising", "iterations": 0, "live_side": "blue", "weight": 0, "why": "routing all traffic to blue"},
    {"phase": "Succeeded", "why": "promotion completed"},
)


CLOSED_GATE: tuple[dict[str, Any], ...] = (
    *SUCCESS[:4],
    {"phase": "WaitingPromotion", "iterations": 2, "why": "promotion waits for approval by release-board"},
    *({"iterations": 3 - step % 2, "why": f"iteration {3 - step % 2} of 3"} for step in range(20)),
)
FAILED: tuple[dict[str, Any], ...] = (
    *SUCCESS[:2],
    {"failed_checks": 1, "why": FAILURE},
    {"failed_checks": 2, "why": FAILURE},
    {"phase": "Failed", "iterations": 0, "failed_checks": 0, "why": "rolled back: failed checks threshold reached 2"},
)
BY_WEIGHT: tuple[dict[str, Any], ...] = (
    START,
    {"weight": 10, "live_side": "split", "why": "10% of the traffic to green"},
    {"weight": 20, "why": "20% of the traffic to green"},
)
AB_TEST: tuple[dict[str, Any], ...] = (
    START,
    {"iterations": 1, "live_side": "split", "weight": None, "why": "starting the analysis"},
    {"iterations": 2, "why": "iteration 2 of 5"},
)


def make_histories(made: dict[str, Rollout]) -> None:
    make_history(made["running"], *SUCCESS, outcome="succeeded", ago=timedelta(hours=3))
    make_history(made["running"], *SUCCESS[:3], number=2)
    make_history(made["green"], *SUCCESS[:6])
    make_history(made["last-chance"], START, {"iterations": 1}, {"failed_checks": 1, "why": FAILURE})
    make_history(made["waiting-eu-west-1"], *CLOSED_GATE)
    make_history(made["waiting-ap-south-1"], *CLOSED_GATE, ago=timedelta(minutes=14))
    make_history(
        made["stuck"], START, {"iterations": 1}, {"failed_checks": 1, "why": FAILURE}, ago=timedelta(minutes=6)
    )
    make_history(made["canary"], *BY_WEIGHT)
    make_history(made["long"], START, *({"iterations": number} for number in range(1, 13)))
    make_history(made["ab"], *AB_TEST)
    make_history(made["failed"], *FAILED, outcome="failed")
    make_event(made["failed"], "Rolling back checkout.shop-prod failed checks threshold reached 2", type="Warning")
    make_event(made["failed"], f"Halt checkout.shop-prod advancement {FAILURE}", type="Warning", count=2)
    make_event(made["failed"], "New revision detected! Scaling up checkout.shop-prod")


def make_wide_application(clusters: int = 40) -> Application:
    """One application in many clusters, every state somewhere."""
    application = make_application("gateway", "platform")
    states: tuple[tuple[dict[str, Any], tuple[dict[str, Any], ...], str], ...] = (
        ({"phase": Phase.PROGRESSING, "iterations": 1}, SUCCESS[:2], "running"),
        ({"phase": Phase.SUCCEEDED}, SUCCESS, "succeeded"),
        ({"phase": Phase.FAILED}, FAILED, "failed"),
        ({"phase": Phase.WAITING_PROMOTION, "iterations": 2}, CLOSED_GATE, "running"),
        ({"phase": Phase.PROMOTING, "iterations": 4, "route": on_green("gateway", "platform")}, SUCCESS[:6], "running"),
    )
    for place in range(clusters):
        state, told, outcome = states[place % len(states)]
        rollout = make_rollout(
            make_cluster(f"store-{place:02}"), application=application, name="gateway", namespace="platform",
            sides=sides("gateway", "1.5.0" if outcome == "succeeded" else "1.4.0", "1.5.0"), **state,
        )  # fmt: skip
        make_history(rollout, *told, outcome=outcome, from_images=[image("gateway", "1.4.0")])
    return application

from __future__ import annotations

from dataclasses import replace

import pytest

from rollouts.domain.live import live_of, routing_of
from rollouts.domain.observations import Canary, Deleted, Kind, Phase, Route, Strategy
from rollouts.domain.rollout import Live, LiveSide, LiveSource
from tests.domain.history import History
from tests.support import seen

BLUE, GREEN, SPLIT, UNKNOWN = LiveSide.BLUE, LiveSide.GREEN, LiveSide.SPLIT, LiveSide.UNKNOWN
STATUS, ROUTING = LiveSource.STATUS, LiveSource.ROUTING

SNAPSHOTS = [
    # name, phase, iterations, failed checks, weight, applied, promoted, green's share by route, live
    ("idle", Phase.SUCCEEDED, 0, 0, 0, "aaa", "aaa", 0, BLUE),
    ("T0", Phase.PROGRESSING, 0, 0, 0, "bbb", "aaa", 0, BLUE),
    ("T2 after one failure", Phase.PROGRESSING, 1, 1, 0, "bbb", "aaa", 0, BLUE),
    ("T4", Phase.PROGRESSING, 4, 1, 0, "bbb", "aaa", 100, GREEN),
    ("T5", Phase.PROMOTING, 4, 1, 0, "bbb", "aaa", 100, GREEN),
    ("T6", Phase.FINALISING, 0, 1, 0, "bbb", "aaa", 0, BLUE),
    ("T7", Phase.SUCCEEDED, 0, 1, 0, "bbb", "bbb", 0, BLUE),
    ("rolled back", Phase.FAILED, 0, 0, 0, "bbb", "aaa", 0, BLUE),
    ("failed promotion", Phase.FAILED, 0, 0, 100, "bbb", "aaa", 100, GREEN),
    ("gate closed", Phase.WAITING_PROMOTION, 2, 0, 0, "bbb", "aaa", 0, BLUE),
]


def snapshot(row: tuple[str, Phase, int, int, int, str, str, int, LiveSide]) -> Canary:
    _, phase, iterations, failed, weight, applied, promoted, _, _ = row
    counters = {"iterations": iterations, "failed_checks": failed, "weight": weight}
    return seen.canary(60, phase, last_applied=applied, last_promoted=promoted, **counters)


@pytest.mark.parametrize("row", SNAPSHOTS, ids=lambda row: row[0])
def test_the_routing_object_and_the_status_agree_in_every_snapshot(
    row: tuple[str, Phase, int, int, int, str, str, int, LiveSide],
) -> None:
    canary, share, side = snapshot(row), row[7], row[8]
    assert live_of(canary, seen.route(share)) == Live(side, ROUTING, share)
    assert live_of(canary, None) == Live(side, STATUS, share)


@pytest.mark.parametrize("row", SNAPSHOTS, ids=lambda row: row[0])
def test_provider_kubernetes_never_leaves_blue(
    row: tuple[str, Phase, int, int, int, str, str, int, LiveSide],
) -> None:
    canary = replace(snapshot(row), provider="kubernetes")
    assert live_of(canary, seen.route(100)) == Live(BLUE, STATUS, 0)


def test_the_routing_object_wins_over_the_status() -> None:
    canary = seen.canary(60, Phase.PROGRESSING, iterations=4)
    assert live_of(canary, seen.route(0)) == Live(BLUE, ROUTING, 0)
    assert live_of(canary, seen.route(30)) == Live(SPLIT, ROUTING, 30)


def test_a_routing_object_in_an_unknown_form_leaves_the_status() -> None:
    canary = seen.canary(60, Phase.PROGRESSING, iterations=4)
    assert live_of(canary, seen.route(None)) == Live(GREEN, STATUS, 100)


@pytest.mark.parametrize("phase", [Phase.UNSET, Phase.UNKNOWN, Phase.TERMINATING])
def test_a_status_that_does_not_tell_is_not_guessed(phase: Phase) -> None:
    assert live_of(seen.canary(0, phase), None) == Live(UNKNOWN, STATUS, None)


@pytest.mark.parametrize(
    ("phase", "weight", "side", "share"),
    [
        (Phase.PROGRESSING, 0, BLUE, 0),
        (Phase.PROGRESSING, 20, SPLIT, 20),
        (Phase.PROMOTING, 50, SPLIT, 50),
        (Phase.PROMOTING, 0, SPLIT, 50),
        (Phase.FINALISING, 0, BLUE, 0),
        (Phase.SUCCEEDED, 20, BLUE, 0),
        (Phase.FAILED, 100, GREEN, 100),
    ],
)
def test_a_progressive_rollout_has_its_weight_in_the_status(
    phase: Phase, weight: int, side: LiveSide, share: int
) -> None:
    canary = seen.canary(60, phase, strategy=Strategy.CANARY, weight=weight, max_weight=50, iterations_wanted=0)
    assert live_of(canary, None) == Live(side, STATUS, share)


def test_an_ab_test_splits_users_in_a_share_that_nobody_knows() -> None:
    canary = seen.canary(60, Phase.PROGRESSING, strategy=Strategy.AB_TESTING, iterations=1)
    assert live_of(canary, None) == Live(SPLIT, STATUS, None)
    assert live_of(canary, seen.route(100)) == Live(SPLIT, ROUTING, None)
    assert live_of(replace(canary, iterations=0), seen.route(0)) == Live(BLUE, ROUTING, 0)


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("", (Kind.VIRTUAL_SERVICE, "shop", "front")),
        ("istio", (Kind.VIRTUAL_SERVICE, "shop", "front")),
        ("nginx", (Kind.INGRESS, "shop", "door-canary")),
        ("kuma", (Kind.TRAFFIC_ROUTE, "", "front")),
        ("gatewayapi:v1", (Kind.HTTP_ROUTE, "shop", "front")),
        ("kubernetes", None),
        ("linkerd", None),
        ("smi:v1alpha3", None),
    ],
)
def test_each_provider_has_its_routing_object(provider: str, expected: tuple[Kind, str, str] | None) -> None:
    assert routing_of(seen.canary(provider=provider, service_name="front", ingress_name="door")) == expected


def test_learning_that_routing_agrees_is_no_transition() -> None:
    history = History()
    history.write()
    step = history.route(0)
    assert step.transitions == () and step.visible
    assert history.known().live == Live(BLUE, ROUTING, 0)


def test_learning_that_routing_disagrees_is_a_transition() -> None:
    history = History()
    history.write()
    assert [one.live_side for one in history.route(100).transitions] == [GREEN]


def test_a_deleted_routing_object_gives_the_word_back_to_the_status() -> None:
    history = History().idle()
    gone = history.see(Deleted(Kind.VIRTUAL_SERVICE, "shop", "checkout", ""))
    assert [one.live_source for one in gone.transitions] == [STATUS]
    assert [one.live_source for one in history.wait().route(0).transitions] == [ROUTING]


def test_an_older_route_is_ignored() -> None:
    history = History().idle()
    history.wait().route(100)
    before = history.known()
    step = history.see(Route(Kind.VIRTUAL_SERVICE, "shop", "checkout", 0, resource_version="1"))
    assert step.state is before


def test_another_services_route_changes_nothing() -> None:
    history = History().idle()
    before = history.known()
    assert history.see(seen.route(100, version=999, name="basket")).state is before


def test_a_changed_service_name_drops_the_old_route() -> None:
    history = History().idle()
    history.wait().route(100)
    step = history.wait().write(by_hand=True, service_name="front")
    assert step.state.route is None
    assert [(one.live_side, one.live_source) for one in step.transitions] == [(BLUE, STATUS)]

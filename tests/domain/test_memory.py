from __future__ import annotations

import json
from datetime import UTC, datetime

from rollouts.domain.memory import dump, load
from rollouts.domain.observations import Check, Hook, Phase, Strategy
from rollouts.domain.rollout import Analysis, LiveSide, Outcome, RolloutState
from tests.domain.history import NEW, History
from tests.support import seen


def test_a_state_survives_being_stored() -> None:
    history = History(
        checks=(Check("request-success-rate", 60, 99.0), Check("latency", 30, None, 0.5)),
        hooks=(Hook("gate", "confirm-promotion"),),
        tracked_configs={"configmap/a": "1"},
        labels={"app": "checkout"},
        strategy=Strategy.AB_TESTING,
        step_weights=(10, 50),
        created_at=datetime(2026, 1, 1, 0, 0, 0, 123456, UTC),
    ).idle()
    history.start().green(NEW)
    history.says("Canary failed! Scaling down checkout.shop")
    history.wait().write(iterations=1)
    state = history.known()
    assert load(json.loads(json.dumps(dump(state)))) == state


def test_missing_keys_get_their_defaults() -> None:
    state = load({"canary": {"name": "checkout"}})
    assert state == RolloutState(canary=state.canary)
    assert (state.canary.name, state.canary.namespace, state.canary.phase) == ("checkout", "", Phase.UNSET)
    assert load({}).canary.name == ""


def test_the_memory_of_another_version_is_read_as_far_as_it_is_understood() -> None:
    stored = {
        "canary": {"name": "checkout", "phase": "Pondering", "colour": "red"},
        "live": {"side": "purple", "source": "routing"},
        "release": {"number": 1, "outcome": "running"},
        "mood": "good",
    }
    state = load(stored)
    assert state.canary.phase is Phase.UNKNOWN
    assert state.live.side is LiveSide.BLUE
    assert state.release is not None and state.release.outcome is Outcome.RUNNING
    assert state.release.analysis is Analysis.RUNNING


def test_a_workload_stored_before_its_update_strategy_was_known_is_read() -> None:
    state = load({"blue": {"kind": "Deployment", "name": "checkout-primary", "wanted": 2, "ready": 2}})
    assert state.blue is not None
    assert (state.blue.update, state.blue.paused) == ("RollingUpdate", False)


def test_what_is_stored_leaves_defaults_out() -> None:
    dumped = dump(RolloutState(canary=seen.canary()))
    assert "release" not in dumped and "suspended" not in dumped["canary"]

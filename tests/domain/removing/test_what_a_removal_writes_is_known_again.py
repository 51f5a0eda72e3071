from __future__ import annotations

import pytest

from rollouts.domain.policies.reading import Obj
from rollouts.domain.removing.texts import before

SERVICE = {"port": 80}
TEXT: Obj = {"service": SERVICE, "provider": "istio"}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (TEXT, {**TEXT, "revertOnDeletion": True}),
        ({**TEXT, "revertOnDeletion": False}, {**TEXT, "revertOnDeletion": True, "suspend": True}),
        ({**TEXT, "revertOnDeletion": True}, {**TEXT, "revertOnDeletion": True, "suspend": True}),
        (TEXT, {**TEXT, "revertOnDeletion": True, "service": {**SERVICE, "targetPort": 0}}),
    ],
    ids=["given back", "and suspended", "suspended", "with what Flagger adds beside its finalizer"],
)
def test_of_a_canary(then: Obj, now: Obj) -> None:
    assert then in list(before(now, plain=True))


@pytest.mark.parametrize(
    "now",
    [
        {**TEXT, "provider": "nginx", "revertOnDeletion": True},
        {**TEXT, "revertOnDeletion": True, "service": {**SERVICE, "targetPort": 8080}},
        TEXT,
    ],
    ids=["with another change", "with another port", "nothing written"],
)
def test_what_somebody_else_has_changed_is_not_taken_for_it(now: Obj) -> None:
    assert TEXT not in list(before(now, plain=True))


def test_of_a_policy() -> None:
    now = {"rolloutPolicy": {"revertOnDeletion": True, "rolloutTimeoutSeconds": 60}, "workload": {"name": "cart"}}
    then = {"rolloutPolicy": {"rolloutTimeoutSeconds": 60}, "workload": {"name": "cart"}}
    assert then in list(before(now, plain=False))

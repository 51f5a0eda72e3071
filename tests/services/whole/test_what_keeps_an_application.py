"""What speaks against deleting an Application, as it is seen on the hub and in its clusters."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.resources import ATTACHED_CLUSTERS, FLEETS
from kurator_ui.demo.store import Address
from rollouts.domain import memory
from rollouts.domain.whole.deleting import Trap, TrapKind
from rollouts.models import (
    ApplicationChange,
    ChangeState,
    Cluster,
    ClusterState,
    Rollout,
)
from rollouts.queries import whole as queries
from rollouts.services import whole
from rollouts.services.act import NotPossible
from tests.services.act.governing import HUB, MEMBERS, NAMESPACE
from tests.services.whole.world import GIFTS, HOME, Whole


def traps(change: ApplicationChange) -> list[Trap]:
    return list(memory.load_deletion(change.seen).traps or ())


class TestTraps:
    def kinds(self, change: ApplicationChange) -> list[TrapKind]:
        return [one.kind for one in traps(change)]

    def test_a_policy_that_still_has_a_rollout(self, world: Whole) -> None:
        change = world.begin(world.application)
        assert self.kinds(change) == [TrapKind.ROLLOUT] * 2
        with pytest.raises(NotPossible):
            world.confirm(change)
        assert world.on_hub("checkout") is not None

    def test_a_canary_that_was_left_behind(self, world: Whole) -> None:
        def without(policies: list[dict[str, Any]]) -> None:
            for policy in policies:
                policy.pop("rollout")

        world.edit(without)
        world.advance(2)
        row = queries.rows_of(world.hub.pk, HOME, "checkout")[0]
        assert set(self.kinds(world.begin(row))) == {TrapKind.CANARY}

    @pytest.mark.parametrize(
        ("fields", "hangs"),
        [
            ({"owner_kind": "", "target_name": GIFTS}, False),
            ({"owner_kind": "kurator", "owner_name": "its-old-name", "target_name": GIFTS}, False),
            ({"owner_kind": "kurator", "owner_name": "gifts-0", "target_name": "any"}, True),
        ],
        ids=["of nobody", "of a policy that was renamed", "of the policy, and kept by the Application"],
    )
    def test_a_canary_on_what_would_go(self, world: Whole, fields: dict[str, Any], hangs: bool) -> None:
        Rollout.objects.create(
            cluster=Cluster.objects.get(name=MEMBERS[0]), namespace=NAMESPACE, name="left", strategy="bluegreen",
            first_seen_at=world.now(), target_kind="Deployment", application=world.gifts if hangs else None, **fields,
        )  # fmt: skip
        change = world.begin()
        assert [(one.kind, one.about) for one in traps(change)] == [(TrapKind.CANARY, f"{NAMESPACE}/left")]

    def test_a_canary_on_something_else_is_none(self, world: Whole) -> None:
        Rollout.objects.create(
            cluster=Cluster.objects.get(name=MEMBERS[0]), namespace=NAMESPACE, name="left", strategy="bluegreen",
            first_seen_at=world.now(), target_kind="Deployment", target_name="another",
            owner_kind="kurator", owner_name="another",
        )  # fmt: skip
        assert traps(world.begin()) == []

    def test_a_fleet_that_is_gone(self, world: Whole) -> None:
        def drop(found: dict[str, Any]) -> None:
            found["metadata"]["finalizers"] = []

        store = world.fleet.cluster(HUB).store
        world.fleet.call(lambda: store.change(Address(FLEETS, HOME, "demo"), drop))
        world.fleet.call(lambda: store.delete(FLEETS, HOME, "demo"))
        assert TrapKind.FLEET in self.kinds(world.begin())

    def test_a_member_that_the_fleet_lists_and_that_is_gone(self, world: Whole) -> None:
        world.fleet.delete(HUB, ATTACHED_CLUSTERS, HOME, MEMBERS[0])
        assert TrapKind.MEMBER in self.kinds(world.begin())

    def test_a_cluster_of_which_nothing_is_heard(self, world: Whole) -> None:
        Cluster.objects.filter(name=MEMBERS[0]).update(state=ClusterState.UNREACHABLE)
        change = world.begin()
        assert [(one.kind, one.about) for one in traps(change)] == [(TrapKind.AWAY, MEMBERS[0])]

    def test_an_account_that_may_not_delete_is_told_the_file_that_grants_it(self, world: Whole) -> None:
        change = whole.begin_deletion(
            application=world.gifts, person=world.person, now=world.now(), enqueue=world.ignore
        )
        world.go_on(lambda cluster: world._connection(cluster.name, "viewer"))
        change.refresh_from_db()
        (trap,) = traps(change)
        assert (trap.kind, "applications.yaml" in trap.instead) == (TrapKind.REFUSED, True)

    def test_what_was_mended_meanwhile_is_seen_when_looked_at_again(self, world: Whole) -> None:
        Cluster.objects.filter(name=MEMBERS[0]).update(state=ClusterState.UNREACHABLE)
        change = world.begin()
        world.look()
        whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
        world.go_on()
        change.refresh_from_db()
        assert (change.state, traps(change)) == (ChangeState.LOOKED, [])

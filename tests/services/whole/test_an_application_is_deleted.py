"""From what would go to nothing left: on the hub, in every cluster, and in the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.resources import APPLICATIONS, DEPLOYMENTS, SERVICES
from kurator_ui.demo.store import Address
from rollouts.domain import memory
from rollouts.domain.errors import Forbidden
from rollouts.domain.whole.deleting import Trap
from rollouts.models import (
    Application,
    ApplicationChange,
    AuditEntry,
    ChangeState,
    Cluster,
    ClusterState,
    Covers,
)
from rollouts.queries import whole as queries
from rollouts.services import whole
from rollouts.services.act import NotPossible
from rollouts.services.one_offs.ending import MAY_WAIT_FOR
from tests.services.act.governing import HUB, MEMBERS, NAMESPACE
from tests.services.whole.world import GIFTS, HOME, Whole
from tests.support.people import grant


def traps(change: ApplicationChange) -> list[Trap]:
    return list(memory.load_deletion(change.seen).traps or ())


def test_all_that_would_go_is_told_and_nothing_is_done(world: Whole) -> None:
    change = world.begin()
    assert (change.state, traps(change)) == (ChangeState.LOOKED, [])
    going = memory.load_deletion(change.seen).going
    assert [(one.policy, one.cluster, one.objects) for one in going] == [
        (f"{GIFTS}-0", name, (f"Deployment {NAMESPACE}/{GIFTS}", f"Service {NAMESPACE}/{GIFTS}"))
        for name in sorted(MEMBERS)
    ]
    world.advance(5)
    assert world.on_hub() is not None
    assert world.has_gifts() == list(MEMBERS)
    assert not AuditEntry.objects.filter(kind="application").exists()


def test_it_is_deleted_and_followed_until_nothing_is_left(world: Whole) -> None:
    change = world.until_ended(world.confirm(world.begin()))
    assert change.state == ChangeState.DONE, change.sentence
    assert change.sentence == "The Application is deleted. No workload of it is left in its clusters."
    assert (world.on_hub(), world.has_gifts()) == (None, [])
    assert not queries.rows_of(world.hub.pk, HOME, GIFTS)
    told = [
        (one.act, one.outcome, one.reason) for one in AuditEntry.objects.filter(kind="application").order_by("number")
    ]
    assert told == [("remove", stage, "no longer sold") for stage in ("requested", "accepted", "done")]
    entry = AuditEntry.objects.filter(kind="application").first()
    assert entry is not None
    assert (entry.kind, entry.name, entry.namespace, entry.cluster) == ("application", GIFTS, HOME, HUB)


def test_what_stays_is_named_for_each_cluster(world: Whole) -> None:
    def keep(found: dict[str, Any]) -> None:
        found["spec"]["syncPolicies"][0]["kustomization"]["prune"] = False

    world.fleet.call(lambda: world.fleet.cluster(HUB).store.change(Address(APPLICATIONS, HOME, GIFTS), keep))
    world.advance(2)
    change = world.until_ended(world.confirm(world.begin()))
    assert change.state == ChangeState.DONE
    assert all(f"{name}: Left: Deployment {NAMESPACE}/{GIFTS}." in change.sentence for name in MEMBERS)
    assert world.has_gifts() == list(MEMBERS)


@pytest.mark.parametrize(("policy", "named"), [("gifts-0", True), ("another", False)])
def test_a_load_tester_of_an_earlier_rollout_is_named(world: Whole, policy: str, named: bool) -> None:
    earlier = {"workload_namespace": NAMESPACE, "workload": "old", "policy": "gifts-0", "deleted_at": world.now()}
    Application.objects.create(hub=world.hub, namespace=HOME, name=GIFTS, **earlier)
    tester = seeds.deployment(NAMESPACE, "old-testloader", "loadtester:1")
    tester["metadata"]["annotations"] = {"kurator.dev/rollout": policy}
    world.fleet.call(lambda: world.fleet.cluster(MEMBERS[0]).store.create(DEPLOYMENTS, tester))
    change = world.until_ended(world.confirm(world.begin()))
    assert (f"{MEMBERS[0]}: Left: the load tester {NAMESPACE}/old-testloader." in change.sentence) is named


def test_a_cluster_that_cannot_be_read_afterwards_is_said_and_holds_up_no_other(world: Whole) -> None:
    def reach(cluster: Cluster) -> Any:
        if cluster.name == MEMBERS[0]:
            raise Forbidden("eu-west was asked to list deployments, but it refuses (403).")
        return world.reach(cluster)

    change = world.until_ended(world.confirm(world.begin()), connect=reach)
    assert change.state == ChangeState.DONE
    assert f"{MEMBERS[0]}: What is left could not be read: eu-west was asked" in change.sentence
    assert MEMBERS[1] not in change.sentence


class TestLookingAgain:
    def test_the_right_is_judged_by_what_was_seen_then(self, world: Whole) -> None:
        """A grant on the rows that were there reaches no policy that has lost its rollout since."""
        for row in queries.rows_of(world.hub.pk, HOME, "checkout"):
            grant(world.person, edits_policies=True, covers=Covers.APPLICATION, application=row)
        change = world.begin(world.application)
        assert queries.may(world.person, change)

        def without(policies: list[dict[str, Any]]) -> None:
            for policy in policies:
                policy.pop("rollout")

        world.edit(without)
        world.advance(2)
        whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
        world.go_on()
        change.refresh_from_db()
        assert change.state == ChangeState.LOOKED
        assert not queries.may(world.person, change)

    def test_what_is_not_observed_yet_is_not_shown(self, world: Whole) -> None:
        change = world.begin()
        _bring(world, "more", {"tier": "nowhere"})
        whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
        world.go_on()
        change.refresh_from_db()
        assert (change.state, "not known here like that yet" in change.sentence) == (ChangeState.FAILED, True)


def _bring(world: Whole, name: str, labels: dict[str, str]) -> None:
    def more(found: dict[str, Any]) -> None:
        first = found["spec"]["syncPolicies"][0]
        to = {"fleet": "demo", "clusterSelector": {"matchLabels": labels}}
        found["spec"]["syncPolicies"].append({**first, "name": name, "destination": to})

    world.fleet.call(lambda: world.fleet.cluster(HUB).store.change(Address(APPLICATIONS, HOME, GIFTS), more))


class TestTheClick:
    def test_a_name_that_is_not_typed_deletes_nothing(self, world: Whole) -> None:
        change = world.begin()
        with pytest.raises(whole.Unconfirmed) as error:
            world.confirm(change, typed="gift")
        assert error.value.field == "typed"

    def test_a_reason_is_always_wanted(self, world: Whole) -> None:
        with pytest.raises(whole.Unconfirmed) as error:
            world.confirm(world.begin(), reason="")
        assert error.value.field == "reason"

    def test_it_holds_for_what_was_shown(self, world: Whole) -> None:
        with pytest.raises(NotPossible):
            world.confirm(world.begin(), digest="another")

    def test_sent_twice_it_is_one(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        world.confirm(change)
        assert AuditEntry.objects.filter(outcome="requested").count() == 1

    def test_two_people_delete_it_once(self, world: Whole) -> None:
        one, other = world.begin(), world.begin()
        world.confirm(one)
        with pytest.raises(NotPossible, match="goes on"):
            world.confirm(other)


class TestMeanwhile:
    def test_a_right_that_was_taken_away_deletes_nothing(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        world.allowed = False
        world.until_ended(change)
        assert (change.state, world.has_gifts()) == (ChangeState.FAILED, list(MEMBERS))
        assert "may not do this any more" in change.sentence
        assert world.on_hub() is not None

    def test_something_that_has_come_to_it_since_deletes_nothing(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        labels = world.find(MEMBERS[0])["metadata"]["labels"]  # type: ignore[index]
        store = world.fleet.cluster(MEMBERS[0]).store
        made = seeds.deployment(NAMESPACE, "more", "more:1.0.0", labels=labels)
        world.fleet.call(lambda: store.create(DEPLOYMENTS, made))
        world.advance(31)
        world.until_ended(change)
        assert (change.state, "changed since you looked" in change.sentence) == (ChangeState.FAILED, True)
        assert world.on_hub() is not None

    def test_a_cluster_that_went_away_deletes_nothing(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        Cluster.objects.filter(name=MEMBERS[0]).update(state=ClusterState.UNREACHABLE)
        world.go_on()
        change.refresh_from_db()
        assert change.state == ChangeState.FAILED
        assert change.sentence.startswith(f"Nothing was deleted. Nothing new is heard of {MEMBERS[0]}")
        assert world.on_hub() is not None

    @pytest.mark.parametrize("seconds", [0, 35], ids=["marked", "gone"])
    def test_one_that_somebody_else_has_deleted_is_not_told_as_the_persons(self, world: Whole, seconds: int) -> None:
        change = world.confirm(world.begin())
        world.fleet.delete(HUB, APPLICATIONS, HOME, GIFTS)
        world.advance(seconds)
        assert world.until_ended(change).state == ChangeState.FAILED
        assert change.sentence.startswith("Somebody else has deleted it.")
        assert not AuditEntry.objects.filter(kind="application", outcome__in=("accepted", "done")).exists()

    def test_one_of_the_same_name_that_has_come_since_is_left_alone(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        world.fleet.delete(HUB, APPLICATIONS, HOME, GIFTS)
        world.advance(35)
        world.fleet.call(world._put_gifts_on_the_hub)
        world.until_ended(change)
        assert change.sentence.startswith("Another Application of this name is there by now")
        assert world.on_hub() is not None
        assert not AuditEntry.objects.filter(kind="application", outcome="accepted").exists()

    def test_a_policy_that_has_come_and_is_not_observed_yet_deletes_nothing(self, world: Whole) -> None:
        """Nobody was judged by it, and in no cluster does it show."""
        change = world.confirm(world.begin())
        _bring(world, "more", {"tier": "nowhere"})
        world.until_ended(change)
        assert (change.state, "changed since you looked" in change.sentence) == (ChangeState.FAILED, True)
        assert world.on_hub() is not None

    def test_a_row_that_has_come_to_it_since_deletes_nothing(self, world: Whole) -> None:
        """The person was judged by the others alone."""
        change = world.confirm(world.begin())
        Application.objects.create(
            hub=world.hub, namespace=HOME, name=GIFTS, workload_namespace="till", workload="till", policy="till"
        )
        world.go_on()
        change.refresh_from_db()
        assert (change.state, "changed since you looked" in change.sentence) == (ChangeState.FAILED, True)
        assert world.on_hub() is not None

    def test_a_hub_that_does_not_answer_in_time_is_not_asked_later(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        ApplicationChange.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
        world.until_ended(change)
        assert (change.state, world.has_gifts()) == (ChangeState.FAILED, list(MEMBERS))

    def test_one_that_kurator_never_lets_go_ends_with_what_to_do(self, world: Whole) -> None:
        change = world.confirm(world.begin())
        world.fleet.cluster(HUB).store._hooks[APPLICATIONS.key].clear()  # nobody clears up
        world.go_on()
        for _ in range(3):
            world.fleet.advance(2)
            world.go_on()
        change.refresh_from_db()
        assert change.sentence == "Kurator clears up; the hub waits for apps.kurator.dev."
        ApplicationChange.objects.update(written_at=world.now() - timedelta(minutes=16))
        world.until_ended(change)
        assert change.state == ChangeState.FAILED
        assert "still Terminating, and waits for apps.kurator.dev" in change.sentence


def test_it_can_be_stopped_before_the_hub_has_it(world: Whole) -> None:
    change = world.confirm(world.begin())
    assert whole.stop(change=change, now=world.now())
    world.go_on()
    world.advance(5)
    assert (world.on_hub() is not None, world.has_gifts()) == (True, list(MEMBERS))
    assert not whole.stop(change=change, now=world.now())
    last = AuditEntry.objects.filter(kind="application").order_by("number").last()
    assert last is not None
    assert (last.outcome, last.reason) == ("cancelled", ""), "the reason was given by whoever asked"


def test_a_click_on_what_somebody_has_looked_at_again_since_asks_for_nothing(world: Whole) -> None:
    change = world.begin()
    whole.look_again(change=ApplicationChange.objects.get(pk=change.pk), now=world.now(), enqueue=world.ignore)
    with pytest.raises(NotPossible, match="not so any more"):
        world.confirm(change)
    change.refresh_from_db()
    assert (change.state, change.asked_at) == (ChangeState.LOOKING, None)


def test_what_was_looked_at_and_never_asked_for_is_forgotten(world: Whole) -> None:
    world.begin()
    asked = world.confirm(world.begin())
    whole.forget(world.now() + timedelta(days=2))
    assert list(ApplicationChange.objects.all()) == [asked]


def test_services_go_with_their_deployments(world: Whole) -> None:
    world.until_ended(world.confirm(world.begin()))
    assert [world.find(name, SERVICES) for name in MEMBERS] == [None, None]

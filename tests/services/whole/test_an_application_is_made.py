"""From what was entered to what Kurator has taken: tried out on the hub, created once, followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kurator_ui.demo import seeds
from kurator_ui.demo.resources import APPLICATIONS
from rollouts.domain.errors import ClusterError
from rollouts.domain.whole.making import NewApplication
from rollouts.models import ApplicationChange, AuditEntry, ChangeState, Cluster, RequiredReason
from rollouts.queries import setting_up
from rollouts.queries import whole as queries
from rollouts.services import whole
from rollouts.services.act import NotPossible
from rollouts.services.one_offs.ending import MAY_WAIT_FOR
from rollouts.services.whole.ending import UNFOLLOWED
from rollouts.services.whole.making import PATIENCE
from tests.services.act.governing import HUB, MEMBERS
from tests.services.whole.test_whoever_is_killed_is_followed import Dying, carried_on
from tests.services.whole.world import HOME, Whole

CARDS = NewApplication(
    fleet=f"1/{HOME}/demo", name="cards", url="https://git.example.test/cards/deploy.git", ref="main", path="./deploy"
)


def made(world: Whole, application: NewApplication = CARDS) -> ApplicationChange:
    clusters = list(Cluster.objects.filter(name__in=MEMBERS).values_list("pk", flat=True))
    change = whole.begin_creation(
        hub=world.hub, application=application, clusters=clusters, person=world.person, now=world.now(),
        enqueue=world.ignore,
    )  # fmt: skip
    world.go_on()
    change.refresh_from_db()
    return change


def test_the_hub_tries_it_out_and_nothing_is_made(world: Whole) -> None:
    change = made(world)
    assert (change.state, change.seen) == (ChangeState.LOOKED, {"refused": ""})
    world.advance(2)
    assert world.on_hub("cards") is None
    assert not AuditEntry.objects.filter(kind="application").exists()


def test_it_is_made_and_followed_until_kurator_has_taken_it(world: Whole) -> None:
    change = world.until_ended(world.confirm(made(world)))
    assert (change.state, change.sentence) == (ChangeState.DONE, "Kurator has taken it for its clusters.")
    found = world.on_hub("cards")
    assert found is not None
    assert found["spec"] == change.manifest["spec"]
    assert change.uid == found["metadata"]["uid"]
    told = (
        AuditEntry.objects.filter(kind="application")
        .order_by("number")
        .values_list("act", "outcome", "kind", "cluster")
    )
    assert list(told) == [("add", stage, "application", HUB) for stage in ("requested", "accepted", "done")]


def test_blue_green_can_be_set_up_for_it_then(world: Whole) -> None:
    world.until_ended(world.confirm(made(world)))
    (row,) = queries.rows_of(world.hub.pk, HOME, "cards")
    bare = setting_up.find(row.pk, "cards-0", world.now())
    assert bare is not None
    assert [one.name for one in bare.governed.members] == sorted(MEMBERS)


def test_a_source_that_cannot_be_fetched_is_said_in_the_end(world: Whole) -> None:
    change = world.until_ended(world.confirm(made(world, replace(CARDS, ref="no-such-branch"))))
    assert change.state == ChangeState.DONE
    assert "Its source cannot be fetched: failed to checkout" in change.sentence


class TestRefused:
    def test_a_name_that_the_hub_has_already(self, world: Whole) -> None:
        change = made(world, replace(CARDS, name="gifts"))
        assert "of this name already" in change.seen["refused"]
        with pytest.raises(NotPossible):
            world.confirm(change)

    def test_what_the_hub_calls_invalid_is_said_in_its_words(self, world: Whole) -> None:
        change = made(world, replace(CARDS, name="Cards"))
        assert "lowercase RFC 1123" in change.seen["refused"]

    def test_an_account_that_may_not_is_told_the_file_that_grants_it(self, world: Whole) -> None:
        change = made(world)
        whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
        world.go_on(lambda cluster: world._connection(cluster.name, "viewer"))
        change.refresh_from_db()
        assert "applications.yaml" in change.seen["refused"]


class TestTheClustersItReaches:
    def test_they_are_those_of_the_look(self, world: Whole) -> None:
        """Not of the form: so is the right."""
        change = made(world)
        Cluster.objects.filter(name=MEMBERS[0]).update(fleets=[])
        before = change.digest
        whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
        world.go_on()
        change.refresh_from_db()
        assert queries.clusters_of(change) == {Cluster.objects.get(name=MEMBERS[1]).pk}
        assert change.digest != before

    def test_where_there_are_none_any_more_it_is_not_created(self, world: Whole) -> None:
        change = made(world)
        Cluster.objects.filter(name__in=MEMBERS).update(fleets=[])
        whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
        world.go_on()
        change.refresh_from_db()
        assert "No cluster of this Fleet" in change.seen["refused"]

    def test_one_that_has_come_to_them_since_makes_nothing(self, world: Whole) -> None:
        Cluster.objects.filter(name=MEMBERS[0]).update(fleets=[])
        change = world.confirm(made(world))
        Cluster.objects.filter(name=MEMBERS[0]).update(fleets=[f"{HOME}/demo"])
        world.go_on()
        change.refresh_from_db()
        assert (change.state, world.on_hub("cards")) == (ChangeState.FAILED, None)
        assert change.sentence.startswith("It would reach other clusters by now")


class TestMeanwhile:
    def test_another_one_of_the_name_is_left_alone(self, world: Whole) -> None:
        change = world.confirm(made(world))
        other = seeds.application(HOME, "cards", [seeds.bare_policy("demo", "other")])
        world.fleet.call(lambda: world.fleet.cluster(HUB).store.create(APPLICATIONS, other))
        world.until_ended(change)
        assert (change.state, "Somebody else" in change.sentence) == (ChangeState.FAILED, True)
        found = world.on_hub("cards")
        assert found is not None
        assert found["spec"] == other["spec"]

    def test_a_right_that_was_taken_away_makes_nothing(self, world: Whole) -> None:
        change = world.confirm(made(world))
        world.allowed = False
        world.until_ended(change)
        assert (change.state, world.on_hub("cards")) == (ChangeState.FAILED, None)

    def test_one_that_is_deleted_again_ends_it(self, world: Whole) -> None:
        change = world.confirm(made(world))
        world.go_on()
        world.fleet.delete(HUB, APPLICATIONS, HOME, "cards")
        world.until_ended(change)
        assert change.sentence == "The Application was deleted meanwhile."

    def test_a_cluster_that_kurator_does_not_reach_is_named(self, world: Whole) -> None:
        change = world.confirm(made(world))
        policy = change.manifest["spec"]["syncPolicies"][0]
        manifest = {**change.manifest, "spec": {**change.manifest["spec"], "syncPolicies": [{**policy, "name": "x"}]}}
        world.go_on()
        ApplicationChange.objects.update(manifest=manifest, written_at=world.now() - timedelta(minutes=3))
        world.advance(2)
        world.until_ended(change)
        assert change.state == ChangeState.FAILED
        assert f"Kurator has not made it yet for {', '.join(sorted(MEMBERS))}" in change.sentence


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("url", [CARDS.url, "ssh://git@git.example.test/cards/deploy.git"])
def test_a_worker_that_is_killed_at_the_write_is_followed(world: Whole, after: bool, url: str) -> None:
    """Also where what is read has something hidden: it is the one that was made."""
    change = world.confirm(made(world, replace(CARDS, url=url, source_secret="deploy-key")))
    assert carried_on(world, change, Dying(world, after=after)) == 1
    outcomes = AuditEntry.objects.filter(kind="application").order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["requested", "accepted", "done"]


def test_a_reason_is_wanted_where_an_administrator_wants_one(world: Whole) -> None:
    change = made(world)
    RequiredReason.objects.create(act="create-application", role="")
    given: dict[str, Any] = {"reason": ""}
    with pytest.raises(whole.Unconfirmed) as error:
        world.confirm(change, **given)
    assert error.value.field == "reason"
    world.confirm(change, reason="cards are sold again")
    assert change.state == ChangeState.OPEN


def test_a_task_that_waited_too_long_for_a_worker_makes_nothing(world: Whole) -> None:
    change = world.confirm(made(world))
    ApplicationChange.objects.update(asked_at=world.now() - MAY_WAIT_FOR)
    whole.go_on(change=change.pk, connect=world.reach, may=lambda _: True, now=world.now)
    change.refresh_from_db()
    assert (change.state, "was not asked to do anything" in change.sentence) == (ChangeState.FAILED, True)
    assert world.on_hub("cards") is None


def test_a_hub_that_falls_silent_after_it_has_taken_it_is_not_waited_for_for_ever(world: Whole) -> None:
    change = world.confirm(made(world))
    world.go_on()
    world.forget_claims()
    ApplicationChange.objects.update(written_at=world.now() - PATIENCE)

    def silent(_: Cluster) -> Any:
        raise ClusterError("It does not answer.")

    world.go_on(silent)
    change.refresh_from_db()
    assert change.state == ChangeState.FAILED
    assert change.sentence == f"The Application is on the hub. {UNFOLLOWED} It does not answer."


def test_what_was_entered_a_while_ago_is_looked_at_again(world: Whole) -> None:
    change = made(world)
    ApplicationChange.objects.update(made_at=world.now() - timedelta(hours=1))
    whole.look_again(change=change, now=world.now(), enqueue=world.ignore)
    world.go_on()
    change.refresh_from_db()
    assert change.state == ChangeState.LOOKED, change.sentence

"""One act over all clusters of an application: at once or in turn, stopped or to its end."""

from __future__ import annotations

from rollouts.domain.commands import Act
from rollouts.models import Batch, Command
from rollouts.services import act
from tests.services.act.several import CLUSTERS, Several
from tests.support.waiting import until

IN_TURN = act.Pace(in_turn=True, pause=30)


def pass_by(several: Several, times: int = 1) -> None:
    """Flagger ticks, workers work, what looks after commands looks."""
    for _ in range(times):
        several.tick()
        several.work()
        several.settle()


def ended(batch: Batch) -> bool:
    batch.refresh_from_db()
    return batch.ended_at is not None


class TestAtOnce:
    def test_a_release_is_rolled_back_everywhere_side_by_side(self, several: Several) -> None:
        several.release(users_on_green=True)
        batch = several.request(Act.ROLL_BACK)
        assert several.states(batch) == ["requested"] * 3
        several.work()
        assert [several.weights(name) for name in CLUSTERS] == [(100, 0)] * 3
        assert several.states(batch) == ["accepted"] * 3
        pass_by(several, 2)
        assert several.phases == ["Failed"] * 3
        assert several.states(batch) == ["observed"] * 3
        several.settle()
        assert ended(batch)

    def test_a_cluster_that_does_not_answer_holds_up_no_other(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.ROLL_BACK)
        several.fleet.switch(CLUSTERS[0], "down")
        several.work()
        assert several.states(batch) == ["requested", "accepted", "accepted"]
        assert [several.status(name)["failedChecks"] for name in CLUSTERS] == [0, 2, 2]
        Command.objects.filter(state="requested").update(expires_at=several.now())
        several.fleet.switch(CLUSTERS[0], "up")
        pass_by(several, 2)
        assert several.states(batch) == ["expired", "observed", "observed"]
        several.settle()
        assert ended(batch)

    def test_a_cluster_that_was_away_is_asked_last(self, several: Several) -> None:
        several.release()
        several.clusters[0].state = "unreachable"
        several.clusters[0].save()
        for one in several.clusters[1:]:
            one.state = "reachable"
            one.save()
        batch = several.request(Act.ROLL_BACK)
        first, *others = batch.commands.order_by("id").values_list("pk", flat=True)
        assert several.asked == [*others, first]

    def test_only_what_was_chosen_is_acted_on(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.ROLL_BACK, clusters=CLUSTERS[1:])
        several.work()
        assert [several.status(name)["failedChecks"] for name in CLUSTERS] == [0, 2, 2]
        assert len(several.states(batch)) == 2

    def test_the_right_is_judged_anew_for_each(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.ROLL_BACK)
        several.allowed = lambda command: command.place.name != CLUSTERS[1]
        several.work()
        assert several.states(batch) == ["accepted", "refused", "accepted"]
        assert several.status(CLUSTERS[1])["failedChecks"] == 0

    def test_the_next_release_of_one_cluster_is_not_hit(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.ROLL_BACK)
        several.fleet.release(CLUSTERS[2], "shop", "checkout", "registry.example.test/checkout:3.0.0")
        several.wait(10)
        several.work()
        assert several.states(batch) == ["accepted", "accepted", "refused"]
        assert several.status(CLUSTERS[2])["failedChecks"] == 0

    def test_what_no_worker_has_begun_can_be_stopped(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.ROLL_BACK)
        assert several.stop(batch)
        several.work()
        assert several.states(batch) == ["cancelled"] * 3
        assert [several.status(name)["failedChecks"] for name in CLUSTERS] == [0, 0, 0]
        assert not several.stop(batch), "it is stopped already"


class TestInTurn:
    def test_the_next_waits_until_the_one_before_has_come_about_and_for_the_pause(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.RETRY, IN_TURN)
        assert several.states(batch) == ["requested", "waiting", "waiting"]
        several.work()
        several.settle()
        assert several.states(batch) == ["accepted", "waiting", "waiting"]
        pass_by(several)
        assert several.states(batch) == ["observed", "waiting", "waiting"]
        several.wait(IN_TURN.pause - 1)
        several.settle()
        assert several.states(batch) == ["observed", "waiting", "waiting"]
        several.wait(1)
        several.settle()
        assert several.states(batch) == ["observed", "requested", "waiting"]
        second = batch.commands.order_by("id")[1]
        assert second.expires_at > several.now(), "its time begins with its turn"

    def test_the_order_is_the_one_given(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.RETRY, IN_TURN, clusters=tuple(reversed(CLUSTERS)))
        names = batch.commands.order_by("id").values_list("rollout__cluster__name", flat=True)
        assert list(names) == list(reversed(CLUSTERS))

    def test_without_a_pause_it_comes_to_its_end(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.PAUSE, act.Pace(in_turn=True))
        pass_by(several, 12)
        assert several.states(batch) == ["observed"] * 3
        assert ended(batch)

    def test_the_first_failure_stops_what_has_not_begun(self, several: Several) -> None:
        several.release()
        several.allowed = lambda _: False
        batch = several.request(Act.PAUSE, IN_TURN)
        several.work()
        several.settle()
        assert several.states(batch) == ["refused", "cancelled", "cancelled"]
        batch.refresh_from_db()
        assert batch.sentence == "Stopped, since it did not come about in one cluster."
        several.settle()
        assert ended(batch)

    def test_or_it_goes_on_after_a_failure(self, several: Several) -> None:
        several.release()
        several.allowed = lambda command: command.place.name != CLUSTERS[0]
        batch = several.request(Act.PAUSE, act.Pace(in_turn=True, goes_on=True))
        pass_by(several, 12)
        assert several.states(batch) == ["refused", "observed", "observed"]
        assert ended(batch)

    def test_a_person_stops_it_and_what_is_under_way_goes_on(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.PAUSE, IN_TURN)
        several.work()
        assert several.stop(batch)
        assert several.states(batch) == ["accepted", "cancelled", "cancelled"]
        pass_by(several, 8)
        assert several.states(batch) == ["observed", "cancelled", "cancelled"]
        assert ended(batch)
        assert several.paused == [True, False, False]

    def test_one_that_waits_can_be_left_out(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.PAUSE, act.Pace(in_turn=True))
        second = batch.commands.order_by("id")[1]
        assert act.cancel(command=second, now=several.now(), record=several.record, feed=several.feed)
        pass_by(several, 10)
        assert several.states(batch) == ["observed", "cancelled", "observed"]

    def test_what_somebody_asked_for_of_one_alone_is_not_done_twice(self, several: Several) -> None:
        several.release()
        batch = several.request(Act.PAUSE, act.Pace(in_turn=True, goes_on=True))
        second = several.rollouts[1]
        alone = act.preview(rollout=second, wanted=act.want(Act.PAUSE), now=several.now())
        act.request(
            rollout=second, wanted=alone.wanted, digest=alone.digest, person=several.person, reason="",
            now=several.now(), enqueue=lambda *_: None, record=several.record, feed=several.feed,
        )  # fmt: skip
        several.work()
        several.tick()
        several.settle()
        several.settle()
        assert several.states(batch)[:2] == ["observed", "refused"]
        assert batch.commands.order_by("id")[1].sentence == "The same is under way already."

    def test_a_batch_that_cannot_go_on_holds_up_no_other(self, several: Several) -> None:
        several.release()
        broken = several.request(Act.PAUSE, act.Pace(in_turn=True), clusters=CLUSTERS[:2])
        whole = several.request(Act.RETRY, act.Pace(in_turn=True))
        several.asked.clear()
        Command.objects.filter(state="requested").update(state="observed", ended_at=several.now())

        def defect(command: Command) -> None:
            if command.batch == broken:
                raise ValueError("a defect")

        several.settle(record=defect)
        assert several.states(broken) == ["observed", "waiting"]
        assert several.states(whole) == ["observed", "requested", "waiting"]


def test_a_click_sent_twice_is_one_batch(several: Several) -> None:
    several.release()
    seen = several.preview(Act.ROLL_BACK)
    first, second = (several.request(Act.ROLL_BACK, seen=seen) for _ in range(2))
    assert first == second
    assert (len(several.asked), Command.objects.count()) == (3, 3)


def test_open_pages_hear_of_each_stage(several: Several) -> None:
    several.release()
    heard: set[str] = set()
    leave = several.feed.subscribe(lambda hint: heard.add(hint.topic))
    batch = several.request(Act.ROLL_BACK)
    until(lambda: f"batches-{batch.application_id}" in heard)
    heard.clear()
    several.work()
    until(lambda: f"batches-{batch.application_id}" in heard)
    leave()

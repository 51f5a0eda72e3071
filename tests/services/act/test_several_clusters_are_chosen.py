"""What a person is shown of all clusters before the click, and what has to hold at the click."""

from __future__ import annotations

import pytest

from kurator_ui.demo.resources import CANARIES
from rollouts.domain.commands import Act, Plan, Refusal
from rollouts.domain.errors import InvalidInput
from rollouts.models import Batch, Command
from rollouts.services import act
from tests.services.act.several import CLUSTERS, Several
from tests.support.risky import make_risky

IN_TURN = act.Pace(in_turn=True, pause=30)


class TestThePreview:
    def test_it_says_of_each_cluster_what_will_happen_or_why_not(self, several: Several) -> None:
        several.release()
        several.fleet.patch(CLUSTERS[1], CANARIES, "shop", "checkout", {"status": {"phase": "Promoting"}}, status=True)
        several.look()
        _, parts = several.preview(Act.ROLL_BACK)
        assert [type(part.judged) for part in parts] == [Plan, Refusal, Plan]
        assert "already being overwritten" in str(parts[1].judged)
        assert [bool(part.digest) for part in parts] == [True, False, True]

    @pytest.mark.parametrize("pace", [act.Pace(), IN_TURN])
    def test_what_is_under_way_or_waits_for_its_turn_is_not_offered_again(
        self, several: Several, pace: act.Pace
    ) -> None:
        several.release()
        several.request(Act.PAUSE, pace)
        _, parts = several.preview(Act.PAUSE)
        assert {str(part.judged) for part in parts} == {"The same is under way already."}

    def test_a_click_on_what_has_changed_in_one_cluster_does_nothing_in_any(self, several: Several) -> None:
        several.release()
        seen = several.preview(Act.ROLL_BACK)
        several.fleet.release(CLUSTERS[2], "shop", "checkout", "registry.example.test/checkout:3.0.0")
        several.tick(2)
        with pytest.raises(act.ChangedSince):
            several.request(Act.ROLL_BACK, seen=seen)
        assert not Batch.objects.exists()
        assert not Command.objects.exists()

    def test_a_change_where_nothing_was_chosen_is_of_no_consequence(self, several: Several) -> None:
        several.release()
        seen = several.preview(Act.ROLL_BACK)
        several.fleet.release(CLUSTERS[2], "shop", "checkout", "registry.example.test/checkout:3.0.0")
        several.tick()
        assert several.states(several.request(Act.ROLL_BACK, seen=seen, clusters=CLUSTERS[:2])) == ["requested"] * 2

    def test_nothing_chosen_is_no_batch(self, several: Several) -> None:
        several.release()
        with pytest.raises(act.NotPossible, match="No cluster was chosen"):
            several.request(Act.ROLL_BACK, clusters=())

    def test_a_roll_back_does_not_go_in_turn(self, several: Several) -> None:
        several.release()
        with pytest.raises(InvalidInput, match="A roll back goes to all clusters at once"):
            several.request(Act.ROLL_BACK, IN_TURN)
        assert (Batch.objects.count(), Command.objects.count(), several.asked) == (0, 0, [])

    def test_a_rollout_that_may_not_be_acted_on_is_in_no_batch(self, several: Several) -> None:
        several.release()
        asked, parts = several.preview(Act.ROLL_BACK)
        with pytest.raises(act.ChangedSince):
            act.request_many(
                application=several.application, rollouts=several.rollouts[:1],
                chosen=[act.Chosen(part.rollout.pk, part.digest) for part in parts], wanted=asked, pace=act.Pace(),
                person=several.person, reason="", now=several.now(), enqueue=several.enqueue, record=several.record,
                record_batch=several.record_batch, feed=several.feed,
            )  # fmt: skip
        assert not Command.objects.exists()


class TestTheName:
    def test_is_typed_to_promote_in_several_clusters(self, several: Several) -> None:
        several.release()
        with pytest.raises(act.BatchUnconfirmed, match="Type checkout to confirm"):
            several.request(Act.SKIP_ITERATIONS)
        with pytest.raises(act.BatchUnconfirmed, match="“chekout” is not the name"):
            several.request(Act.SKIP_ITERATIONS, typed="chekout")
        assert not Command.objects.exists()
        batch = several.request(Act.SKIP_ITERATIONS, typed="checkout")
        several.work()
        assert [several.status(name)["iterations"] for name in CLUSTERS] == [12] * 3
        assert several.states(batch) == ["accepted"] * 3

    def test_is_not_asked_for_in_one_alone(self, several: Several) -> None:
        several.release()
        assert several.request(Act.SKIP_ITERATIONS, clusters=CLUSTERS[:1])

    def test_is_asked_for_where_the_act_needs_it_in_one(
        self, several: Several, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        several.release()
        make_risky(monkeypatch, Act.RETRY)
        with pytest.raises(act.BatchUnconfirmed):
            several.request(Act.RETRY, clusters=CLUSTERS[:1])

    def test_a_roll_back_is_one_confirmation(self, several: Several) -> None:
        several.release()
        assert several.request(Act.ROLL_BACK)

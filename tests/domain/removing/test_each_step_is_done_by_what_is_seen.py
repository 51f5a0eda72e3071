"""What is seen of one cluster during a removal: whether a step is done there, may be done, or what it waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.observations import Phase
from rollouts.domain.removing.looking import (
    NOTHING_BEHIND,
    Held,
    MemberSeen,
    Side,
    cleared,
    gone,
    prepared,
    switched_on,
    taken_over,
)

UID = "uid-1"
CANARY = Held(UID, "100", reverts=True, finalizer=True, deleting=False, phase=Phase.SUCCEEDED)
IMAGES = {"app": "shop:1"}
BLUE = Side(2, 2, IMAGES, {"app": "shop-primary"})
IDLE = Side(0, 0, IMAGES, {"app": "shop"})
SERVING = replace(IDLE, wanted=2, ready=2)
READY = MemberSeen(CANARY, IDLE, BLUE, {"app": "shop-primary"}, "shop")
TAKEN = MemberSeen(None, SERVING, None, {"app": "shop"}, "shop")


def with_canary(**changed: Any) -> MemberSeen:
    return replace(READY, canary=replace(CANARY, **changed))


AGAINST = [
    (with_canary(suspended=True), "It is suspended"),
    (with_canary(phase=Phase.PROGRESSING), "It is Progressing"),
    (with_canary(phase=Phase.FAILED), "It is Failed"),
    (with_canary(phase=""), "It is not processed yet"),
    (with_canary(weight=100), "Users are on green."),
    (replace(READY, target=None), "The target is missing"),
    (replace(READY, blue=None), "Blue has no ready pods"),
    (replace(READY, blue=replace(BLUE, wanted=0, ready=0)), "Blue has no ready pods"),
    (replace(READY, blue=replace(BLUE, ready=0)), "Blue has no ready pods"),
    (replace(READY, target=replace(IDLE, images={"app": "shop:2"})), "another version than blue (app)"),
]


class TestSwitchedOn:
    def test_it_may_be_switched_on_in_a_canary_that_was_shown(self) -> None:
        look = switched_on(with_canary(reverts=False), UID)
        assert (look.done, look.switch_on) == (False, True)

    def test_it_is_done_where_it_is_on(self) -> None:
        assert switched_on(READY, UID).done

    @pytest.mark.parametrize("seen", [replace(READY, canary=None), with_canary(uid="2"), with_canary(deleting=True)])
    def test_another_canary_is_not_touched(self, seen: MemberSeen) -> None:
        look = switched_on(seen, UID)
        assert (look.over, look.switch_on) == (True, False)


class TestPrepared:
    def test_a_canary_at_rest_that_flagger_will_bring_back(self) -> None:
        assert prepared(READY, UID).done

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"reverts": False}, "Kurator has not brought revertOnDeletion"),
            ({"finalizer": False}, "Flagger has not put its finalizer"),
        ],
    )
    def test_it_waits_for_kurator_and_for_flagger(self, changed: dict[str, Any], said: str) -> None:
        look = prepared(with_canary(**changed), UID)
        assert (look.done, look.over) == (False, False)
        assert said in look.said

    @pytest.mark.parametrize(
        "seen",
        [replace(READY, canary=None), with_canary(uid="uid-2"), with_canary(deleting=True)],
        ids=["gone", "another", "deleting"],
    )
    def test_a_canary_that_was_deleted_meanwhile_ends_it(self, seen: MemberSeen) -> None:
        assert prepared(seen, UID).over

    @pytest.mark.parametrize(("seen", "said"), AGAINST, ids=[said for _, said in AGAINST])
    def test_it_waits_while_anything_speaks_against_it(self, seen: MemberSeen, said: str) -> None:
        look = prepared(seen, UID)
        assert (look.done, look.over) == (False, False)
        assert said in look.said


class TestGone:
    def test_it_is_suspended_first_so_that_no_tick_comes_between(self) -> None:
        look = gone(READY, UID)
        assert (look.suspend, look.delete, look.done) == (True, False, False)
        look = gone(with_canary(suspended=True), UID)
        assert (look.suspend, look.delete, look.done) == (False, True, False)

    def test_neither_is_done_while_anything_speaks_against_it(self) -> None:
        for seen, said in [
            *AGAINST[1:],
            (with_canary(reverts=False), "deleted now"),
            (with_canary(finalizer=False), ""),
        ]:
            for held in (False, True):
                canary = replace(seen.canary, suspended=held) if seen.canary else None
                look = gone(replace(seen, canary=canary), UID)
                assert not (look.suspend or look.delete or look.done), said
                assert said in look.said

    def test_it_is_done_when_the_canary_is_gone(self) -> None:
        assert gone(TAKEN, UID).done

    def test_another_canary_of_its_name_is_left_alone(self) -> None:
        look = gone(with_canary(uid="uid-2"), UID)
        assert (look.over, look.delete) == (True, False)

    def test_one_that_is_being_deleted_is_not_deleted_again(self) -> None:
        look = gone(replace(with_canary(deleting=True), target=replace(SERVING, ready=1)), UID)
        assert (look.done, look.delete) == (False, False)
        assert "1 of 2 pods are ready" in look.said
        assert "Do not take its finalizer off" in look.by_hand


class TestTakenOver:
    def test_ready_pods_that_the_service_selects(self) -> None:
        look = taken_over(TAKEN, blue=2)
        assert look.done
        assert look.said == "2 pods of the target ready, and Service shop selects them."

    def test_fewer_pods_than_blue_had_are_told(self) -> None:
        assert taken_over(TAKEN, blue=3).said.endswith(" Blue had 3.")

    @pytest.mark.parametrize(
        ("wanted", "ready", "blue", "by_hand"),
        [
            (0, 0, 2, "Scale it to 2, or see why its pods are not ready."),
            (1, 0, 2, "Scale it to 2, or see why its pods are not ready."),
            (0, 0, 0, "Scale it up: blue does not stay."),
            (2, 1, 0, "See why its pods are not ready."),
            (3, 1, 2, "See why its pods are not ready."),
        ],
    )
    def test_nobody_is_advised_to_have_fewer_pods(self, wanted: int, ready: int, blue: int, by_hand: str) -> None:
        look = taken_over(replace(TAKEN, target=replace(SERVING, wanted=wanted, ready=ready)), blue)
        assert not look.done
        assert look.said == f"{ready} of {wanted} pods of the target are ready."
        assert look.by_hand == by_hand

    @pytest.mark.parametrize(
        ("seen", "said"),
        [
            (replace(TAKEN, target=None), "nobody serves users"),
            (replace(TAKEN, selector=None), "There is no Service shop."),
            (replace(TAKEN, selector={"app": "shop-primary"}), "does not select the pods of the target"),
            (replace(TAKEN, selector={}), "does not select the pods of the target"),
        ],
    )
    def test_it_waits_until_users_reach_the_target(self, seen: MemberSeen, said: str) -> None:
        look = taken_over(seen, blue=2)
        assert not look.done
        assert said in look.said
        assert look.by_hand


class TestCleared:
    def test_what_kubernetes_has_not_taken_away_is_waited_for_and_then_named(self) -> None:
        seen = replace(TAKEN, left=("Deployment shop-primary",))
        assert not cleared(seen, patience_over=False).done
        look = cleared(seen, patience_over=True)
        assert look.done
        assert "Left behind, and not taken away from here: Deployment shop-primary." in look.said

    def test_what_stays_for_ever_is_named_at_once(self) -> None:
        look = cleared(replace(TAKEN, stays=("the load tester",)), patience_over=False)
        assert look.done
        assert "the load tester" in look.said

    def test_nothing_left(self) -> None:
        assert cleared(TAKEN, patience_over=False).said == NOTHING_BEHIND

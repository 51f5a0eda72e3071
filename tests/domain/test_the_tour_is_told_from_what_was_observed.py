from __future__ import annotations

from typing import Any

import pytest

from rollouts.domain.tour import FAILING, Leaving, Member, Run, Stage, Standing, World, next_image, walk
from tests.support import seen

NAME = "registry.example.test/shop/gift-cards"


def member(
    cluster: str = "eu-west", phase: str = "Initialized", image: str = f"{NAME}:1.4.0", *, unseen: bool = False,
    suspended: bool = False,
) -> Member:  # fmt: skip
    return Member(cluster, phase, 10, "gift-cards", image, unseen=unseen, suspended=suspended)


def run(outcome: str, second: float = 0, cluster: str = "eu-west") -> Run:
    return Run(cluster, outcome, seen.at(second))


def world(**given: Any) -> World:
    return World(**{"governed": True, "selected": 1, "members": (member(),), **given})


def left(second: float) -> Leaving:
    return Leaving(True, seen.at(second))


def standing(of: World) -> str:
    """One letter for each step: t(o do), g(oing on), d(one)."""
    return "".join(one.standing[0] for one in walk(of).steps)


@pytest.mark.parametrize(
    ("of", "letters"),
    [
        (World(False, 2), "ttttt"),
        (World(True, 2), "gtttt"),
        (world(selected=2), "gtttt"),
        (world(selected=2, members=(member(), member("us-east", "Initializing"))), "gtttt"),
        (world(selected=2, members=(member(), member("us-east"))), "dtttt"),
        (world(runs=(run("running"),)), "ddgtt"),
        (world(runs=(run("succeeded"),)), "dddtt"),
        (world(runs=(run("running", 9), run("succeeded"))), "dddgt"),
        (world(runs=(run("running"), run("succeeded", cluster="us-east"))), "ddgtt"),
        (world(runs=(run("running", 9), run("succeeded"), run("running", 1, "us-east"))), "dddgt"),
        (world(runs=(run("failed", 9), run("succeeded"))), "ddddt"),
        (world(runs=(run("failed", 9), run("succeeded"), run("running", 9, "us-east"))), "ddddt"),
        (world(runs=(run("failed"),)), "ddtdt"),
        (world(runs=(run("running", 9), run("failed"))), "ddgdt"),
        (world(members=(member(unseen=True),)), "dgttt"),
        (world(members=(member(unseen=True),), runs=(run("succeeded"),)), "dddgt"),
        (world(members=(member(unseen=True),), runs=(run("running"),)), "ddgtt"),
        (world(members=(member(unseen=True),), runs=(run("failed", 9), run("succeeded"))), "ddddt"),
        (world(runs=(run("failed", 9), run("succeeded")), leavings=(Leaving(False, None),)), "ddddg"),
        (world(runs=(run("failed", 9), run("succeeded")), leavings=(Leaving(False, seen.at(20)),)), "ddddt"),
    ],
)
def test_each_step_is_done_by_what_was_seen(of: World, letters: str) -> None:
    assert standing(of) == letters


def test_a_removal_that_is_done_ends_the_round_with_every_step_that_was_taken_in_it() -> None:
    runs = (run("failed", 9), run("succeeded", 2))
    ended = walk(World(False, 1, (), runs, (left(20),)))
    assert ended.over
    assert ended.done == 5
    assert ended.now is None


def test_who_removes_without_a_release_has_not_been_through_all_of_it() -> None:
    assert standing(World(False, 1, (), (), (left(20),))) == "dtttd"


def test_a_round_ends_only_when_no_rollout_is_left() -> None:
    assert not walk(world(governed=False, leavings=(left(20),))).over


def test_the_next_round_begins_without_what_was_done_in_the_last_one() -> None:
    runs = (run("failed", 9), run("succeeded", 2))
    assert standing(world(runs=runs, leavings=(left(20),))) == "dtttt"
    assert standing(world(runs=(run("succeeded", 30), *runs), leavings=(left(20),))) == "dddtt"


def test_of_two_ended_rounds_the_last_one_is_shown() -> None:
    ended = World(False, 1, (), (run("succeeded", 30), run("failed", 9)), (left(40), left(20)))
    assert standing(ended) == "dddtd"


def test_clusters_are_counted_once() -> None:
    found = walk(world(runs=(run("succeeded", 9), run("succeeded"), run("succeeded", 1, "us-east"))))
    assert next(one for one in found.steps if one.stage is Stage.PROMOTE).clusters == 2


def test_targets_with_a_version_that_failed_are_told_of() -> None:
    assert walk(world(members=(member(phase="Failed"),))).failed
    assert not walk(world()).failed
    assert not walk(world()).running
    assert walk(world(members=(member(), member("us-east", "Promoting")))).running


def test_a_release_that_is_suspended_is_told_apart_from_one_that_goes_on() -> None:
    held = (member("a", "Progressing", suspended=True), member("b", unseen=True, suspended=True))
    others = (member("c", suspended=True), member("d", "Progressing"), member("e", unseen=True))
    assert walk(world(members=(*held, *others))).held == ("a", "b")


@pytest.mark.parametrize(
    ("images", "word", "wanted"),
    [
        ([f"{NAME}:1.4.0"], "", f"{NAME}:1.5.0"),
        ([f"{NAME}:1.5.3"], FAILING, f"{NAME}:1.6.0-errors"),
        ([f"{NAME}:1.6.0-errors"], "", f"{NAME}:1.7.0"),
        ([f"{NAME}:1.9.0", f"{NAME}:1.10.0", ""], "", f"{NAME}:1.11.0"),
        ([f"{NAME}:latest"], "", ""),
        ([f"{NAME}:1.²4.0"], "", ""),
        ([NAME], "", ""),
        ([], "", ""),
    ],
)
def test_the_version_to_release_comes_after_all_that_are_there(images: list[str], word: str, wanted: str) -> None:
    assert next_image([member(image=one) for one in images], word) == wanted


def test_what_is_first_to_be_done_is_pointed_at() -> None:
    assert walk(world()).now is Stage.TRIGGER
    assert walk(World(True, 1)).now is Stage.CONFIGURE
    assert Standing.GOING in {one.standing for one in walk(World(True, 1)).steps}


def test_the_moment_of_the_end_belongs_to_the_round_before() -> None:
    assert standing(world(runs=(run("succeeded", 20),), leavings=(left(20),))) == "dtttt"

"""Whether an image that a policy says has begun in a cluster, as a table of what target, release and policy say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Wanted
from rollouts.domain.commands.governed import bind_policy
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.commands.policy_new_version_following import begun_in, is_said
from rollouts.domain.kurator import ImageEntry, Kustomization
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.test_a_policy_gets_a_new_version import APP, NEW, governed, having, target
from tests.support.seen import at

OLD, OTHER = f"{APP}:1", f"{APP}:5"
CHOICE = {"container": "app", "image": NEW, "entry": APP, "entry_says": ""}
SAID = Kustomization(images=(ImageEntry(APP, new_tag="2"),))
CHANGED = Kustomization(images=(ImageEntry(APP, new_tag="5"),))
BEGUN, HAD_IT = (True, "has begun"), (True, "The target had it already.")
WAITS, NOT_YET = (None, "On the target. The release begins at Flagger's next tick."), (None, "Not on the target yet.")
CHANGED_AGAIN = (False, "changed again on the hub before it was seen here")


@dataclass(frozen=True)
class Case:
    """Of one cluster since somebody asked: the image of its target, of the newest release, and whether that is a newer
    one than there was; and what the policy says.
    """

    green: str
    ran: str
    newer: bool
    then: tuple[bool | None, str]
    policy: Kustomization = SAID
    generation: int = 8


CASES = [
    Case(NEW, NEW, True, BEGUN),
    Case(NEW, OTHER, True, WAITS),
    Case(OLD, OLD, False, NOT_YET),
    Case(OTHER, OTHER, True, NOT_YET),
    Case(OTHER, NEW, True, NOT_YET),
    Case(NEW, OLD, False, WAITS),
    Case(NEW, NEW, False, HAD_IT),
    Case(OLD, OLD, False, CHANGED_AGAIN, CHANGED),
    Case(OTHER, OTHER, True, CHANGED_AGAIN, CHANGED),
    Case(NEW, OLD, False, CHANGED_AGAIN, CHANGED),
    Case(NEW, NEW, True, BEGUN, CHANGED),
    Case(OLD, OLD, False, NOT_YET, CHANGED, generation=7),
    Case(OLD, OLD, False, CHANGED_AGAIN, Kustomization()),
]


def of(ran: str, number: int) -> RolloutState:
    """Its release of this number is of this image."""
    state = running(iterations=1)
    assert state.release is not None
    return replace(state, releases=number, release=replace(state.release, number=number, to_images=(ran,)))


def follow(
    before: RolloutState | None, now: RolloutState | None, generation: int = 8, **policy: Any
) -> list[InCluster]:
    promised = Promised(bind_policy(governed(before)), generation=7, choice=CHOICE)
    return begun_in(replace(governed(now, **{"kustomization": SAID, **policy}), generation=generation), promised)


def outcome(found: InCluster) -> tuple[bool | None, str]:
    return (None, found.so_far) if found.followed is None else (found.followed.observed, found.followed.sentence)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_target_release_and_policy_say(case: Case) -> None:
    before = having(of(OLD, 4), OLD)
    now = having(of(case.ran, 5 if case.newer else 4), case.green)
    (found,) = follow(before, now, case.generation, kustomization=case.policy)
    observed, said = outcome(found)
    assert (observed, case.then[1] in said) == (case.then[0], True), (observed, said)


def test_a_release_whose_images_nobody_has_read_is_taken_for_it_where_the_target_has_it() -> None:
    unread = of(OLD, 5)
    assert unread.release is not None
    unread = replace(unread, release=replace(unread.release, to_images=None))
    assert outcome(follow(having(of(OLD, 4)), having(unread, NEW))[0]) == (True, "Release 5 has begun.")
    assert outcome(follow(having(of(OLD, 4)), having(unread, OLD))[0]) == NOT_YET


@pytest.mark.parametrize(("blue", "then"), [(NEW, HAD_IT), (OLD, WAITS)])
def test_without_any_release_it_is_blue_that_says_what_ran(blue: str, then: tuple[bool | None, str]) -> None:
    state = having(idle(), NEW, blue=blue)
    assert outcome(follow(state, state)[0]) == then


def test_a_canary_that_is_gone_or_another_by_now_ends_it_there() -> None:
    before = having(idle())
    another = replace(before, canary=replace(before.canary, uid="another"))
    for now in (None, another, replace(before, deleted_at=at(60))):
        assert outcome(follow(before, now)[0]) == (False, "The Canary was deleted.")


def test_a_target_without_the_container_says_so_and_an_unread_one_does_not() -> None:
    before = having(idle())
    renamed = replace(before, green=replace(target(OLD), containers=("web",)))
    assert outcome(follow(before, renamed)[0]) == (None, "The target has no such container.")
    assert outcome(follow(before, replace(before, green=None))[0]) == NOT_YET


def test_a_cluster_that_had_no_canary_is_not_waited_for() -> None:
    assert follow(None, having(idle())) == []


def test_a_cluster_that_is_away_says_so() -> None:
    promised = Promised(bind_policy(governed(having(idle()))), generation=7, choice=CHOICE)
    found = governed(having(idle()), kustomization=SAID)
    found = replace(found, members=(replace(found.members[0], away="unreachable for 3 min"),))
    assert outcome(begun_in(found, promised)[0]) == (None, "Not on the target yet. unreachable for 3 min")


@pytest.mark.parametrize(
    ("choice", "images", "said"),
    [
        (CHOICE, (ImageEntry(APP, new_tag="2"),), True),
        (CHOICE, (ImageEntry("x"), ImageEntry(APP, new_tag="2")), True),
        (CHOICE, (ImageEntry(APP, new_tag="3"),), False),
        (CHOICE, (), False),
        (CHOICE, None, False),
        ({"container": "app", "image": NEW}, (ImageEntry(APP, new_tag="2"),), False),
    ],
)
def test_what_the_policy_says_is_known_as_done(
    choice: dict[str, str], images: tuple[ImageEntry, ...] | None, said: bool
) -> None:
    policy = governed(having(idle()), kustomization=Kustomization(images=images)).policy
    assert is_said(Wanted(Act.NEW_VERSION, "mark-1", choice), policy) is said

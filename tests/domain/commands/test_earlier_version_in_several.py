"""One earlier version for several clusters, which know it by its images alone (flagger.md 10.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rollouts.domain.commands import NAMES_IN_SEVERAL, Act, Plan, Refusal, Unsaid, Wanted, for_each, judge, to_type
from rollouts.domain.commands.choosing_for_several import fields_in
from rollouts.domain.earlier import Versions
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.test_earlier_version import BAD, IMAGES, KNOWN, NOW, OLD, OLDER, WHOLE, seen
from tests.support.seen import at

IDLE = seen(idle(Phase.SUCCEEDED))
CONFIG = replace(WHOLE, key="checkout-77aa", images=(NOW,), template="digest-7")
ELSEWHERE = Versions(at(44), (replace(WHOLE, key="checkout-9c1d", template="digest-9", at=at(-3)),), KNOWN.present)


def judged(known: Versions | None = KNOWN, **choice: str) -> Plan | Refusal:
    return judged_in(IDLE, known, **choice)


def judged_in(state: RolloutState, known: Versions | None = KNOWN, **choice: str) -> Plan | Refusal:
    told = for_each(Act.EARLIER_VERSION, choice)
    return judge(Wanted(Act.EARLIER_VERSION, "mark-1", told, versions=known), state, at(45))


def planned(known: Versions = KNOWN, **choice: str) -> Plan:
    found = judged(known, images=OLD, **choice)
    assert isinstance(found, Plan), str(found)
    return found


def test_each_cluster_puts_what_it_knows_by_these_images_and_is_bound_to_that() -> None:
    assert planned().meant["version"] == "checkout-5d8f"
    other = planned(ELSEWHERE)
    assert (other.meant["version"], other.meant["stands_for"]) == ("checkout-9c1d", "digest-9")
    assert "pod template of checkout-9c1d" in other.patches[0].says


def test_what_was_bound_is_not_looked_for_by_its_images_any_more() -> None:
    alike = replace(KNOWN, found=(replace(WHOLE, key="checkout-new", template="digest-5"), WHOLE))
    assert isinstance(judged(alike, images=OLD, version=WHOLE.key, stands_for="digest-1"), Plan)
    gone = judged(ELSEWHERE, images=OLD, version=WHOLE.key, stands_for="digest-1")
    assert "does not know checkout-5d8f any more" in str(gone)


@pytest.mark.parametrize(
    ("known", "images", "words"),
    [
        (None, OLD, "is being asked"),
        (KNOWN, "", f"Choose a version by its images. Known are {OLD}."),
        (replace(KNOWN, found=(IMAGES,)), OLD, "No earlier version with these images is known here."),
        (replace(KNOWN, found=(IMAGES,), note="It may not list them."), OLD, "known here. It may not list them."),
        (replace(KNOWN, found=(CONFIG,)), NOW, "The target has these images already."),
        (KNOWN, OLDER, "2 earlier versions with these images are known here: choose one of them on its own page."),
    ],
)
def test_a_cluster_that_cannot_have_it_says_why(known: Versions | None, images: str, words: str) -> None:
    found = judged(known, images=images)
    assert isinstance(found, Unsaid)
    assert (found.field, words in str(found)) == ("images", True), str(found)


def test_after_a_failure_the_version_of_blue_is_where_users_are() -> None:
    assert "users have it" in str(judged_in(seen(idle(Phase.FAILED), blue=OLD), images=OLD))


def test_while_a_release_runs_it_is_rolled_back_instead() -> None:
    found = judged_in(seen(running(iterations=1)), images=OLD)
    assert not isinstance(found, Unsaid)
    assert "Roll back instead" in str(found)


def test_in_more_than_one_cluster_the_name_has_to_be_typed() -> None:
    assert to_type([planned(), planned(ELSEWHERE)], "shop-front") == "shop-front"
    assert to_type([planned()], "shop-front") == ""


class TestFlux:
    def test_leaves_the_target_alone_where_it_applies_it(self) -> None:
        held = planned(replace(KNOWN, kustomized=True), flux="60")
        assert held.hold is not None
        assert held.hold.after == timedelta(hours=1)
        assert held.meant["flux"] == "60"

    @pytest.mark.parametrize("known", [KNOWN, replace(KNOWN, kustomized=True, let_alone=True)])
    def test_is_told_nothing_elsewhere_and_nothing_is_to_be_put_back_there(self, known: Versions) -> None:
        plan = planned(known, flux="60")
        assert (plan.hold, plan.meant["flux"]) == (None, "")

    def test_is_told_for_whole_minutes_only(self) -> None:
        assert "whole minutes" in str(judged(images=OLD, flux="an hour"))


class TestTheDialog:
    def test_offers_each_version_once_with_where_it_is_known_and_was_promoted(self) -> None:
        field, *more = fields_in(Act.EARLIER_VERSION, [(IDLE, KNOWN), (IDLE, ELSEWHERE), (IDLE, None)])
        assert (field.name, field.value, more) == ("images", OLD, [])
        assert [(one.value, one.note, one.at) for one in field.options] == [
            (OLD, "promoted in 2, known in 2 of 3 clusters", at(0))
        ]

    def test_begins_with_the_newest_that_was_promoted_in_more_than_half_of_the_clusters(self) -> None:
        newer, oldest = replace(IMAGES, at=at(20)), replace(IMAGES, images=("oldest:1",), at=at(-200))
        here, there = (replace(KNOWN, found=(*more, WHOLE, oldest)) for more in ((newer,), ()))
        field = fields_in(Act.EARLIER_VERSION, [(IDLE, here), (IDLE, there), (IDLE, None)])[0]
        assert [one.value for one in field.options] == [OLDER, OLD, "oldest:1"]
        assert field.value == OLD

    def test_chooses_none_beforehand_that_half_of_the_clusters_never_had(self) -> None:
        assert fields_in(Act.EARLIER_VERSION, [(IDLE, KNOWN), (IDLE, None)])[0].value == ""

    def test_chooses_none_beforehand_that_was_never_promoted(self) -> None:
        field = fields_in(Act.EARLIER_VERSION, [(IDLE, replace(KNOWN, found=(BAD,)))])[0]
        assert field.value == ""
        assert field.options[0].note == "promoted in none, known in 1 of 1 clusters"

    def test_asks_nothing_where_no_version_can_be_told_by_its_images(self) -> None:
        assert fields_in(Act.EARLIER_VERSION, [(IDLE, replace(KNOWN, found=(CONFIG,))), (IDLE, None)]) == ()

    def test_asks_about_flux_where_it_applies_one_of_the_targets(self) -> None:
        asked = fields_in(Act.EARLIER_VERSION, [(IDLE, KNOWN), (IDLE, replace(ELSEWHERE, kustomized=True))])
        assert tuple(one.name for one in asked) == NAMES_IN_SEVERAL[Act.EARLIER_VERSION]

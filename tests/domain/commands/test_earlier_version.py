"""An earlier version on the target again (flagger.md 10.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted, fields, judge
from rollouts.domain.earlier import Version, Versions
from rollouts.domain.observations import Kind, Phase
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.support.seen import at, workload

OLDER, OLD, NOW = (f"registry.example.test/checkout:{n}.0.0" for n in (0, 1, 2))


def template(image: str, **variables: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    return {
        "metadata": {"labels": {"app": "checkout"}},
        "spec": {"containers": [{"name": "app", "image": image, "env": env}]},
    }


D1 = "digest-1"
WHOLE = Version(
    "checkout-5d8f", (OLD,), True, "release 3 succeeded", at(0), template="digest-1", body=template(OLD, MODE="old")
)
IMAGES = Version("release-1", (OLDER,), True, "release 1 succeeded", at(-99))
BAD = Version("checkout-bad", (OLDER,), False, "release 2 failed", at(-50), template="digest-2", body=template(OLDER))
KNOWN = Versions(at(44), (WHOLE, BAD, IMAGES), template(NOW, MODE="new"))


def seen(state: RolloutState, *, blue: str = NOW) -> RolloutState:
    green = replace(workload("checkout", NOW), containers=("app",), resource_version="77")
    return replace(state, green=green, blue=workload("checkout-primary", blue))


def judged(
    state: RolloutState, version: str = WHOLE.key, known: Versions | None = KNOWN, **choice: str
) -> Plan | Refusal:
    return judge(Wanted(Act.EARLIER_VERSION, "mark-1", {"version": version, **choice}, versions=known), state, at(45))


def planned(state: RolloutState, version: str = WHOLE.key, known: Versions = KNOWN) -> Plan:
    found = judged(state, version, known)
    assert isinstance(found, Plan), str(found)
    return found


def test_the_whole_template_of_a_replica_set_is_put_over_the_very_target_that_was_read() -> None:
    (patch,) = planned(seen(idle(Phase.SUCCEEDED))).patches
    assert (patch.kind, patch.name) == (Kind.DEPLOYMENT, "checkout")
    assert patch.body == (
        {"op": "test", "path": "/metadata/resourceVersion", "value": "77"},
        {"op": "replace", "path": "/spec/template", "value": template(OLD, MODE="old")},
    )


def test_of_a_whole_template_only_its_name_digest_and_images_are_told() -> None:
    (patch,) = planned(seen(idle(Phase.SUCCEEDED))).patches
    assert patch.told == [
        {"op": "test", "path": "/metadata/resourceVersion", "value": "77"},
        {
            "op": "replace",
            "path": "/spec/template",
            "value": {"version": WHOLE.key, "digest": WHOLE.template, "images": [OLD]},
        },
    ]


def test_of_a_release_without_replica_set_only_the_images_are_put() -> None:
    plan = planned(seen(idle(Phase.SUCCEEDED)), IMAGES.key)
    (patch,) = plan.patches
    assert isinstance(patch.body, tuple)
    assert patch.body[-1] == {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": OLDER}
    assert any("only the images are known" in warning for warning in plan.warnings)
    assert [(one.place, one.now, one.then) for one in plan.differences] == [("spec.containers[app].image", NOW, OLDER)]


def test_every_place_that_becomes_another_is_shown() -> None:
    found = [(one.place, one.now, one.then) for one in planned(seen(idle(Phase.SUCCEEDED))).differences]
    assert found == [
        ("spec.containers[app].env[MODE].value", "new", "old"),
        ("spec.containers[app].image", NOW, OLD),
    ]


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED])
def test_where_nothing_runs_a_whole_release_of_it_begins(phase: Phase) -> None:
    plan = planned(seen(idle(phase)))
    assert "begins at Flagger's next tick, with the whole analysis. That takes 7 ticks, 70 s at least." in plan.effect
    assert plan.users.startswith("They stay on the present version")
    assert (plan.warnings, plan.typed, plan.reversal) == ((), "", None)
    seen_to_be = {"stands_for": "digest-1", "replaces": workload("checkout", NOW).template}
    assert plan.meant == {**seen_to_be, "version": WHOLE.key, "flux": ""}


def test_a_version_that_failed_is_offered_with_a_warning() -> None:
    assert any("release 2 failed" in warning for warning in planned(seen(idle(Phase.SUCCEEDED)), BAD.key).warnings)


def test_without_an_analysis_it_says_that_nothing_is_checked() -> None:
    plan = planned(seen(idle(Phase.SUCCEEDED, skip_analysis=True)))
    assert any("without any check" in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("given", "keeper", "words"),
    [
        ({"policy": "checkout-prod"}, Owner(OwnerKind.FLUX, "apps"), "kustomization.images"),
        ({}, Owner(OwnerKind.FLUX, "flux-system/apps"), "Flux (flux-system/apps)"),
        ({"helm_release": "shop"}, Owner(OwnerKind.NOBODY), "Helm upgrade (shop)"),
        ({}, Owner(OwnerKind.NOBODY), "from Git or a pipeline"),
    ],
)
def test_who_will_put_the_newer_one_back_is_named(given: dict[str, Any], keeper: Owner, words: str) -> None:
    known = replace(KNOWN, keeper=keeper)
    assert words in planned(seen(idle(Phase.SUCCEEDED, **given)), known=known).undone_by[0]


@pytest.mark.parametrize(
    ("version", "known", "words"),
    [
        ("", None, "is being asked"),
        ("", KNOWN, "Choose a version. Known are checkout-5d8f (registry.example.test/checkout:1.0.0, release 3"),
        ("other", KNOWN, "no earlier version “other”. Known are"),
    ],
)
def test_what_is_still_to_be_chosen_is_said(version: str, known: Versions | None, words: str) -> None:
    found = judged(seen(idle(Phase.SUCCEEDED)), version, known)
    assert isinstance(found, Unsaid)
    assert (found.field, words in str(found)) == ("version", True), str(found)


def test_after_a_failure_the_version_of_blue_is_not_offered() -> None:
    failed = seen(idle(Phase.FAILED), blue=OLD)
    (field,) = [one for one in fields(Act.EARLIER_VERSION, failed, KNOWN) if one.name == "version"]
    assert [one.value for one in field.options] == [BAD.key, IMAGES.key]
    assert fields(Act.EARLIER_VERSION, failed, replace(KNOWN, found=(WHOLE,))) == ()
    assert "blue runs the only earlier version" in str(judged(failed, "", replace(KNOWN, found=(WHOLE,))))


def test_after_a_failure_the_version_of_blue_is_not_put_since_nothing_would_begin() -> None:
    found = judged(seen(idle(Phase.FAILED), blue=OLD))
    assert isinstance(found, Unsaid)
    assert "users have it" in str(found)


@pytest.mark.parametrize(
    ("choice", "known", "words"),
    [
        ({"stands_for": "digest-9"}, KNOWN, "not what it was when it was chosen"),
        ({"replaces": "another"}, KNOWN, "Somebody has changed the target meanwhile"),
        ({"stands_for": "digest-1"}, replace(KNOWN, found=(IMAGES,)), "does not know checkout-5d8f any more"),
        ({}, Versions(at(44), note="forbidden."), "No earlier version is known"),
    ],
)
def test_what_is_no_longer_as_it_was_chosen_is_refused(choice: dict[str, str], known: Versions, words: str) -> None:
    found = judged(seen(idle(Phase.SUCCEEDED)), known=known, **choice)
    assert isinstance(found, Refusal)
    assert not isinstance(found, Unsaid)
    assert words in str(found)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (running(iterations=1), "Roll back instead"),
        (running(Phase.WAITING_PROMOTION), "Roll back instead"),
        (running(Phase.WAITING), "Leave its gate closed"),
        (running(Phase.PROMOTING, green=100), "Wait for the end of the release"),
        (running(Phase.FINALISING), "Wait for the end of the release"),
        (idle(Phase.UNSET), "Before the Canary is initialized"),
        (idle(Phase.FAILED, green=100, weight=100), "blue's pods ready first"),
        (idle(Phase.SUCCEEDED, suspended=True), "Resume it first"),
        (idle(Phase.SUCCEEDED, target_kind="Service"), "no pod template"),
    ],
)
def test_where_it_cannot_work_the_reason_and_the_next_best_act_are_given(state: RolloutState, words: str) -> None:
    found = judged(seen(state))
    assert isinstance(found, Refusal)
    assert not isinstance(found, Unsaid)
    assert words in str(found)


def test_a_target_that_was_not_read_is_waited_for() -> None:
    assert "not been read yet" in str(judged(idle(Phase.SUCCEEDED)))


def test_the_dialog_offers_them_with_what_became_of_each_and_begins_with_the_newest_promoted_one() -> None:
    known = replace(KNOWN, found=(BAD, WHOLE))
    field = fields(Act.EARLIER_VERSION, seen(idle(Phase.SUCCEEDED)), known)[0]
    assert [(one.value, one.words, one.note, one.at) for one in field.options] == [
        ("checkout-bad", OLDER, "release 2 failed", at(-50)),
        ("checkout-5d8f", OLD, "release 3 succeeded", at(0)),
    ]
    assert field.value == "checkout-5d8f"
    assert fields(Act.EARLIER_VERSION, seen(idle(Phase.SUCCEEDED)), None) == ()


def test_where_none_is_known_to_have_been_promoted_none_is_chosen_beforehand() -> None:
    known = replace(KNOWN, found=(BAD, replace(WHOLE, promoted=False, said="not known which")))
    field = fields(Act.EARLIER_VERSION, seen(idle(Phase.SUCCEEDED)), known)[0]
    assert (field.value, len(field.options)) == ("", 2)
    warnings = planned(seen(idle(Phase.SUCCEEDED)), WHOLE.key, known).warnings
    assert "It is not known that users ever had this version: not known which." in warnings

"""Another image for one container of the target (flagger.md 5.6, 10.9; proven 21, 22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted, fields, judge
from rollouts.domain.observations import Kind, Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.support.seen import at, workload

OLD, NOW, NEW = (f"registry.example.test/checkout:{n}.0.0" for n in (0, 1, 2))
SIDECAR = "registry.example.test/proxy:7"


def seen(state: RolloutState, *, green: str = NOW, blue: str = NOW) -> RolloutState:
    """With both sides as they were read, each of two containers."""
    sides = (("checkout", green), ("checkout-primary", blue))
    read = [
        replace(workload(name, image), images=(image, SIDECAR), containers=("app", "proxy")) for name, image in sides
    ]
    return replace(state, green=read[0], blue=read[1])


def judged(state: RolloutState, image: str = NEW, **choice: str) -> Plan | Refusal:
    given = {"container": "app", "image": image, **choice}
    return judge(Wanted(Act.NEW_VERSION, "mark-1", given), state, at(45))


def planned(state: RolloutState, image: str = NEW, **choice: str) -> Plan:
    found = judged(state, image, **choice)
    assert isinstance(found, Plan), str(found)
    return found


def test_only_the_image_of_that_container_is_written_and_only_over_what_was_seen() -> None:
    (patch,) = planned(seen(idle(Phase.SUCCEEDED)), "registry.example.test/proxy:8", container="proxy").patches
    assert (patch.kind, patch.name) == (Kind.DEPLOYMENT, "checkout")
    place = "/spec/template/spec/containers/1"
    assert patch.body == (
        {"op": "test", "path": f"{place}/name", "value": "proxy"},
        {"op": "test", "path": f"{place}/image", "value": SIDECAR},
        {"op": "replace", "path": f"{place}/image", "value": "registry.example.test/proxy:8"},
    )


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED])
def test_where_nothing_runs_a_release_begins(phase: Phase) -> None:
    plan = planned(seen(idle(phase)))
    assert plan.effect == "A release of this version begins at Flagger's next tick."
    assert plan.warnings == ()
    assert plan.meant == {"replaces": NOW}


def test_a_running_analysis_starts_again_and_users_on_green_meet_it_unchecked() -> None:
    plan = planned(seen(running(iterations=4, green=100), blue=OLD))
    assert "starts again from the beginning" in plan.effect
    assert any("unchecked" in warning for warning in plan.warnings)


def test_during_an_analysis_the_version_of_blue_is_refused_since_flagger_would_promote_the_wrong_one() -> None:
    found = judged(seen(running(iterations=1), blue=OLD), OLD)
    assert isinstance(found, Refusal)
    assert "promoted as what it is not" in found.reason
    assert found.instead == "Roll back instead."


def test_after_a_failure_it_warns_that_the_version_of_blue_begins_nothing() -> None:
    plan = planned(seen(idle(Phase.FAILED), blue=OLD), OLD)
    assert any("begins no release" in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("registry.example.test/checkout", "“latest”"),
        ("registry.example.test/cart:2.0.0", "another image than the present one"),
    ],
)
def test_what_is_unusual_is_said(image: str, words: str) -> None:
    assert any(words in warning for warning in planned(seen(idle(Phase.SUCCEEDED)), image).warnings)


def test_without_an_analysis_it_says_that_nothing_is_checked() -> None:
    plan = planned(seen(idle(Phase.SUCCEEDED, skip_analysis=True)))
    assert any("without any check" in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"policy": "checkout-prod"}, "kustomization.images"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux (apps)"),
        ({}, "from Git or a pipeline"),
    ],
)
def test_who_will_put_the_old_one_back_is_named(given: dict[str, Any], words: str) -> None:
    assert words in planned(seen(idle(Phase.SUCCEEDED, **given))).undone_by[0]


@pytest.mark.parametrize(
    ("choice", "field", "words"),
    [
        ({}, "container", "Choose a container."),
        ({"container": "sidecar", "image": NEW}, "container", "no container “sidecar”, but app, proxy."),
        ({"container": "app"}, "image", "Give the whole image"),
        ({"container": "app", "image": "Checkout:2"}, "image", "cannot stand"),
        ({"container": "app", "image": NOW}, "image", "has this image already"),
    ],
)
def test_what_is_missing_or_wrong_is_told_by_its_field(choice: dict[str, str], field: str, words: str) -> None:
    found = judge(Wanted(Act.NEW_VERSION, "mark-1", choice), seen(idle(Phase.SUCCEEDED)), at(45))
    assert isinstance(found, Unsaid)
    assert (found.field, words in found.reason) == (field, True), found.reason


def test_an_image_that_somebody_has_set_meanwhile_is_not_overwritten() -> None:
    found = judged(seen(idle(Phase.SUCCEEDED), green=OLD), NEW, replaces=NOW)
    assert isinstance(found, Refusal)
    assert f"set the image to {OLD} meanwhile" in found.reason


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (seen(running(Phase.PROMOTING, green=100)), "does not look at the target"),
        (seen(running(Phase.WAITING)), "does not look at the target"),
        (seen(idle(Phase.UNSET)), "Before the Canary is initialized"),
        (seen(idle(Phase.FAILED, green=100, weight=100)), "blue's pods ready first"),
        (seen(idle(Phase.SUCCEEDED, suspended=True)), "Resume it first"),
        (seen(idle(Phase.SUCCEEDED, target_kind="Service")), "no pod template"),
        (idle(Phase.SUCCEEDED), "not been read yet"),
    ],
)
def test_where_it_cannot_work_the_reason_is_given(state: RolloutState, words: str) -> None:
    found = judged(state)
    assert isinstance(found, Refusal)
    assert not isinstance(found, Unsaid)
    assert words in str(found)


def test_the_dialog_asks_for_the_container_and_begins_with_its_image() -> None:
    container, image = fields(Act.NEW_VERSION, seen(idle(Phase.SUCCEEDED)))
    assert [one.value for one in container.options] == ["app", "proxy"]
    assert (container.options[1].words, image.value) == (f"proxy, now {SIDECAR}", NOW)
    assert fields(Act.RETRY, seen(idle(Phase.FAILED))) == ()

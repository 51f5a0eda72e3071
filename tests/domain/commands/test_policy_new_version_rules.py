"""The rules of a new version through a policy as tables: what hinders it, is asked, is written and happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.new_version import NOT_READ
from rollouts.domain.commands.policy_new_version import (
    ENTRY,
    EVERYTHING,
    IN_EACH,
    INSTEAD_OF_GIT,
    SAID,
    new_version_of_policy,
)
from rollouts.domain.kurator import ImageEntry, Kustomization
from rollouts.domain.observations import Phase
from rollouts.domain.rollout import RolloutState
from tests.domain.commands.commanded import idle, running
from tests.domain.commands.test_a_policy_gets_a_new_version import APP, NEW, PROXY, governed, having

DIGEST = f"sha256:{'a' * 64}"
TOLD = {"container": "app", "image": NEW}


def judged(*states: RolloutState | None, choice: dict[str, str] = TOLD, **policy: Any) -> Plan | Refusal:
    return new_version_of_policy(Wanted(Act.NEW_VERSION, "mark-1", choice), governed(*states, **policy))


def planned(*states: RolloutState | None, **given: Any) -> Plan:
    found = judged(*states, **given)
    assert isinstance(found, Plan), str(found)
    return found


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"kustomization": None}, "It has no kustomization: an image can be set through a policy only in"),
        ({"kustomization": None, "helm": True}, "It installs a Helm chart: an image can be set"),
        ({"kustomization": Kustomization(suspended=True)}, "Flux is told to leave this policy alone"),
        ({"suspended": True}, "The policy is suspended"),
        ({"kustomization": Kustomization(unread=True)}, "cannot be read here."),
        ({"kustomization": Kustomization(images=(ImageEntry(APP), ImageEntry("x", APP)))}, "Several entries"),
    ],
)
def test_what_hinders_the_whole_policy_is_said_with_what_to_do_instead(policy: dict[str, Any], said: str) -> None:
    found = judged(having(idle()), **policy)
    assert isinstance(found, Refusal)
    assert not isinstance(found, Unsaid)
    assert said in found.reason
    assert IN_EACH in found.instead or "Resume it first." in found.instead


@pytest.mark.parametrize("phase", [Phase.PROMOTING, Phase.FINALISING, Phase.WAITING, Phase.INITIALIZING])
def test_one_cluster_where_flagger_does_not_look_hinders_it_everywhere(phase: Phase) -> None:
    found = judged(having(idle()), having(idle(phase)))
    assert isinstance(found, Refusal)
    assert "c2" in found.reason
    assert "c1" not in found.reason
    assert found.instead == "In several clusters it can be asked for without these."


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((None, having(idle())), "No Canary of it is seen in c1: "),
        ((None, having(idle()), None), "No Canary of it is seen in c1 and c3: "),
        ((idle(), idle()), NOT_READ),
    ],
)
def test_a_cluster_of_which_too_little_is_known_hinders_it(states: tuple[RolloutState | None, ...], said: str) -> None:
    assert said in str(judged(*states))


@pytest.mark.parametrize(
    ("choice", "field", "said"),
    [
        ({}, "container", "Choose a container."),
        ({"image": NEW}, "container", "Choose a container."),
        ({"container": "web", "image": NEW}, "container", "The target has no container “web” in c1 and c2, but app"),
        ({"container": "proxy", "image": NEW}, "container", "no container “proxy” in c2, but app."),
        ({"container": "app"}, "image", "image"),
        ({"container": "app", "image": APP}, "image", "Give a tag or a digest"),
        ({"container": "app", "image": "no image"}, "image", "image"),
    ],
)
def test_what_is_missing_is_asked_for_at_its_field(choice: dict[str, str], field: str, said: str) -> None:
    found = judged(having(idle(), f"{APP}:1", f"{PROXY}:1"), having(idle()), choice=choice)
    assert isinstance(found, Unsaid)
    assert (found.field, said in found.reason) == (field, True), found.reason


@pytest.mark.parametrize(
    ("entries", "image", "written"),
    [
        (None, NEW, [("add", "", [{"name": APP, "newTag": "2"}])]),
        ((), NEW, [("add", "/-", {"name": APP, "newTag": "2"})]),
        ((ImageEntry(PROXY, new_tag="9"),), NEW, [("add", "/-", {"name": APP, "newTag": "2"})]),
        (None, f"{APP}@{DIGEST}", [("add", "", [{"name": APP, "digest": DIGEST}])]),
        (None, "mirror.test/app:2", [("add", "", [{"name": APP, "newName": "mirror.test/app", "newTag": "2"}])]),
    ],
)
def test_what_is_written_beside_the_guards(
    entries: tuple[ImageEntry, ...] | None, image: str, written: list[tuple[str, str, Any]]
) -> None:
    found = planned(having(idle()), choice={**TOLD, "image": image}, kustomization=Kustomization(images=entries))
    (patch,) = found.patches
    assert isinstance(patch.body, tuple)
    place = "/spec/syncPolicies/1/kustomization/images"
    said = [(one["op"], one["path"].removeprefix(place), one["value"]) for one in patch.body if one["op"] != "test"]
    assert said == written


@pytest.mark.parametrize(
    ("entries", "kept", "works"),
    [
        ((), {}, True),
        ((), {ENTRY: APP, SAID: ""}, True),
        ((), {ENTRY: APP, SAID: f"{APP}:1"}, False),
        ((ImageEntry(APP, new_tag="1"),), {ENTRY: APP, SAID: f"{APP}:1"}, True),
        ((ImageEntry(APP, new_tag="7"),), {ENTRY: APP, SAID: f"{APP}:1"}, False),
        ((ImageEntry("app", APP, "1"),), {ENTRY: APP, SAID: ""}, False),
    ],
)
def test_it_is_bound_to_the_entry_that_was_seen(
    entries: tuple[ImageEntry, ...], kept: dict[str, str], works: bool
) -> None:
    found = judged(having(idle()), choice={**TOLD, **kept}, kustomization=Kustomization(images=entries))
    assert isinstance(found, Plan) is works, str(found)
    assert works or "Somebody has changed kustomization.images meanwhile" in str(found)


@pytest.mark.parametrize(
    ("state", "let_alone", "said"),
    [
        (having(idle()), False, f"From {APP}:1. A release of it begins."),
        (having(running(iterations=1)), False, f"From {APP}:1. The analysis starts again from the beginning with it."),
        (having(idle(), NEW), False, f"It has {NEW} already: nothing changes there."),
        (having(idle(), NEW), True, f"It has {NEW} already: nothing changes there."),
        (having(idle()), True, f"It stays at {APP}:1: Flux was told from here"),
    ],
)
def test_what_happens_in_a_cluster(state: RolloutState, let_alone: bool, said: str) -> None:
    found = governed(state)
    found = replace(found, members=(replace(found.members[0], let_alone=let_alone),))
    plan = new_version_of_policy(Wanted(Act.NEW_VERSION, "mark-1", TOLD), found)
    assert isinstance(plan, Plan)
    assert plan.in_each[1].startswith(said)


@pytest.mark.parametrize(("clusters", "where"), [(1, "Kustomization of c1 within"), (2, "of all 2 clusters within")])
def test_it_says_where_it_holds(clusters: int, where: str) -> None:
    assert where in planned(*[having(idle()) for _ in range(clusters)]).effect


def test_what_always_holds_is_warned_of_first() -> None:
    assert planned(having(idle())).warnings[:2] == (INSTEAD_OF_GIT, EVERYTHING)


@pytest.mark.parametrize("before", [f"{APP}:1", f"{APP}:3"])
def test_the_version_of_blue_ends_no_analysis(before: str) -> None:
    """Flagger takes it for nothing new."""
    found = judged(having(running(iterations=1), before, blue=NEW), having(idle()))
    assert isinstance(found, Refusal)
    assert "Blue runs this version in c1" in found.reason
    assert "Roll back there instead." in found.instead
    assert isinstance(judged(having(idle(), before, blue=NEW), having(idle())), Plan)

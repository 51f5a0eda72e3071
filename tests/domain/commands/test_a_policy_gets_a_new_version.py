"""A new version through a policy: what is written for all of its clusters, why not, and how far it has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.changes import observe
from rollouts.domain.commands import KEPT, POLICY_ACTS, Act, Governed, Plan, Unsaid, Wanted
from rollouts.domain.commands.governed import bind_policy
from rollouts.domain.commands.policy_following import InCluster, Promised
from rollouts.domain.kurator import ImageEntry, Kustomization
from rollouts.domain.observations import Phase, Workload
from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.rollout import RolloutState
from tests.domain.commands import policied
from tests.domain.commands.commanded import idle, running
from tests.support.seen import at, canary, workload

ACT = Act.NEW_VERSION
APP, PROXY = "registry.test/shop/app", "registry.test/mesh/proxy"
NEW = f"{APP}:2"


def target(*images: str, name: str = "checkout") -> Workload:
    containers = ("app", "proxy", "helper")[: len(images)]
    made = workload(name, images[0], template=" ".join(images))
    return replace(made, images=images, containers=containers)


def having(state: RolloutState, *images: str, blue: str = "") -> RolloutState:
    state = replace(state, green=target(*(images or (f"{APP}:1",))))
    return replace(state, blue=target(blue, name="checkout-primary")) if blue else state


def governed(*states: RolloutState | None, **policy: Any) -> Governed:
    return policied.governed(*states, **{"kustomization": Kustomization(interval="0s"), **policy})


def judged(found: Governed, image: str = NEW, container: str = "app", **kept: str) -> Any:
    return policied.judged(ACT, found, container=container, image=image, **kept)


def planned(found: Governed, image: str = NEW, container: str = "app") -> Plan:
    plan = judged(found, image, container)
    assert isinstance(plan, Plan), str(plan)
    return plan


def written(plan: Plan) -> list[dict[str, Any]]:
    (patch,) = plan.patches
    assert isinstance(patch.body, tuple)
    return [dict(one) for one in patch.body]


def warned(plan: Plan, said: str) -> bool:
    return any(said in one for one in plan.warnings)


class TestPlan:
    def test_it_is_an_entry_of_the_policy_guarded_as_every_act_on_it(self) -> None:
        plan = planned(governed(having(idle()), having(idle()), named=True))
        at = "/spec/syncPolicies/1"
        assert written(plan) == [
            {"op": "test", "path": "/metadata/generation", "value": 7},
            {"op": "test", "path": f"{at}/rollout/workload/name", "value": "checkout"},
            {"op": "test", "path": f"{at}/name", "value": "prod"},
            {"op": "add", "path": f"{at}/kustomization/images", "value": [{"name": APP, "newTag": "2"}]},
        ]
        assert plan.meant == {"entry": APP, "entry_says": ""}
        assert set(plan.meant) <= KEPT
        assert plan.typed == ""

    def test_entries_of_others_stay_and_the_one_for_it_keeps_its_name(self) -> None:
        entries = (ImageEntry(PROXY, new_tag="9"), ImageEntry("app", APP, "1"))
        plan = planned(governed(having(idle()), kustomization=Kustomization(images=entries)))
        *_, name, tag = written(plan)
        at = "/spec/syncPolicies/1/kustomization/images/1"
        assert (name["path"], name["value"], tag["path"], tag["value"]) == (f"{at}/name", "app", f"{at}/newTag", "2")
        assert plan.meant == {"entry": "app", "entry_says": f"{APP}:1"}

    def test_it_says_what_happens_in_each_cluster(self) -> None:
        plan = planned(governed(having(idle()), having(running(iterations=1)), having(idle(), NEW)))
        assert plan.in_each == {
            1: f"From {APP}:1. A release of it begins.",
            2: f"From {APP}:1. The analysis starts again from the beginning with it.",
            3: f"It has {NEW} already: nothing changes there.",
        }
        assert "Kustomization of all 3 clusters within 30 s" in plan.effect
        assert "reconcile: disabled stays as it is" in plan.effect

    def test_git_and_what_else_flux_applies_are_warned_of(self) -> None:
        plan = planned(governed(having(idle(), f"{APP}:1", PROXY, f"{APP}:0")))
        assert warned(plan, "another tag in Git changes nothing while it is there")
        assert warned(plan, "what somebody has changed by hand is put back")
        assert warned(plan, "The image of helper has the same name")
        assert warned(plan, f"Whatever else of the policy has an image {APP} in Git")
        assert plan.undone_by == ("Flux (flux-system/apps), when what it keeps says otherwise.",)

    def test_nobody_who_keeps_the_application_undoes_nothing(self) -> None:
        found = replace(governed(having(idle())), keeper=Owner(OwnerKind.NOBODY))
        assert planned(found).undone_by == ()

    def test_what_holds_in_some_clusters_names_them(self) -> None:
        plan = planned(governed(having(running(iterations=4, green=100)), having(idle())), image="mirror.test/app:2")
        assert warned(plan, "c1: Users are on green")
        assert warned(plan, f"It is another image than the present one, which is {APP}.")
        assert not warned(plan, "c1: It is another")

    def test_a_digest_says_more_than_a_tag(self) -> None:
        digest = f"sha256:{'0' * 64}"
        plan = planned(governed(having(idle())), image=f"{APP}:2@{digest}")
        assert written(plan)[-1]["value"] == [{"name": APP, "digest": digest}]
        assert warned(plan, "The tag 2 is left out")

    @pytest.mark.parametrize(("interval", "retry", "said"), [("0s", "", True), ("0s", "1m", False), ("5m", "", False)])
    def test_a_cluster_that_is_away_may_never_get_it(self, interval: str, retry: str, said: bool) -> None:
        found = governed(having(idle()), having(idle()), kustomization=Kustomization(interval=interval, retry=retry))
        away = replace(found.members[1], away="unreachable")
        plan = planned(replace(found, members=(found.members[0], away)))
        assert warned(plan, "Where Flux does not reach a cluster (c2) it does not try again") is said
        assert warned(plan, "Nothing new is heard of c2")

    def test_a_target_that_flux_was_told_to_leave_alone_stays_as_it_is(self) -> None:
        found = governed(having(idle()), having(idle()))
        plan = planned(replace(found, members=(found.members[0], replace(found.members[1], let_alone=True))))
        assert plan.in_each[2].startswith(f"It stays at {APP}:1: Flux was told")
        assert warned(plan, "leave the target alone in c2: it stays as it is there.")

    def test_a_target_that_was_not_read_yet_is_named(self) -> None:
        assert warned(planned(governed(having(idle()), idle())), "What the target has in c2 has not been read yet.")


class TestRefused:
    @pytest.mark.parametrize(
        ("policy", "said"),
        [
            ({"kustomization": None, "helm": True}, "It installs a Helm chart"),
            ({"kustomization": None}, "It has no kustomization"),
            ({"kustomization": Kustomization(suspended=True)}, "(kustomization.suspend), so no image would be set."),
            ({"kustomization": Kustomization(unread=True)}, "cannot be read here. Ask for it in several clusters"),
            ({"suspended": True}, "Resume it first."),
        ],
    )
    def test_what_flux_or_flagger_would_not_do_says_so_and_what_to_do(self, policy: dict[str, Any], said: str) -> None:
        assert said in str(judged(governed(having(idle()), **policy)))

    def test_one_cluster_where_flagger_does_not_look_hinders_it(self) -> None:
        said = str(
            judged(governed(having(idle()), having(running(Phase.PROMOTING)), having(running(Phase.FINALISING))))
        )
        assert "c2: In Promoting Flagger does not look at the target." in said
        assert "In several clusters it can be asked for without these." in said

    def test_a_cluster_without_a_canary_hinders_it_since_nobody_would_check_it_there(self) -> None:
        refused = judged(governed(having(idle()), None))
        assert "users there would get the image at once, and unchecked" in str(refused)
        assert "several clusters" in refused.instead

    def test_nothing_is_set_on_targets_that_nobody_has_read(self) -> None:
        assert "has not been read yet" in str(judged(governed(idle())))

    def test_the_version_of_blue_is_no_version_for_a_release_that_runs(self) -> None:
        found = governed(having(running(iterations=1), f"{APP}:1", blue=NEW), having(idle()))
        assert "Blue runs this version in c1" in str(judged(found))

    @pytest.mark.parametrize(
        ("container", "image", "field", "said"),
        [
            ("", NEW, "container", "Choose a container."),
            ("db", NEW, "container", "no container “db” in c1, but app."),
            ("app", "", "image", "Give the whole image"),
            ("app", APP, "image", "Give a tag or a digest"),
            ("app", f"{APP}:1:2", "image", "is not a tag"),
        ],
    )
    def test_what_is_missing_is_asked_for(self, container: str, image: str, field: str, said: str) -> None:
        found = judged(governed(having(idle())), image, container)
        assert isinstance(found, Unsaid)
        assert (found.field, said in str(found)) == (field, True), str(found)

    def test_what_the_policy_says_already_is_not_said_again(self) -> None:
        entries = Kustomization(images=(ImageEntry(APP, new_tag="2"),))
        found = judged(governed(having(idle()), kustomization=entries))
        assert isinstance(found, Unsaid)
        assert "says this image already" in str(found)

    def test_targets_that_have_it_already_can_still_be_held_by_the_policy(self) -> None:
        assert planned(governed(having(idle(), NEW))).in_each == {1: f"It has {NEW} already: nothing changes there."}

    @pytest.mark.parametrize("kept", [{"entry": "app"}, {"entry_says": f"{APP}:1"}])
    def test_an_entry_that_somebody_else_has_changed_is_left_to_them(self, kept: dict[str, str]) -> None:
        entries = Kustomization(images=(ImageEntry(APP, new_tag="7"),))
        said = str(judged(governed(having(idle()), kustomization=entries), **kept))
        assert said == (
            f"Somebody has changed kustomization.images meanwhile: the one for {APP} says {APP}:7. Look at it again."
        )


class TestFollowed:
    choice = {"container": "app", "image": NEW, "entry": APP, "entry_says": ""}
    said = Kustomization(images=(ImageEntry(APP, new_tag="2"),))

    def follow(self, before: RolloutState, now: RolloutState | None, **policy: Any) -> InCluster:
        promised = Promised(bind_policy(governed(before, None)), generation=7, choice=self.choice)
        present = governed(now, None, **{"kustomization": self.said, **policy})
        (one,) = POLICY_ACTS[ACT].seen(replace(present, generation=8), promised)
        return one

    def released(self, state: RolloutState, image: str) -> RolloutState:
        """Flagger has seen another target."""
        for seen in (
            target(image),
            canary(50, Phase.PROGRESSING, last_applied="ccc"),
            replace(target(image), template=f"{image} again"),
        ):
            step = observe(state, seen, seen_at=at(50), listed=False)
            state = step.state if step is not None else state
        return state

    def test_it_has_come_where_a_release_of_this_image_has_begun(self) -> None:
        before = having(idle())
        now = self.released(before, NEW)
        assert now.releases == before.releases + 1
        found = self.follow(before, now).followed
        assert found is not None
        assert (found.observed, found.sentence) == (True, f"Release {now.releases} has begun.")

    def test_a_release_of_another_image_is_not_it(self) -> None:
        before = having(idle())
        other = self.released(before, f"{APP}:5")
        assert (self.follow(before, other).followed, self.follow(before, other).so_far) == (
            None,
            "Not on the target yet.",
        )
        late = replace(other, green=target(NEW))
        assert self.follow(before, late).followed is None

    def test_on_the_target_it_waits_for_flaggers_tick(self) -> None:
        before = having(idle(), blue=f"{APP}:1")
        found = self.follow(before, having(before, NEW))
        assert (found.followed, found.so_far) == (None, "On the target. The release begins at Flagger's next tick.")

    def test_where_it_ran_before_no_release_is_waited_for(self) -> None:
        state = having(idle(), NEW, blue=NEW)
        found = self.follow(state, state).followed
        assert found is not None
        assert (found.observed, found.sentence) == (True, "The target had it already.")

    def test_a_canary_that_is_gone_ends_it_there(self) -> None:
        state = having(idle())
        assert self.follow(state, None).followed is not None

    def test_a_policy_that_says_otherwise_by_now_ends_it_where_it_has_not_begun(self) -> None:
        state = having(idle())
        found = self.follow(state, state, kustomization=Kustomization(images=())).followed
        assert found is not None
        assert (found.observed, "changed again on the hub" in found.sentence) == (False, True)

    def test_an_application_that_was_not_observed_since_says_nothing(self) -> None:
        state = having(idle())
        promised = Promised(bind_policy(governed(state)), generation=7, choice=self.choice)
        (one,) = POLICY_ACTS[ACT].seen(governed(state), promised)
        assert (one.followed, one.so_far) == (None, "Not on the target yet.")

    def test_what_the_policy_says_is_recognised_as_done(self) -> None:
        policy = governed(having(idle()), kustomization=self.said).policy
        assert POLICY_ACTS[ACT].done(Wanted(ACT, "m", self.choice), policy)
        assert not POLICY_ACTS[ACT].done(Wanted(ACT, "m", {**self.choice, "image": f"{APP}:3"}), policy)
        assert not POLICY_ACTS[ACT].done(Wanted(ACT, "m"), policy)

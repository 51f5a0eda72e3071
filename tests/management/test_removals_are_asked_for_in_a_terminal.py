"""`manage.py change`: a removal told, asked for, followed and stopped, with exit codes that a pipeline reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from rollouts.domain.observations import Phase
from rollouts.models import Application, AuditEntry, Covers, Removal, RemovalPart, RemovalState, Role, Rollout
from tests.management.changes import change, fails
from tests.management.terminal import in_turn
from tests.support.builders import make_cluster, make_rollout
from tests.support.canaries import made_by_kurator
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.people import grant, make_operator, make_person

pytestmark = pytest.mark.django_db
OF_POLICY = ("--application", "shop/checkout", "--policy", POLICY)
PLACE = "edge/shop/checkout"


def ends(state: RemovalState, sentence: str) -> Callable[[], object]:
    return lambda: Removal.objects.update(state=state, sentence=sentence, ended_at=timezone.now())


@pytest.fixture(autouse=True)
def _ed() -> None:
    """Sees everything, and may edit every policy."""
    grant(make_person("ed"), edits_policies=True)


@pytest.fixture
def governed() -> Application:
    return make_policy("eu-west", "us-east", phase=Phase.INITIALIZED)


@pytest.fixture
def canary() -> Rollout:
    return make_rollout(make_cluster("edge"))


class TestAsking:
    def test_a_dry_run_tells_what_would_be_done_and_asks_for_nothing(self, governed: Application) -> None:
        lines = change("remove", *OF_POLICY, "--dry-run")
        assert lines[0] == "1. On the hub revertOnDeletion is switched on in the policy."
        assert "Written: applications shop/checkout: rollout out of the policy" in lines
        assert "In: eu-west, us-east" in lines
        assert "To be confirmed with: checkout" in lines
        assert not Removal.objects.exists()

    def test_a_policy_is_asked_for_in_the_name_of_the_person(self, governed: Application) -> None:
        lines = change("remove", *OF_POLICY, "--confirm", "checkout", "--reason", "plain Deployments")
        removal = Removal.objects.get()
        assert (removal.policy, removal.reason, removal.person_name) == (POLICY, "plain Deployments", "ed")
        assert lines[-1] == f"Asked for as removals/{removal.pk}."
        assert AuditEntry.objects.get(act="remove").person.startswith("ed, by ")

    def test_a_plain_canary_is_asked_for_by_its_place(self, canary: Rollout) -> None:
        change("remove", PLACE, "--confirm", "checkout")
        assert Removal.objects.get().rollout == canary

    def test_without_the_name_nothing_is_asked_for(self, canary: Rollout) -> None:
        code, said = fails("remove", PLACE)
        assert (code, "Type checkout" in said) == (1, True)
        assert not Removal.objects.exists()

    def test_what_cannot_be_removed_says_why(self, canary: Rollout) -> None:
        made_by_kurator(canary)
        code, said = fails("remove", PLACE, "--dry-run")
        assert (code, "Kurator makes this Canary of a policy" in said) == (1, True)

    def test_a_policy_that_is_not_there_is_told_with_those_that_are(self, governed: Application) -> None:
        code, said = fails("remove", "--application", "shop/checkout", "--policy", "other")
        assert (code, f"Known: {POLICY}." in said) == (1, True)

    @pytest.mark.parametrize("words", [("--application", "shop/checkout"), (PLACE, "--policy", POLICY)])
    def test_a_policy_belongs_to_an_application(self, canary: Rollout, words: tuple[str, ...]) -> None:
        assert fails("remove", *words)[0] == 2

    def test_who_may_not_edit_policies_is_told_whom_to_ask(self, governed: Application, canary: Rollout) -> None:
        make_operator("olga")
        of_policy = ("--application", str(governed.pk), "--policy", POLICY)  # both Applications are called alike
        for words in (of_policy, (PLACE,)):
            code, said = fails("remove", *words, "--confirm", "checkout", who="olga")
            assert (code, "needs the right to edit policies" in said) == (1, True)
        assert not Removal.objects.exists()


class TestFollowing:
    def test_waiting_tells_each_step_until_all_is_done(self, canary: Rollout) -> None:
        def reverts() -> None:
            RemovalPart.objects.update(done=[{"said": "It is on.", "at": 1.0}], sentence="Flagger has to see it.")

        pause = in_turn(reverts, lambda: None, ends(RemovalState.DONE, "All is done."))
        lines = change("remove", PLACE, "--confirm", "checkout", "--wait", pause=pause)
        first = lines.index("edge: revertOnDeletion is on in the Canary (done). It is on.")
        assert lines[first + 1] == "edge: Flagger will bring the target back (going-on). Flagger has to see it."
        assert lines[-1] == "All is done."
        assert len(lines) == len(set(lines))

    def test_what_ends_otherwise_has_its_own_code(self, governed: Application) -> None:
        removal = make_removal(governed)
        pause = in_turn(ends(RemovalState.FAILED, "The policy was changed meanwhile."))
        assert fails("follow", f"removals/{removal.pk}", pause=pause) == (3, "The policy was changed meanwhile.")

    def test_what_lasts_goes_on_without_whoever_waited(self, governed: Application) -> None:
        removal = make_removal(governed)
        code, said = fails("follow", f"removals/{removal.pk}", "--timeout", "0s")
        assert (code, said) == (4, "It has not ended in time, and goes on.")

    def test_it_is_shown_with_every_step_of_every_cluster(self, governed: Application) -> None:
        removal = make_removal(governed)
        lines = change("show", f"removals/{removal.pk}")
        assert lines[0] == f"Removal of policy {POLICY}: going on"
        assert "hub: revertOnDeletion is on in the policy (going-on)." in lines
        assert "us-east: Blue and its Services are gone (to-come)." in lines

    @pytest.mark.parametrize("place", ["removals/99", "removals/x", "99", "batches/1"])
    def test_what_is_not_there_says_how_it_is_named(self, place: str) -> None:
        assert fails("show", place) == (1, f"There is no change {place}. It is named as removals/12 is.")

    def test_who_sees_a_part_of_its_clusters_finds_nothing(self, governed: Application) -> None:
        place = f"removals/{make_removal(governed).pk}"
        bob = make_person("bob")
        grant(bob, Role.OPERATOR, Covers.CLUSTER, cluster=governed.rollouts.all()[0].cluster, edits_policies=True)
        for word in ("show", "follow", "stop"):
            assert fails(word, place, who="bob")[0] == 1


class TestStopping:
    def test_it_tells_what_is_left(self, governed: Application) -> None:
        removal = make_removal(governed)
        (line,) = change("stop", f"removals/{removal.pk}")
        assert line.startswith("Stopped. The policy still has its rollout")
        assert fails("stop", f"removals/{removal.pk}") == (1, "It has ended already: there was nothing to stop.")

    def test_a_viewer_stops_nothing(self, governed: Application) -> None:
        removal = make_removal(governed)
        make_person("vera", Role.VIEWER)
        assert fails("stop", f"removals/{removal.pk}", who="vera")[0] == 1
        removal.refresh_from_db()
        assert removal.state == RemovalState.OPEN

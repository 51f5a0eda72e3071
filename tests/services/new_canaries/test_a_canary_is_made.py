"""From what was entered to a workload that Flagger releases blue/green: tried out, made once, followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kurator_ui.demo.resources import CANARIES, DEPLOYMENTS, SERVICES
from rollouts.domain.new_canaries.choosing import LED
from rollouts.domain.whole.making import mark_of
from rollouts.models import AuditEntry, ChangeState, NewCanary, RequiredReason
from rollouts.queries import new_canaries as queries
from rollouts.services import new_canaries
from rollouts.services.act import NotPossible
from rollouts.services.new_canaries.leading import OTHER_PODS
from rollouts.services.one_offs import Unconfirmed
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE
from tests.services.new_canaries.world import BASKET, TARGET, Making


def test_the_cluster_tries_it_out_and_nothing_is_made(world: Making) -> None:
    row = world.enter()
    assert (row.state, row.seen) == (ChangeState.LOOKED, {"refused": "", "pods": 2})
    assert world.find() is None
    assert not AuditEntry.objects.filter(kind="rollout").exists()


def test_it_is_made_and_followed_until_flagger_has_made_blue(world: Making) -> None:
    row = world.until_ended(world.confirm(world.enter()))
    assert (row.state, row.sentence) == (
        ChangeState.DONE,
        "The Canary says it, and Flagger has made blue: users are served by it.",
    )
    found = world.find()
    assert found is not None
    assert (found["status"]["phase"], mark_of(found)) == ("Initialized", row.mark)
    assert found["spec"]["service"] == {"name": BASKET, "targetPort": "http", "port": 8080}
    blue, workload = world.find(f"{BASKET}-primary", DEPLOYMENTS), world.find(BASKET, DEPLOYMENTS)
    assert blue is not None
    assert workload is not None
    assert (blue["spec"]["replicas"], workload["spec"]["replicas"]) == (2, 0)
    rollout = queries.rollout_of(row)
    assert rollout is not None
    assert rollout.target_name == BASKET


def test_every_stage_is_in_the_audit_trail_with_what_was_sent(world: Making) -> None:
    row = world.until_ended(world.confirm(world.enter()))
    entries = AuditEntry.objects.filter(kind="rollout").order_by("number")
    told = entries.values_list("act", "outcome", "name", "cluster", "reason")
    assert list(told) == [
        ("add", stage, BASKET, CLUSTER, row.reason) for stage in ("requested", "accepted", "done")
    ]  # fmt: skip
    first = entries[0]
    assert '"kind":"Canary"' in first.patch


def test_a_load_test_and_a_metric_of_ones_own_arrive_as_entered(world: Making) -> None:
    hook = {"hooks-0-name": "load", "hooks-0-url": "http://tester.shop/", "hooks-0-metadata": "cmd: hey http://x"}
    row = world.until_ended(world.confirm(world.enter(TARGET, **hook)))
    found = world.find()
    assert found is not None
    assert found["spec"]["analysis"]["webhooks"] == [
        {"name": "load", "url": "http://tester.shop/", "metadata": {"cmd": "hey http://x"}}
    ]
    assert row.state == ChangeState.DONE


def test_what_may_be_a_secret_is_kept_encrypted_until_it_is_made(world: Making) -> None:
    hook = {"hooks-0-name": "gate", "hooks-0-url": "http://gate.shop/", "hooks-0-metadata": "token: opensesame"}
    row = world.enter(TARGET, **hook)
    assert "opensesame" not in str([row.texts, row.seen, row.base])
    assert row.sealed
    row = world.until_ended(world.confirm(row))
    found = world.find()
    assert found is not None
    assert found["spec"]["analysis"]["webhooks"][0]["metadata"] == {"token": "opensesame"}
    assert (row.state, row.sealed) == (ChangeState.DONE, "")
    assert "opensesame" not in str(list(AuditEntry.objects.values_list("patch", "answer")))


class TestRefused:
    def test_a_workload_that_a_canary_governs_already(self, world: Making) -> None:
        row = world.enter(replace(TARGET, name=NAME, service=NAME))
        assert row.seen["refused"] == f"Canary {NAME} governs it already."
        with pytest.raises(NotPossible):
            world.confirm(row)

    def test_one_of_another_name_counts_too(self, world: Making) -> None:
        world.somebody_makes("elsewhere", target=BASKET)
        assert world.enter().seen["refused"] == "Canary elsewhere governs it already."

    def test_a_name_that_a_canary_has_already(self, world: Making) -> None:
        world.somebody_makes(BASKET, target="another")
        assert "of its name is there already" in world.enter().seen["refused"]

    def test_a_workload_that_is_not_there(self, world: Making) -> None:
        row = world.enter(replace(TARGET, name="nothing"))
        assert row.seen["refused"].startswith(f"There is no Deployment {NAMESPACE}/nothing in the cluster.")

    def test_a_service_that_is_not_there(self, world: Making) -> None:
        row = world.enter(replace(TARGET, service="nothing"))
        assert row.seen["refused"].startswith(f"There is no Service {NAMESPACE}/nothing in the cluster")

    @pytest.mark.parametrize("selector", [{"app": "payments"}, {"app": BASKET, "tier": "web"}, None])
    def test_a_service_that_leads_to_other_pods_or_to_none(
        self, world: Making, selector: dict[str, str] | None
    ) -> None:
        """Flagger would lead its users away from whom they are served by."""
        world.serve("payments", selector)
        row = world.enter(replace(TARGET, service="payments"))
        assert row.seen["refused"] == OTHER_PODS.format(NAMESPACE, "payments", "Deployment", BASKET)

    def test_one_that_leads_to_the_blue_that_an_earlier_canary_has_left_is_taken(self, world: Making) -> None:
        world.serve("left", {"app": f"{BASKET}-primary"})
        assert world.enter(replace(TARGET, service="left")).seen["refused"] == ""

    @pytest.mark.parametrize("service", [NAME, f"{NAME}-primary", f"{NAME}-canary"])
    def test_a_service_that_another_canary_leads(self, world: Making, service: str) -> None:
        row = world.enter(replace(TARGET, service=service))
        assert row.seen["refused"] == LED.format(NAME, service)

    def test_what_the_cluster_calls_invalid_is_said_in_its_words(self, world: Making) -> None:
        row = world.enter(provider="no-such-mesh")
        assert "no-such-mesh" in row.seen["refused"]
        assert world.find() is None

    def test_an_account_that_may_not_is_told_the_file_that_grants_it(self, world: Making) -> None:
        row = world.enter()
        new_canaries.look_again(row=row, now=world.now(), enqueue=world.ignore)
        row = world.go_on(row, lambda cluster: world.connect(cluster, account="viewer"))
        assert "deploy/rbac/creating.yaml" in row.seen["refused"]


class TestTheClick:
    def test_it_holds_for_what_was_shown(self, world: Making) -> None:
        row = world.enter()
        with pytest.raises(NotPossible):
            world.confirm(row, digest="0" * 64)
        assert world.go_on(row).state == ChangeState.LOOKED

    def test_sent_twice_it_is_asked_for_once(self, world: Making) -> None:
        row = world.confirm(world.enter())
        world.confirm(row)
        assert AuditEntry.objects.filter(kind="rollout", outcome="requested").count() == 1

    def test_two_people_make_one(self, world: Making) -> None:
        first, second = world.enter(), world.enter(failures="5")
        world.confirm(first)
        with pytest.raises(NotPossible, match="asked for a Canary of this name already"):
            world.confirm(second)
        second.refresh_from_db()
        assert (second.state, second.texts["failures"]) == (ChangeState.LOOKED, "5")

    def test_the_name_is_typed_where_every_version_would_go_live_unchecked(self, world: Making) -> None:
        row = world.enter(skips="on")
        with pytest.raises(Unconfirmed) as error:
            world.confirm(row)
        assert error.value.field == "typed"
        assert world.confirm(row, typed=BASKET).state == ChangeState.OPEN

    def test_a_reason_is_wanted_where_an_administrator_wants_one(self, world: Making) -> None:
        row = world.enter()
        RequiredReason.objects.create(act="create-canary", role="")
        with pytest.raises(Unconfirmed) as error:
            world.confirm(row, reason="")
        assert error.value.field == "reason"


class TestMeanwhile:
    def test_somebody_who_was_faster_keeps_theirs_and_nothing_that_was_entered_is_lost(self, world: Making) -> None:
        row = world.confirm(world.enter(failures="5"))
        world.somebody_makes()
        before = world.find()
        row = world.until_ended(row)
        assert row.state == ChangeState.FAILED
        assert row.sentence.startswith("Somebody else was faster: A Canary of this name is there by now.")
        assert row.texts["failures"] == "5"
        after = world.find()
        assert before is not None
        assert after is not None
        assert (after["spec"], after["metadata"]["uid"]) == (before["spec"], before["metadata"]["uid"])

    def test_a_canary_that_has_taken_the_workload_since_ends_it(self, world: Making) -> None:
        row = world.confirm(world.enter())
        world.somebody_makes("elsewhere", target=BASKET)
        row = world.until_ended(row)
        assert (row.state, world.find()) == (ChangeState.FAILED, None)
        assert "Somebody else was faster: Canary elsewhere governs it already." in row.sentence

    def test_a_service_that_went_makes_nothing(self, world: Making) -> None:
        row = world.confirm(world.enter())
        world.fleet.delete(CLUSTER, SERVICES, NAMESPACE, BASKET)
        assert (world.until_ended(row).state, world.find()) == (ChangeState.FAILED, None)

    def test_a_service_that_was_led_elsewhere_makes_nothing(self, world: Making) -> None:
        row = world.confirm(world.enter())
        elsewhere = {"spec": {"selector": {"app": "payments"}}}
        world.fleet.patch(CLUSTER, SERVICES, NAMESPACE, BASKET, elsewhere)
        row = world.until_ended(row)
        assert (row.state, world.find()) == (ChangeState.FAILED, None)
        assert "does not lead to the pods" in row.sentence

    def test_a_service_that_a_new_canary_leads_makes_nothing(self, world: Making) -> None:
        row = world.confirm(world.enter())
        world.somebody_makes("elsewhere", target="another", service=BASKET)
        row = world.until_ended(row)
        assert (row.state, world.find()) == (ChangeState.FAILED, None)
        assert LED.format("elsewhere", BASKET) in row.sentence

    def test_a_right_that_was_taken_away_makes_nothing(self, world: Making) -> None:
        row = world.confirm(world.enter())
        world.allowed = False
        row = world.until_ended(row)
        assert (row.state, world.find()) == (ChangeState.FAILED, None)
        assert row.sentence == "olga may not do this any more, and nothing was done."

    def test_one_that_is_deleted_again_ends_it(self, world: Making) -> None:
        row = world.go_on(world.confirm(world.enter()))
        world.fleet.delete(CLUSTER, CANARIES, NAMESPACE, BASKET)
        assert world.until_ended(row).sentence == "The Canary was deleted meanwhile."

    def test_one_that_is_being_deleted_is_not_called_made(self, world: Making) -> None:
        row = world.go_on(world.confirm(world.enter()))
        world.fleet.advance(20)
        world.look_at_basket()
        world.fleet.delete(CLUSTER, CANARIES, NAMESPACE, BASKET)
        found = world.find()
        assert found is not None
        assert found["metadata"]["deletionTimestamp"]
        row = world.go_on(row)
        assert (row.state, row.sentence) == (ChangeState.FAILED, "The Canary is being deleted.")

    def test_a_phase_that_nobody_knows_is_waited_out(self, world: Making) -> None:
        row = world.go_on(world.confirm(world.enter()))
        world.fleet.advance(20)
        world.look_at_basket()
        world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, BASKET, {"status": {"phase": "Dreaming"}}, status=True)
        assert world.go_on(row).state == ChangeState.OPEN

    def test_what_somebody_has_changed_in_it_is_named_in_the_end(self, world: Making) -> None:
        row = world.go_on(world.confirm(world.enter()))
        analysis = {"analysis": {"threshold": 9}}
        world.fleet.patch(CLUSTER, CANARIES, NAMESPACE, BASKET, {"spec": analysis})
        NewCanary.objects.update(written_at=world.now() - timedelta(minutes=5))
        row = world.until_ended(row)
        assert row.state == ChangeState.FAILED
        assert "The Canary says something else at analysis.threshold." in row.sentence

    def test_a_stop_before_it_was_sent_makes_nothing(self, world: Making) -> None:
        row = world.confirm(world.enter())
        assert new_canaries.stop(row=row, now=world.now())
        world.go_on(row)
        assert (row.state, world.find()) == (ChangeState.STOPPED, None)

    def test_a_cluster_that_is_not_watched_any_more_is_not_called(self, world: Making) -> None:
        row = world.confirm(world.enter())
        type(world.cluster).objects.update(observed=False)
        row = world.go_on(row, lambda _: pytest.fail("it was called"))
        assert (row.state, "not watched" in row.sentence) == (ChangeState.OPEN, True)


def test_what_was_never_asked_for_is_forgotten_after_a_day(world: Making) -> None:
    row = world.enter()
    new_canaries.forget(world.now() + timedelta(hours=23))
    assert NewCanary.objects.filter(pk=row.pk).exists()
    new_canaries.forget(world.now() + timedelta(hours=25))
    assert not NewCanary.objects.exists()


def test_whose_key_is_gone_is_told_so_and_makes_nothing(world: Making, settings: object) -> None:
    hook = {"hooks-0-name": "gate", "hooks-0-url": "http://gate.shop/", "hooks-0-metadata": "token: opensesame"}
    row = world.confirm(world.enter(TARGET, **hook))
    NewCanary.objects.update(sealed="gAAAAA-not-of-this-key")
    row = world.until_ended(row)
    assert (row.state, world.find()) == (ChangeState.FAILED, None)
    assert "KURATOR_UI_SECRET_KEYS" in row.sentence


def test_whose_key_is_gone_after_it_was_made_is_told_that_it_is_there(world: Making, settings: object) -> None:
    hook = {"hooks-0-name": "gate", "hooks-0-url": "http://gate.shop/", "hooks-0-metadata": "token: opensesame"}
    row = world.go_on(world.confirm(world.enter(TARGET, **hook)))
    NewCanary.objects.update(sealed="gAAAAA-not-of-this-key")
    row = world.until_ended(row)
    assert row.state == ChangeState.FAILED
    assert row.sentence.startswith("It is in the cluster, and no longer followed.")


def test_what_was_entered_a_while_ago_is_looked_at_again(world: Making) -> None:
    row = world.enter()
    NewCanary.objects.update(made_at=world.now() - timedelta(hours=1))
    new_canaries.look_again(row=row, now=world.now(), enqueue=world.ignore)
    assert world.go_on(row).state == ChangeState.LOOKED, row.sentence

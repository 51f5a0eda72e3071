"""Where an administrator wants a reason, none of several clusters, and no policy, is acted on without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from rollouts.domain.commands import Act
from rollouts.models import Batch, Command, Covers, RequiredReason, Role
from rollouts.services import act
from tests.services.act.governing import Governing, governing
from tests.services.act.several import CLUSTERS, Several
from tests.support.people import anew, grant

RULES: list[dict[str, str]] = [{}, {"act": "pause"}, {"role": "operator"}, {"role": "operator", "act": "pause"}]
OF_OTHERS: list[dict[str, str]] = [{"act": "retry"}, {"role": "admin"}, {"role": "admin", "act": "pause"}]


@pytest.fixture
def several(several: Several) -> Several:
    several.release()
    grant(several.person, Role.OPERATOR)
    several.person = anew(several.person)
    return several


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("pace", [act.Pace(), act.Pace(in_turn=True)])
def test_without_it_nothing_is_requested_anywhere(several: Several, rule: dict[str, str], pace: act.Pace) -> None:
    RequiredReason.objects.create(**rule)
    with pytest.raises(act.BatchUnconfirmed, match="Say why") as refused:
        several.request(Act.PAUSE, pace)
    assert refused.value.field == "reason"
    assert (Batch.objects.count(), Command.objects.count(), several.asked) == (0, 0, [])
    batch = several.request(Act.PAUSE, pace, reason="lunch")
    assert {batch.reason, *batch.commands.values_list("reason", flat=True)} == {"lunch"}


@pytest.mark.parametrize("rule", OF_OTHERS)
def test_what_is_asked_of_others_or_for_other_acts_is_not_asked(several: Several, rule: dict[str, str]) -> None:
    RequiredReason.objects.create(**rule)
    assert not several.request(Act.PAUSE).commands.filter(owes_reason=True).exists()


def test_where_it_is_required_in_one_of_the_clusters_it_is_required_for_all(several: Several) -> None:
    RequiredReason.objects.create(role="admin")
    grant(several.person, Role.ADMIN, Covers.CLUSTER, cluster=several.clusters[1])
    several.person = anew(several.person)
    with pytest.raises(act.BatchUnconfirmed):
        several.request(Act.PAUSE)
    assert several.request(Act.PAUSE, clusters=(CLUSTERS[0], CLUSTERS[2]))


def test_a_roll_back_goes_ahead_and_each_command_owes_it(several: Several) -> None:
    RequiredReason.objects.create()
    batch = several.request(Act.ROLL_BACK)
    assert list(batch.commands.values_list("owes_reason", flat=True)) == [True] * 3


@pytest.fixture
def policy(tmp_path: Path, db: None) -> Iterator[Governing]:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet, governing(fleet) as made:
        grant(made.person, Role.OPERATOR)
        made.person = anew(made.person)
        yield made


@pytest.mark.parametrize("rule", RULES)
def test_without_it_nothing_is_requested_of_a_policy(policy: Governing, rule: dict[str, str]) -> None:
    RequiredReason.objects.create(**rule)
    with pytest.raises(act.PolicyUnconfirmed, match="Say why") as refused:
        policy.request(Act.PAUSE)
    assert refused.value.field == "reason"
    assert (Command.objects.count(), policy.asked) == (0, [])
    assert policy.request(Act.PAUSE, reason="lunch").reason == "lunch"


@pytest.mark.parametrize("rule", OF_OTHERS)
def test_of_a_policy_nobody_is_asked_what_others_are(policy: Governing, rule: dict[str, str]) -> None:
    RequiredReason.objects.create(**rule)
    assert policy.request(Act.PAUSE)

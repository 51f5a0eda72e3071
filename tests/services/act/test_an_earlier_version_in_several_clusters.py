"""One earlier version in several clusters of an application, from the choice to the releases that it begins."""

from __future__ import annotations

from typing import Any

import pytest

from kurator_ui.demo.resources import DEPLOYMENTS, REPLICASETS
from rollouts.domain.commands import Plan
from rollouts.domain.commands.act import Act
from rollouts.domain.errors import Unreachable
from rollouts.models import AuditEntry, Batch, Cluster, Command
from rollouts.services import act
from tests.services.act.several import CLUSTERS, NAME, NAMESPACE, Several

ONE, TWO, THREE = (f"registry.example.test/checkout:{n}.0.0" for n in (1, 2, 3))
TICKS = 20
"""More than the longest release of this fleet takes."""


def images(several: Several) -> list[str]:
    found = [several.fleet.get(name, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["template"] for name in CLUSTERS]
    return [one["spec"]["containers"][0]["image"] for one in found]


def succeeded(several: Several, image: str = TWO, *, in_clusters: tuple[str, ...] = tuple(CLUSTERS)) -> None:
    for name in in_clusters:
        several.fleet.release(name, NAMESPACE, NAME, image)
    several.tick(2)
    several.look_at_pods()
    several.tick(TICKS)
    several.look_at_pods()
    assert {several.status(name)["phase"] for name in in_clusters} == {"Succeeded"}


def read(several: Several) -> list[str]:
    return several.read_versions(several.preview(Act.EARLIER_VERSION)[1])


def request(several: Several, pace: act.Pace | None = None, typed: str = NAME, **given: Any) -> Batch:
    read(several)
    seen = several.preview(Act.EARLIER_VERSION, images=ONE)
    return several.request(Act.EARLIER_VERSION, pace, seen=seen, typed=typed, **given)


def test_a_release_of_it_begins_in_every_cluster_and_blue_has_it_in_the_end(several: Several) -> None:
    succeeded(several)
    batch = request(several)
    several.work()
    assert images(several) == [ONE] * 3
    several.tick()
    several.settle()
    assert several.states(batch) == ["observed"] * 3
    several.tick(TICKS)
    assert several.phases == ["Succeeded"] * 3


def test_in_turn_the_next_follows_when_the_release_before_has_begun_and_the_pause_is_over(several: Several) -> None:
    succeeded(several)
    batch = request(several, act.Pace(in_turn=True, pause=30))
    several.work()
    several.tick()
    several.settle()
    assert (images(several), several.states(batch)) == ([ONE, TWO, TWO], ["observed", "waiting", "waiting"])
    several.wait(31)
    several.settle()
    several.work()
    assert (images(several), several.states(batch)) == ([ONE, ONE, TWO], ["observed", "accepted", "waiting"])
    assert several.stop(batch)
    assert several.states(batch) == ["observed", "accepted", "cancelled"]


def test_where_it_comes_to_nothing_the_rest_is_cancelled(several: Several) -> None:
    succeeded(several)
    batch = request(several, act.Pace(in_turn=True))
    several.fleet.delete(CLUSTERS[0], REPLICASETS, NAMESPACE, batch.commands.order_by("id")[0].choice["version"])
    several.work()
    several.settle()
    several.settle()
    assert (images(several), several.states(batch)) == ([TWO] * 3, ["refused", "cancelled", "cancelled"])


def test_a_cluster_that_does_not_know_it_is_left_out_with_the_reason(several: Several) -> None:
    several.fleet.release(CLUSTERS[1], NAMESPACE, NAME, THREE)
    for name in (CLUSTERS[0], CLUSTERS[2]):
        several.fleet.release(name, NAMESPACE, NAME, TWO)
    several.tick(TICKS)
    succeeded(several, ONE)
    read(several)
    _, parts = several.preview(Act.EARLIER_VERSION, images=TWO)
    assert [isinstance(part.judged, Plan) for part in parts] == [True, False, True]
    assert "No earlier version with these images is known here." in str(parts[1].judged)


def test_each_command_is_bound_to_the_replica_set_of_its_own_cluster(several: Several) -> None:
    succeeded(several)
    batch = request(several)
    several.fleet.release(CLUSTERS[1], NAMESPACE, NAME, THREE)
    several.work()
    assert several.states(batch) == ["accepted", "refused", "accepted"]
    assert f"it has {THREE} now" in Command.objects.get(state="refused").sentence
    assert images(several) == [ONE, THREE, ONE]


def test_a_cluster_that_gives_no_answer_holds_up_no_other(several: Several) -> None:
    def connect(cluster: Cluster) -> Any:
        if cluster.name == CLUSTERS[1]:
            raise Unreachable("It does not answer.")
        return several.connect(cluster)

    succeeded(several)
    _, parts = several.preview(Act.EARLIER_VERSION)
    assert several.read_versions(parts, connect) == list(CLUSTERS)
    _, parts = several.preview(Act.EARLIER_VERSION)
    assert several.read_versions(parts, connect) == []
    _, parts = several.preview(Act.EARLIER_VERSION, images=ONE)
    assert [isinstance(part.judged, Plan) for part in parts] == [True, True, True]
    assert any("only the images are known" in one for one in parts[1].judged.warnings)  # type: ignore[union-attr]


def test_without_the_name_nothing_is_requested_anywhere(several: Several) -> None:
    succeeded(several)
    with pytest.raises(act.BatchUnconfirmed, match="Type checkout to confirm"):
        request(several, typed="")
    assert not Command.objects.exists()
    assert request(several, typed="", clusters=CLUSTERS[:1]).commands.count() == 1


def test_nothing_is_requested_before_a_version_is_chosen(several: Several) -> None:
    succeeded(several)
    read(several)
    seen = several.preview(Act.EARLIER_VERSION)
    with pytest.raises(act.BatchUnconfirmed, match=f"Choose a version by its images. Known are {ONE}") as raised:
        several.request(Act.EARLIER_VERSION, seen=seen, typed=NAME)
    assert raised.value.field == "images"


def test_the_audit_trail_names_the_version(several: Several) -> None:
    succeeded(several)
    request(several, record_batch=act.batch_to_trail)
    entry = AuditEntry.objects.get(act="earlier-version")
    assert entry.answer == f"Told: {ONE}. All at once: {', '.join(CLUSTERS)}."

"""Another image for the target in several clusters of an application, from the click to the releases that it begins."""

from __future__ import annotations

import pytest

from kurator_ui.demo.resources import DEPLOYMENTS
from rollouts.domain.commands import Act, Plan
from rollouts.models import AuditEntry, Batch, Command
from rollouts.services import act
from tests.services.act.several import CLUSTERS, NAME, NAMESPACE, Several

NEW = "registry.example.test/checkout:3.0.0"
TOLD = {"container": "checkout", "image": NEW}


def images(several: Several) -> list[str]:
    found = [several.fleet.get(name, DEPLOYMENTS, NAMESPACE, NAME)["spec"]["template"] for name in CLUSTERS]
    return [one["spec"]["containers"][0]["image"] for one in found]


def request(several: Several, pace: act.Pace | None = None) -> Batch:
    several.look_at_pods()
    return several.request(Act.NEW_VERSION, pace, seen=several.preview(Act.NEW_VERSION, **TOLD))


def test_a_release_of_it_begins_in_every_cluster(several: Several) -> None:
    batch = request(several)
    several.work()
    assert images(several) == [NEW] * 3
    several.tick()
    several.settle()
    assert several.states(batch) == ["observed"] * 3
    assert several.phases == ["Progressing"] * 3


def test_each_command_is_bound_to_the_image_that_was_seen_in_its_cluster(several: Several) -> None:
    several.fleet.release(CLUSTERS[1], NAMESPACE, NAME, "registry.example.test/checkout:2.0.0")
    several.tick(12)
    batch = request(several)
    replaced = batch.commands.order_by("id").values_list("choice", flat=True)
    assert [one["replaces"].rpartition(":")[2] for one in replaced] == ["1.0.0", "2.0.0", "1.0.0"]
    several.fleet.release(CLUSTERS[1], NAMESPACE, NAME, "registry.example.test/checkout:2.1.0")
    several.work()
    assert several.states(batch) == ["accepted", "refused", "accepted"]
    refused = Command.objects.get(state="refused")
    assert "Somebody has set the image to registry.example.test/checkout:2.1.0 meanwhile." in refused.sentence


def test_in_turn_the_next_follows_when_the_release_before_has_begun(several: Several) -> None:
    batch = request(several, act.Pace(in_turn=True))
    several.work()
    several.settle()
    assert (images(several)[0], several.states(batch)) == (NEW, ["accepted", "waiting", "waiting"])
    several.tick()
    several.settle()
    assert several.states(batch) == ["observed", "requested", "waiting"]
    assert several.phases[0] == "Progressing", "its end is not waited for"


def test_where_it_runs_already_it_is_left_out(several: Several) -> None:
    several.fleet.release(CLUSTERS[0], NAMESPACE, NAME, NEW)
    several.tick(12)
    several.look_at_pods()
    _, parts = several.preview(Act.NEW_VERSION, **TOLD)
    assert [isinstance(part.judged, Plan) for part in parts] == [False, True, True]
    assert "The target has this image already." in str(parts[0].judged)


@pytest.mark.parametrize(
    ("told", "field", "said"),
    [
        ({}, "container", "Choose a container."),
        ({"container": "checkout", "image": "Not An Image"}, "image", "image"),
    ],
)
def test_what_it_has_to_be_told_is_asked_for(several: Several, told: dict[str, str], field: str, said: str) -> None:
    several.look_at_pods()
    seen = several.preview(Act.NEW_VERSION, **told)
    with pytest.raises(act.BatchUnconfirmed, match=said) as raised:
        several.request(Act.NEW_VERSION, seen=seen)
    assert raised.value.field == field
    assert not Command.objects.exists()


def test_the_audit_trail_names_the_image(several: Several) -> None:
    several.look_at_pods()
    seen = several.preview(Act.NEW_VERSION, **TOLD)
    several.request(Act.NEW_VERSION, seen=seen, record_batch=act.batch_to_trail)
    entry = AuditEntry.objects.get(act="new-version")
    assert entry.answer == f"Told: {NEW}. All at once: {', '.join(CLUSTERS)}."

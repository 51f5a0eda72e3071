"""The whole has entries of its own beside those of each of its commands."""

from __future__ import annotations

import pytest

from rollouts.domain.authors import Author, acting
from rollouts.domain.commands import Act
from rollouts.models import AuditEntry, Batch
from rollouts.services import act
from tests.services.act.several import CLUSTERS, Several


def of_the_whole() -> list[tuple[str, str, str]]:
    found = AuditEntry.objects.filter(kind="application").order_by("number")
    return [(one.person, one.outcome, one.answer) for one in found]


def request(several: Several, pace: act.Pace) -> Batch:
    with acting(lambda: Author("olga", several.person.pk, "192.0.2.7")):
        return several.request(Act.PAUSE, pace, record=act.to_trail, record_batch=act.batch_to_trail)


def settle(several: Several) -> None:
    several.settle(record=act.on_behalf, record_batch=act.batch_on_behalf)


def test_it_is_told_where_and_how_it_was_asked_for_and_what_came_of_it(several: Several) -> None:
    several.release()
    batch = request(several, act.Pace())
    several.allowed = lambda command: command.place.name != CLUSTERS[0]
    several.work()
    several.tick(2)
    settle(several)
    settle(several)
    assert of_the_whole() == [
        ("olga", "requested", f"All at once: {', '.join(CLUSTERS)}."),
        ("olga", "failed", "2 observed, 1 refused."),
    ]
    entry = AuditEntry.objects.filter(kind="application").earliest("number")
    assert (entry.act, entry.application, entry.preview) == ("pause", "shop/checkout", batch.preview)
    rollouts = AuditEntry.objects.filter(kind="rollout", outcome="requested").order_by("number")
    assert [one.cluster for one in rollouts] == list(CLUSTERS)


def test_whoever_stops_it_is_named(several: Several) -> None:
    several.release()
    batch = request(several, act.Pace(in_turn=True, pause=60))
    with acting(lambda: Author("otto", 77)):
        act.stop(
            batch=batch, sentence="Stopped by otto.", now=several.now(), record=act.to_trail,
            record_batch=act.batch_to_trail, feed=several.feed,
        )  # fmt: skip
    settle(several)
    turns = f"One after the other, 60 s between, stopping after a failure: {', '.join(CLUSTERS)}."
    assert of_the_whole() == [("olga", "requested", turns), ("otto", "cancelled", "Stopped by otto.")]
    each = AuditEntry.objects.filter(kind="rollout", outcome="cancelled").order_by("number")
    assert {(one.person, one.cluster) for one in each} == {("otto", name) for name in CLUSTERS}
    batch.refresh_from_db()
    assert batch.ended_at is not None


@pytest.mark.parametrize("wanted", Act)
def test_a_batch_of_every_act_can_be_told(several: Several, wanted: Act) -> None:
    batch = Batch(
        application=several.application, act=wanted, person_name="olga", mark=str(wanted),
        requested_at=several.now(),
    )  # fmt: skip
    batch.save()
    act.batch_to_trail(batch)
    assert AuditEntry.objects.get(kind="application").act == wanted.value

"""Watch streams of real controllers through the rules: each tells its story, however it is delivered."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from rollouts.adapters.kubernetes.decode import kind_of_path, observation
from rollouts.domain.memory import dump, load
from rollouts.domain.observations import Observation
from rollouts.domain.replay import Key, Replay, Timeline
from rollouts.domain.rollout import LiveSource, Release, Transition
from tests.domain.kurator_stories import KURATOR_STORIES
from tests.domain.stories import STORIES, Row, Run, Story

RECORDINGS = Path(__file__).parent.parent / "recordings"
ALL = STORIES | KURATOR_STORIES
IMAGE = "ghcr.io/stefanprodan/podinfo:"
Seen = tuple[str, datetime, Observation]

each_recording = pytest.mark.parametrize("name", sorted(ALL))


@cache
def lines(name: str) -> tuple[Seen, ...]:
    found = []
    for line in (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        kind, event = kind_of_path(one["path"]), one["event"]
        assert kind is not None
        seen = observation(kind, json.dumps(event["object"]).encode(), deleted=event["type"] == "DELETED")
        if seen is not None:
            found.append((one["cluster"], datetime.fromtimestamp(one["at"], UTC), seen))
    return tuple(found)


def replayed(seen: tuple[Seen, ...], replay: Replay | None = None) -> Replay:
    replay = replay or Replay()
    for cluster, seen_at, one in seen:
        replay.fold(cluster, one, seen_at=seen_at)
    return replay


def told(replay: Replay) -> Story:
    [timeline] = replay.timelines.values()
    runs = tuple(_run(timeline, release) for release in timeline.releases.values())
    return Story(runs, tuple(_row(one) for one in timeline.of(None)))


def _run(timeline: Timeline, release: Release) -> Run:
    assert release.from_images and release.to_images and release.ended_at
    return Run(
        release.trigger,
        release.outcome,
        release.analysis,
        (release.from_images[0].removeprefix(IMAGE), release.to_images[0].removeprefix(IMAGE)),
        (f"{release.started_at:%H:%M:%S}", f"{release.ended_at:%H:%M:%S}"),
        tuple(_row(one) for one in timeline.of(release.number)),
    )


def _row(made: Transition) -> Row:
    assert made.live_source is LiveSource.ROUTING and made.weight is not None and not made.gap
    return (
        f"{made.at:%H:%M:%S}",
        made.phase.value,
        made.iterations,
        made.failed_checks,
        made.weight,
        made.live_side,
        made.suspended,
        made.why,
    )


def test_every_recording_has_its_story() -> None:
    assert {path.stem for path in RECORDINGS.glob("*.jsonl")} == set(ALL)


@each_recording
def test_a_recording_tells_its_story(name: str) -> None:
    assert told(replayed(lines(name))) == ALL[name]


@each_recording
def test_everything_delivered_twice_is_the_same_story(name: str) -> None:
    assert told(replayed(tuple(one for one in lines(name) for _ in range(2)))) == ALL[name]


@each_recording
def test_everything_delivered_again_from_the_start_is_the_same_story(name: str) -> None:
    assert told(replayed(lines(name) + lines(name))) == ALL[name]


@each_recording
def test_stopped_after_any_line_and_gone_on_from_the_memory_is_the_same_story(name: str) -> None:
    """After each line the states are stored and read again; the lines around the cut are delivered a second time."""
    replay, seen = Replay(), lines(name)
    for number, (cluster, seen_at, one) in enumerate(seen):
        replay.fold(cluster, one, seen_at=seen_at)
        replay.states = {key: load(json.loads(json.dumps(dump(state)))) for key, state in replay.states.items()}
        for cluster, seen_at, before in seen[max(0, number - 2) : number + 1]:
            replay.fold(cluster, before, seen_at=seen_at)
    assert told(replay) == ALL[name]


@each_recording
def test_a_restart_that_lists_everything_anew_adds_no_gap(name: str) -> None:
    replay = replayed(lines(name))
    before = told(replay)
    [state] = replay.states.values()
    [key] = replay.states
    for known in (state.canary, state.route, state.blue, state.green):
        assert known is not None
        replay.fold(key.cluster, known, seen_at=datetime(2026, 11, 24, tzinfo=UTC), listed=True)
    assert told(replay) == before


@pytest.mark.parametrize("cut", [0, 10, 20, 30])
def test_what_was_missed_between_is_one_gap(cut: int) -> None:
    """Nothing after the first `cut` lines but what a list shows at the end: one transition, and the right outcome."""
    seen = lines("plain-success")
    replay = replayed(seen[: 4 + cut])
    [state] = replayed(seen).states.values()
    key = Key("kurator-member1", "webapp", "backend")
    before = set(replay.timelines[key].transitions)
    replay.fold(key.cluster, state.canary, seen_at=datetime(2026, 11, 24, tzinfo=UTC), listed=True)
    added = [one for number, one in replay.timelines[key].transitions.items() if number not in before]
    assert [(one.phase, one.gap) for one in added] == [("Succeeded", True)]
    assert [one.outcome for one in replay.timelines[key].releases.values()] == ["succeeded"] * bool(before)

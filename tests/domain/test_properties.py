"""Whatever is seen, in whatever order: the timeline stays sound."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from hypothesis import Phase as Phases
from hypothesis import given, settings
from hypothesis import strategies as some

from rollouts.domain.attention import attention
from rollouts.domain.changes import observe
from rollouts.domain.memory import dump, load
from rollouts.domain.observations import Canary, Deleted, Event, Kind, Observation, Phase, Route, Strategy, Workload
from rollouts.domain.phases import RUNNING
from rollouts.domain.progress import progress
from rollouts.domain.rollout import Analysis, Outcome, Release, RolloutState, Step, Transition
from rollouts.domain.steps import step_line
from tests.support import seen

MESSAGES = (
    "Halt checkout.shop advancement success rate 65.62% < 99%",
    "Advance checkout.shop canary iteration 1/3",
    "Routing all traffic to canary",
    "Routing all traffic to primary",
    "Canary failed! Scaling down checkout.shop",
    "Promotion completed! Canary analysis was skipped for checkout.shop",
    "New revision detected! Restarting analysis for checkout.shop",
    "canary deployment checkout.shop not ready: 0 of 2",
    "something nobody has heard of",
)
few = some.integers(0, 5)
times = some.none() | some.integers(0, 40).map(seen.at)
hashes = some.sampled_from(["", "aaa", "bbb", "ccc"])
versions = some.integers(1, 160).map(str) | some.just("opaque")
rarely = some.sampled_from([False, False, False, False, True])
weights = some.none() | some.sampled_from([0, 20, 100])

canaries = some.builds(
    Canary,
    namespace=some.just("shop"),
    name=some.just("checkout"),
    uid=some.sampled_from(["one"] * 9 + ["two"]),
    resource_version=versions,
    provider=some.sampled_from(["istio", "istio", "kubernetes"]),
    target_name=some.just("checkout"),
    service_name=some.just("checkout"),
    strategy=some.sampled_from(Strategy),
    interval=some.sampled_from([1, 10, 10**12]),
    iterations_wanted=some.sampled_from([0, 3, 40]),
    threshold=few,
    step_weights=some.lists(some.integers(0, 120), max_size=3).map(tuple),
    skip_analysis=some.booleans(),
    suspended=some.booleans(),
    phase=some.sampled_from([*Phase, *[Phase.PROGRESSING] * 8, Phase.SUCCEEDED, Phase.FAILED]),
    iterations=few,
    failed_checks=few,
    weight=some.sampled_from([0, 20, 100, 999]),
    last_applied=hashes,
    last_promoted=hashes,
    tracked_configs=some.sampled_from([{}, {"configmap/a": "1"}, {"configmap/a": "2"}]),
    last_transition_at=times,
    phase_at=times,
    promoted_at=some.sampled_from([None, *[seen.START] * 9, seen.at(20)]),
)
workloads = some.builds(
    lambda name, image, wanted, version: replace(
        seen.workload(name, image, wanted=wanted), resource_version=version, uid=""
    ),
    some.sampled_from(["checkout", "checkout-primary", "basket"]),
    some.sampled_from(["podinfo:1", "podinfo:2"]),
    some.integers(0, 2),
    versions,
)
events = some.builds(
    lambda message, seconds, uid: seen.event(message, seconds, uid=uid, type="Warning"),
    some.sampled_from(MESSAGES),
    some.integers(0, 40),
    some.sampled_from(["a", "b", "c"]),
)
deletions = some.sampled_from([Kind.CANARY, Kind.VIRTUAL_SERVICE, Kind.DEPLOYMENT]).flatmap(
    lambda kind: some.builds(
        Deleted, some.just(kind), some.just("shop"), some.just("checkout"), some.just(""), some.just("")
    )
)
routes = some.builds(lambda green, version: seen.route(green, version=version), weights, some.integers(1, 60))
observations: some.SearchStrategy[Observation] = canaries | canaries | workloads | events | routes | deletions
histories = some.lists(some.tuples(observations, rarely, rarely), max_size=25)
"""What is seen, whether in a list, and whether it is late: the others are the newest of their kind."""
History = list[tuple[Observation, bool, bool]]


def quickly(examples: int) -> settings:
    """Without the phase that explains a failure: it traces every line, which takes minutes."""
    return settings(max_examples=examples, deadline=None, phases=[Phases.generate, Phases.reuse, Phases.shrink])


class Book:
    """Keeps what steps bring, and refuses what a timeline must not contain."""

    def __init__(self) -> None:
        self.state: RolloutState | None = None
        self.transitions: dict[int, Transition] = {}
        self.releases: dict[int, Release] = {}

    def fold(self, observation: Observation, listed: bool, seen_at: datetime) -> None:
        step = observe(self.state, observation, seen_at=seen_at, listed=listed)
        if step is None:
            assert self.state is None
            return
        self._write(step)
        if not listed:
            again = observe(step.state, observation, seen_at=seen_at)
            assert again is not None and again == Step(step.state), "seen twice changes nothing"
        self.state = load(json.loads(json.dumps(dump(step.state))))
        assert self.state == step.state, "the memory survives being stored"

    def _write(self, step: Step) -> None:
        assert len(step.transitions) <= 1
        for made in step.transitions:
            assert made.number == len(self.transitions) + 1, "numbers neither repeat nor jump"
            self.transitions[made.number] = made
        for made in step.explained:
            assert self.transitions[made.number].why is None, "explained once"
            assert replace(made, why=None) == self.transitions[made.number]
            self.transitions[made.number] = made
        for release in step.releases:
            known = self.releases.get(release.number)
            assert release.number <= len(self.releases) + 1
            assert known is None or known.started_at == release.started_at
            self.releases[release.number] = release


def book_of(history: History) -> Book:
    book = Book()
    for number, (observation, listed, late) in enumerate(history):
        book.fold(observation if late else newest(observation, number), listed, seen.at(number))
    return book


def newest(observation: Observation, number: int) -> Observation:
    if isinstance(observation, Event):
        return replace(observation, count=number + 1, last_at=seen.at(number), canary_uid="")
    if isinstance(observation, Canary | Workload | Route):
        observation = replace(observation, resource_version=str(100 + number))
    if isinstance(observation, Canary) and observation.last_transition_at is not None:
        return replace(observation, last_transition_at=seen.at(number))
    return observation


@quickly(200)
@given(histories)
def test_the_timeline_stays_sound(history: History) -> None:
    book = book_of(history)
    if book.state is None:
        return
    assert book.state.transitions == len(book.transitions)
    assert book.state.releases == len(book.releases)
    assert book.state.release == book.releases.get(book.state.releases)
    running = [number for number, release in book.releases.items() if release.outcome is Outcome.RUNNING]
    assert running in ([], [book.state.releases]), "only the newest release runs"
    for made in book.transitions.values():
        assert made.release is None or made.release in book.releases
        assert made.weight is None or 0 <= made.weight <= 100


@quickly(200)
@given(histories)
def test_releases_move_only_as_flagger_moves(history: History) -> None:
    book = book_of(history)
    for number, release in book.releases.items():
        made = [one for one in book.transitions.values() if one.release == number]
        assert made, "a release is never without a transition"
        assert made[0].phase in RUNNING, "it begins in a run"
        phases = [one.phase for one in made[:-1]]
        assert not {Phase.SUCCEEDED, Phase.FAILED, Phase.INITIALIZED} & set(phases), "nothing comes after its end"
        if release.outcome is Outcome.SUCCEEDED:
            assert made[-1].phase in RUNNING | {Phase.SUCCEEDED, Phase.UNKNOWN}
        if release.outcome is Outcome.FAILED:
            assert made[-1].phase in RUNNING | {Phase.FAILED, Phase.UNKNOWN}
        if release.outcome is Outcome.RUNNING:
            assert release.ended_at is None and release.analysis is Analysis.RUNNING
        else:
            assert release.ended_at is not None
        if release.analysis is Analysis.ABORTED:
            assert release.outcome is Outcome.FAILED and release.raised_by_hand


@quickly(100)
@given(histories, some.integers(-100, 10**6))
def test_whatever_is_known_can_be_shown(history: History, later: int) -> None:
    state = book_of(history).state
    if state is None:
        return
    now = seen.at(later)
    found = progress(state, now)
    assert 0 <= found.done <= found.wanted
    assert found.next_at is None or found.next_at > now
    assert len(step_line(state, now).ticks) < 40
    need = attention(state, now)
    assert need is None or need.sentence

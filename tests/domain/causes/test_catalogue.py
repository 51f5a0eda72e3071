"""Every cause has an example, a title, advice and a place where it can be seen; and no rule ever raises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollouts.domain.causes import CauseKind, Failure, Kurator, Measured, Situation, Surroundings, causes
from rollouts.domain.causes.advice import ADVICE
from rollouts.domain.causes.document import markdown
from rollouts.domain.causes.examples import EXAMPLES, NOW, catalogue, example
from rollouts.domain.causes.novalues import probe_of
from rollouts.domain.checks import Verdict
from rollouts.domain.kurator import Trouble, TroubleKind
from rollouts.domain.pods import Pod, Pods
from tests.domain.test_properties import MESSAGES, Book, histories, quickly
from tests.support import seen


@pytest.mark.parametrize("kind", CauseKind)
def test_every_cause_has_an_example_that_the_rules_themselves_find(kind: CauseKind) -> None:
    found = example(kind)
    assert found.kind is kind
    assert found.evidence and found.usually_helps and ADVICE[kind].title
    assert all(one.object and one.field and one.said for one in found.evidence)
    assert found.sentence[0].isupper() or found.sentence[0].isdigit() or found.sentence.startswith("request-")
    assert found.sentence.endswith(".")


def test_every_example_says_since_when_unless_that_cannot_be_known() -> None:
    unknown = {entry.kind for entry in catalogue() if entry.example.since is None}
    assert unknown <= {"names-differ", "policy-incomplete", "sibling-unreachable", "analysis-skipped", "blue-blocks"}


def test_the_foremost_cause_of_an_example_is_the_one_it_is_an_example_of() -> None:
    foremost = {kind: causes(make())[0].kind for kind, make in EXAMPLES.items() if kind not in BESIDES}
    assert foremost == {kind: kind for kind in foremost}


BESIDES = {CauseKind.SIBLING_UNREACHABLE}
"""What is only ever told beside another one."""

texts = some.text(max_size=30) | some.sampled_from(MESSAGES)
times = some.none() | some.integers(-100, 100).map(seen.at)
numbers = some.none() | some.floats()
pods = some.builds(
    Pod,
    some.just("shop"),
    texts,
    ready=some.booleans(),
    state=some.sampled_from(["", "waiting", "running", "terminated", "odd"]),
    reason=some.sampled_from(["", "ImagePullBackOff", "CrashLoopBackOff", "Unschedulable", "Odd"]),
    message=texts,
    restarts=some.integers(0, 2**31),
    since=times,
)
several = some.none() | some.builds(
    Pods,
    some.just("shop"),
    some.just("checkout"),
    some.just(seen.START),
    some.integers(0, 9),
    some.lists(pods, max_size=3).map(tuple),
    texts,
)
measurements = some.builds(
    Measured,
    some.sampled_from(["request-success-rate", "request-duration", "x"]),
    some.just(seen.START),
    numbers,
    numbers,
    some.sampled_from(Verdict),
    texts,
)
surroundings = some.builds(
    Surroundings,
    texts,
    times,
    texts,
    texts,
    some.sampled_from([None, True, False]),
    some.sampled_from(["", "nginx"]),
    times,
)
whys = texts | some.sampled_from(
    [
        "no values found for custom metric: x: y",
        "no values found for nginx metric request-duration probably y",
        "success rate NaN% < 99%",
        "request duration 1h2m3.5s > 500ms",
        "x +Inf > 3",
        "Prometheus query failed: ",
        "Metric template  error",
        "external check  failed",
    ]
)
kurators = some.none() | some.builds(
    Kurator,
    texts,
    some.lists(some.builds(Trouble, some.sampled_from(TroubleKind), texts, texts, texts, texts, times), max_size=3).map(
        tuple
    ),
    some.lists(texts, max_size=5).map(tuple),
)


@quickly(150)
@given(
    histories,
    some.tuples(several, several),
    some.lists(measurements, max_size=2).map(tuple),
    surroundings,
    some.none() | some.builds(Failure, whys, times),
    kurators,
    some.tuples(times, times),
    some.integers(-(10**6), 10**9),
)
def test_no_rule_raises_whatever_was_seen(history, sides, measured, cluster, failure, kurator, read, later) -> None:  # type: ignore[no-untyped-def]
    book, events = Book(), []
    for number, (observation, listed, _) in enumerate(history):
        book.fold(observation, listed, seen.at(number))
        events += [observation] if hasattr(observation, "canary_uid") else []
    if book.state is None:
        return
    state = replace(book.state, green_pods=sides[0], blue_pods=sides[1])
    situation = Situation(
        state, seen.at(0) + timedelta(seconds=later), tuple(events), measured, cluster, kurator, failure, *read
    )
    for cause in causes(situation):
        assert cause.sentence and cause.usually_helps


@quickly(200)
@given(some.text(max_size=200))
def test_a_probe_can_be_made_of_any_text(query: str) -> None:
    assert probe_of(query) == "" or probe_of(query).startswith("count(")


def test_examples_are_of_one_moment() -> None:
    assert all(one.at is None or one.at <= NOW for entry in catalogue() for one in entry.example.evidence)


def test_the_document_says_what_the_page_says() -> None:
    written = Path(__file__).parents[3] / "docs" / "causes.md"
    assert written.read_text(encoding="utf-8") == markdown(), "manage.py causes > docs/causes.md"

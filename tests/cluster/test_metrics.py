"""Real Prometheus servers: what Flagger says of a failing check is what is read here, and blue does not move."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.adapters.prometheus.direct import Direct
from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.asking import askings
from rollouts.domain.checks import DURATION, SUCCESS_RATE, Said, Verdict, in_words, judge, said
from rollouts.domain.errors import QueryRefused
from rollouts.domain.metric_queries import FAMILIES, built_in
from rollouts.domain.metrics import Asking, ClusterMetrics
from rollouts.domain.observations import Canary, Event, Kind
from tests.cluster.laboratory import NAME, NAMESPACE, Member, wait_for
from tests.cluster.test_releases import RELEASE_SECONDS, next_image

pytestmark = pytest.mark.skipif("LAB_PROMETHEUS" not in os.environ, reason="LAB_PROMETHEUS names no Prometheus servers")
PROMETHEUS = os.environ.get("LAB_PROMETHEUS", "").split(",")
KUBECONFIGS = [Path(one) for one in os.environ.get("LAB_MEMBER_KUBECONFIGS", "").split(",")]
WITHIN = timedelta(seconds=2)
"""Times of Events have whole seconds, and Flagger asks a moment before it writes."""


@dataclass(frozen=True)
class Lab:
    """One member with the Prometheus beside it."""

    member: Member
    connection: KubernetesConnection
    source: PrometheusSource
    address: str

    def asking(self, name: str) -> Asking:
        canary = self.connection.get(Kind.CANARY, NAMESPACE, NAME)
        assert isinstance(canary, Canary)
        known = ClusterMetrics(fixed=self.address, provider="istio", flagger_version="1.44.0")
        return next(one for one in askings(canary, {}, known) if one.check.name == name)

    def value(self, query: str, at: datetime) -> float | None:
        answer = self.source.instant(query, at)
        return answer.series[-1].samples[-1][1] if answer.series else None

    def said_since(self, moment: datetime, name: str) -> tuple[Event, Said] | None:
        """The first failure of the check that Flagger's Events tell after the moment."""
        for page in self.connection.list(Kind.EVENT, NAMESPACE):
            for event in page.observations:
                assert isinstance(event, Event)
                found = re.fullmatch(r"Halt \S+ advancement (.+)", event.message)
                words = said(found[1]) if found else None
                if words and words.name == name and words.value and event.last_at and event.last_at >= moment:
                    return event, words
        return None


@contextmanager
def opened(number: int) -> Iterator[Lab]:
    file, address = KUBECONFIGS[number], PROMETHEUS[number]
    connection = KubernetesConnection(credential_from_kubeconfig(file.read_bytes()))
    direct = Direct(address)
    yield Lab(Member.of(file), connection, PrometheusSource(address, direct, close=direct.close), address)
    connection.close()
    direct.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    with opened(0) as one:
        yield one


@pytest.fixture
def labs() -> Iterator[list[Lab]]:
    with opened(0) as one, opened(1) as other:
        yield [one, other]


def spoil(member: Member, **fault: float) -> None:
    urllib.request.urlopen(f"http://127.0.0.1:9700/{member.name}/fault", json.dumps(fault).encode(), timeout=5).close()


def test_a_real_prometheus_is_understood(lab: Lab) -> None:
    now = datetime.now(UTC)
    assert [series.samples[-1][1] for series in lab.source.instant("vector(1)").series] == [1.0]
    found = lab.source.range("up", now - timedelta(minutes=2), now, 15)
    assert found.series
    assert found.warnings == ()
    times = [at for at, _ in found.series[0].samples]
    assert len(times) >= 2
    assert all(later - earlier == 15 for earlier, later in pairwise(times))
    assert lab.source.instant("nothing_of_the_kind").series == ()
    long = " or ".join(f'up{{job="{number:04}"}}' for number in range(400)) + " or vector(7)"
    assert lab.source.instant(long).series[-1].samples[-1][1] == 7


@pytest.mark.parametrize("provider", FAMILIES)
@pytest.mark.parametrize("names", [("shop", "cart", "cart"), ('a"b', "c.d\\e", "f|g\n")], ids=["ordinary", "wicked"])
def test_every_built_in_query_is_one(lab: Lab, provider: str, names: tuple[str, str, str]) -> None:
    namespace, target, service = names
    canary = Canary(namespace, target, "uid", "1", target_name=target, service_name=service)
    for check in (SUCCESS_RATE, DURATION):
        for version in ("1.37.0", "1.44.0"):
            queries = built_in(canary, provider, check, "1m", version)
            for query in filter(None, (queries.green, queries.blue)):
                assert lab.source.instant(query).series == ()


@pytest.mark.parametrize(
    ("query", "words"),
    [("sum(", r"\(400\): .*parse error"), ("up[1m]", "a range of values"), ('"text"', "a string instead of numbers")],
)
def test_what_a_real_prometheus_refuses_is_told_with_its_words(lab: Lab, query: str, words: str) -> None:
    with pytest.raises(QueryRefused, match=words):
        lab.source.instant(query)


def test_both_sides_are_read_while_a_release_runs(lab: Lab) -> None:
    lab.member.release(next_image())
    wait_for(lambda: lab.member.phase() == "Progressing", 40, "the release to begin")
    for name in ("request-success-rate", "request-duration"):
        asking = lab.asking(name)
        for query in (asking.green, asking.blue):
            value = wait_for(lambda query=query: lab.value(query, datetime.now(UTC)), 30, f"a value of {name}")  # type: ignore[misc]
            assert judge(asking.check, value) is Verdict.PASSED
    wait_for(lambda: lab.member.phase() == "Succeeded", RELEASE_SECONDS, "the release to succeed")


def test_a_failing_check_has_the_value_that_flagger_states_and_blue_stays_well(labs: list[Lab]) -> None:
    """One member answers errors, the other is slow: both are judged in one release each."""
    faults = [
        ("request-success-rate", {"errors": 0.3, "delay": 50.0}),
        ("request-duration", {"errors": 0.0, "delay": 800.0}),
    ]
    begun = datetime.now(UTC)
    try:
        for lab, (_, fault) in zip(labs, faults, strict=True):
            spoil(lab.member, **fault)
            lab.member.release(next_image())
        for lab, (name, _) in zip(labs, faults, strict=True):
            event, words = wait_for(lambda lab=lab, name=name: lab.said_since(begun, name), 120, f"{name} to fail")  # type: ignore[misc]
            time.sleep(WITHIN.total_seconds())
            assert event.last_at is not None
            asking = lab.asking(name)
            moments = [event.last_at + timedelta(seconds=tenth / 10) for tenth in range(-20, 21)]
            values = [lab.value(asking.green, moment) for moment in moments]
            written = {in_words(asking.check, value) for value in values if value is not None}
            assert words.text in {one.removesuffix("%") for one in written}, (event.message, written)
            blue = lab.value(asking.blue, event.last_at)
            assert judge(asking.check, blue) is Verdict.PASSED
    finally:
        for lab in labs:
            spoil(lab.member, errors=0.0, delay=50.0)

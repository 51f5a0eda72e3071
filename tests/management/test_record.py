"""`manage.py record`: a recording tells `replay` what happened, and holds nothing secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rollouts import wiring
from rollouts.domain.observations import Kind
from rollouts.models import Cluster
from tests.services.observe.harness import RUN, Walker, seed
from tests.support.faults import GoneInStream, watching
from tests.support.misbehaving import FakeCluster
from tests.support.objects import deployment
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db
SECRET = "hunter2-of-the-shop"


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with FakeCluster() as fake:
        seed(fake)
        yield fake


@pytest.fixture(autouse=True)
def north(fake: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = ways_into(tmp_path / "kubeconfigs")
    monkeypatch.setattr(wiring, "ways", lambda *_: ways)
    file = tmp_path / "kubeconfigs" / "north.yaml"
    file.write_text(fake.kubeconfig())
    Cluster.objects.create(name="north", source="file", path=str(file))


def record(seconds: float) -> list[str]:
    out = StringIO()
    call_command("record", "north", "--seconds", str(seconds), stdout=out)
    return out.getvalue().splitlines()


def recorded_during(fake: FakeCluster, act: threading.Thread, seconds: float = 4) -> list[str]:
    """What is recorded while the act goes on, which begins once the Canaries are watched."""

    def begin() -> None:
        fake.wait_until(lambda: fake.watching(Kind.CANARY) > 0 and fake.watching(Kind.DEPLOYMENT) > 0)
        act.start()

    beginning = threading.Thread(target=begin)
    beginning.start()
    lines = record(seconds)
    beginning.join(10)
    act.join(10)
    return lines


def test_a_recording_is_replayed_to_the_same_story(fake: FakeCluster, tmp_path: Path) -> None:
    lines = recorded_during(fake, threading.Thread(target=Walker(fake).walk))
    file, out = tmp_path / "north.jsonl", StringIO()
    file.write_text("\n".join(lines))
    call_command("replay", str(file), "--json", stdout=out)
    [release] = json.loads(out.getvalue())["releases"]
    assert (release["cluster"], release["name"], release["outcome"]) == ("north", "checkout", "succeeded")
    told = [(one["phase"], one["iterations"], one["failed_checks"]) for one in release["transitions"]]
    assert told == list(RUN)


def test_no_secret_is_in_a_recording(fake: FakeCluster) -> None:
    workload = deployment("shop", "checkout")
    container = workload["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "DATABASE_PASSWORD", "value": SECRET}, {"name": "MODE", "value": "live"}]
    container["args"] = [f"--api-token={SECRET}"]
    workload["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": SECRET}
    fake.set(workload)
    changed = json.loads(json.dumps(workload))
    changed["spec"]["replicas"] = 3
    recorded = "\n".join(recorded_during(fake, threading.Thread(target=fake.set, args=(changed,))))
    assert '"replicas":3' in recorded
    assert "DATABASE_PASSWORD" in recorded and '"live"' in recorded
    assert SECRET not in recorded
    assert next(iter(fake.tokens)) not in recorded


def test_what_is_listed_after_a_lost_stream_is_marked(fake: FakeCluster) -> None:
    fake.faults.append(GoneInStream(when=watching(Kind.CANARY)))
    lines = [json.loads(line) for line in record(3)]
    canaries = [line.get("listed", False) for line in lines if line["path"].endswith("/canaries")]
    assert canaries == [False, True]


def test_a_cluster_that_cannot_be_reached_is_an_error_and_no_empty_recording(fake: FakeCluster) -> None:
    fake.tokens = set()
    with pytest.raises(CommandError, match="does not accept the credential"):
        record(1)

"""What an administrator says of where a cluster's metrics are, and how long a password is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollouts.domain.errors import InvalidInput
from rollouts.models import Cluster
from rollouts.services import clusters
from rollouts.services.clusters import MetricsGiven, Ways
from tests.support.misbehaving import FakeCluster
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db
URL = "https://prometheus.example:9090"


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return ways_into(tmp_path / "kubeconfigs")


def add(server: FakeCluster, ways: Ways, metrics: MetricsGiven | None = None) -> Cluster:
    return clusters.add(name="prod", ways=ways, kubeconfig=server.kubeconfig().encode(), metrics=metrics).cluster


def password(cluster: Cluster, ways: Ways) -> str:
    return ways.cipher.decrypt(cluster.prometheus_secret).decode() if cluster.prometheus_secret else ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (MetricsGiven("ftp://x"), "looks like"),
        (MetricsGiven("http://me:pw@host"), "looks like"),
        (MetricsGiven("http://host?x=1"), "looks like"),
        (MetricsGiven("http://host/#x"), "looks like"),
        (MetricsGiven("http://host/" + "x" * 1024), "looks like"),
        (MetricsGiven("", "me", "hunter2"), "give that too"),
        (MetricsGiven("", "", "hunter2"), "give that too"),
        (MetricsGiven(URL, "me"), "needs a password"),
        (MetricsGiven(URL, "m:e", "hunter2"), "no colon"),
        (MetricsGiven(URL, "", "hunter2\nX-Other: 1"), "one line"),
        (MetricsGiven(URL, "", "x" * 5000), "one line"),
        (MetricsGiven(allowed=("prometheus:9090",)), "no origin"),
        (MetricsGiven(allowed=("http://host/path",)), "no origin"),
        (MetricsGiven(allowed=("http://host?x",)), "no origin"),
        (MetricsGiven(allowed=("http://host",) * 51), "At most 50"),
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_a_secret(given: MetricsGiven, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        given.check()
    assert "hunter2" not in str(caught.value) + repr(given)


def test_everything_given_is_kept_and_the_password_encrypted(ways: Ways) -> None:
    with FakeCluster() as server:
        cluster = add(server, ways, MetricsGiven(f"{URL}/prom", "me", "hunter2", ("HTTPS://Other.example/",)))
    cluster.refresh_from_db()
    assert (cluster.prometheus_url, cluster.prometheus_user) == (f"{URL}/prom", "me")
    assert cluster.metrics_allowed == ["https://other.example:443"]
    assert "hunter2" not in cluster.prometheus_secret
    assert password(cluster, ways) == "hunter2"


def test_what_is_not_said_again_stays(ways: Ways) -> None:
    with FakeCluster() as server:
        add(server, ways, MetricsGiven(URL, "me", "hunter2", ("https://other.example",)))
        cluster = add(server, ways)
    assert (cluster.prometheus_url, cluster.prometheus_user, password(cluster, ways)) == (URL, "me", "hunter2")
    assert cluster.metrics_allowed == ["https://other.example:443"]


def test_a_password_stays_with_the_address_it_was_given_for(ways: Ways) -> None:
    with FakeCluster() as server:
        add(server, ways, MetricsGiven(URL, "me", "hunter2"))
        same = add(server, ways, MetricsGiven(f"{URL}/other-path", "me"))
        assert password(same, ways) == "hunter2"
        with pytest.raises(InvalidInput, match="needs a password"):
            add(server, ways, MetricsGiven("https://elsewhere.example", "me"))
        other = add(server, ways, MetricsGiven("https://elsewhere.example"))
    assert (other.prometheus_user, password(other, ways)) == ("", "")


def test_a_new_password_replaces_the_old_one(ways: Ways) -> None:
    with FakeCluster() as server:
        add(server, ways, MetricsGiven(URL, "me", "hunter2"))
        cluster = add(server, ways, MetricsGiven(URL, "", "a-token"))
    assert (cluster.prometheus_user, password(cluster, ways)) == ("", "a-token")


def test_without_keys_no_password_is_stored(tmp_path: Path) -> None:
    keyless = ways_into(tmp_path / "kubeconfigs", keys=[])
    with FakeCluster() as server:
        path = keyless.folder / "prod.yaml"
        path.write_text(server.kubeconfig())
        with pytest.raises(InvalidInput, match="KURATOR_UI_SECRET_KEYS"):
            clusters.add(name="prod", ways=keyless, kubeconfig=path, metrics=MetricsGiven(URL, "", "hunter2"))
    assert not Cluster.objects.exists()

"""`manage.py clusters`: what it prints, and how it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rollouts import wiring
from rollouts.adapters.changefeed.memory import MemoryChangeFeed
from rollouts.domain.observations import Hook
from rollouts.models import Cluster, ClusterSource
from rollouts.services.clusters import Ways
from tests.support.builders import make_command, make_reversal, make_rollout
from tests.support.governed import make_policy, make_policy_command, make_policy_reversal
from tests.support.misbehaving import TOKEN, FakeCluster
from tests.support.objects import deployment
from tests.support.program import ROOT, environment
from tests.support.registering import ways_into

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ways]:
    ways, feed = ways_into(tmp_path / "kubeconfigs"), MemoryChangeFeed()
    monkeypatch.setattr(wiring, "ways", lambda *_: ways)
    monkeypatch.setattr(wiring, "change_feed", lambda: feed)
    yield ways
    feed.close()


@pytest.fixture
def server() -> Iterator[FakeCluster]:
    with FakeCluster() as cluster:
        yield cluster


@pytest.fixture
def file(server: FakeCluster, tmp_path: Path) -> str:
    path = tmp_path / "given.yaml"
    path.write_text(server.kubeconfig())
    return str(path)


def clusters(*words: str) -> str:
    out = StringIO()
    call_command("clusters", *words, stdout=out, no_color=True)
    return out.getvalue()


def test_a_cluster_is_added_listed_tested_and_removed(file: str) -> None:
    assert clusters("add", "prod", "--kubeconfig", file, "--store").startswith("Added prod.")
    assert "No permission is missing." in clusters("test", "prod")
    header, line = clusters("list").splitlines()
    assert header.split()[:5] == ["NAME", "KIND", "STATE", "ROLLOUTS", "KUBERNETES"]
    assert line.split()[:5] == ["prod", "plain", "new", "0", "v1.33.4"]
    assert clusters("remove", "prod", "--yes") == "Removed prod and 0 rollouts.\n"
    assert "No clusters yet." in clusters("list")


def test_whoever_removes_a_hub_is_told_what_stays_on_there_and_in_its_members() -> None:
    application = make_policy("eu-west")
    make_policy_reversal(make_policy_command(application))
    make_reversal(make_command(application.rollouts.get(), act="promote-now"))
    told = clusters("remove", "hub", "--yes").splitlines()
    assert told[:2] == [
        "Once it is removed nobody turns this off: suspend of policy checkout-prod of shop/checkout in hub.",
        "Once it is removed nobody turns this off: skipAnalysis of shop/checkout in eu-west.",
    ]


def test_everything_that_can_be_said_about_a_cluster_is_kept(file: str) -> None:
    clusters(
        *("add", "hub", "--kubeconfig", file, "--store", "--hub", "--prometheus", "http://prometheus:9090"),
        *("--namespace", "shop", "--namespace", "billing", "--insecure-skip-tls-verify", "--context", "it"),
    )
    row = Cluster.objects.get()
    assert (row.is_hub, row.prometheus_url, row.namespaces, row.allow_insecure, row.source) == (
        True,
        "http://prometheus:9090",
        ["shop", "billing"],
        True,
        ClusterSource.STORED,
    )


def test_where_metrics_are_is_kept_and_the_secret_never_printed(file: str, tmp_path: Path, ways: Ways) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    given = ("--prometheus", "http://127.0.0.1:1", "--prometheus-user", "me", "--prometheus-secret-file", str(secret))
    allowed = ("--allow-metrics", "https://one.example", "http://two.example:9090")
    printed = clusters("add", "prod", "--kubeconfig", file, "--store", *given, *allowed) + clusters("test", "prod")
    row = Cluster.objects.get()
    assert (row.prometheus_user, ways.cipher.decrypt(row.prometheus_secret)) == ("me", b"hunter2")
    assert row.metrics_allowed == ["https://one.example:443", "http://two.example:9090"]
    assert "hunter2" not in printed
    assert "No value of a check can be read. 127.0.0.1:1 was asked for values, but nothing listens there" in printed


def test_where_metrics_are_is_said_anew(file: str, tmp_path: Path, ways: Ways) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    clusters("add", "prod", "--kubeconfig", file, "--store", "--allow-metrics", "https://one.example")
    address = ("--prometheus", "http://127.0.0.1:1", "--prometheus-secret-file", str(secret))
    assert "Metrics     http://127.0.0.1:1, directly" in clusters("metrics", "prod", *address)
    row = Cluster.objects.get()
    assert (ways.cipher.decrypt(row.prometheus_secret), row.metrics_allowed) == (b"hunter2", [])
    clusters("metrics", "prod", "--prometheus", "http://127.0.0.1:1", "--allow-metrics", "https://two.example")
    row.refresh_from_db()
    assert (ways.cipher.decrypt(row.prometheus_secret), row.metrics_allowed) == (
        b"hunter2",
        ["https://two.example:443"],
    )
    clusters("metrics", "prod")
    row.refresh_from_db()
    assert (row.prometheus_url, row.prometheus_secret, row.metrics_allowed) == ("", "", [])
    with pytest.raises(CommandError, match="looks like"):
        clusters("metrics", "prod", "--prometheus", "nonsense")


def test_a_test_says_where_values_come_from_and_whether_a_query_works(server: FakeCluster, file: str) -> None:
    server.set(deployment("mesh", "flagger", "ghcr.io/fluxcd/flagger:1.44.0"))
    one = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "1"]}]}
    server.metrics = lambda request: (200, {"status": "success", "data": one})
    clusters("add", "prod", "--kubeconfig", file, "--store")
    printed = clusters("test", "prod")
    assert "Metrics     http://prometheus:9090, through the API server (Service prometheus in mesh)" in printed
    assert "A query works. There is no rollout with a check to ask for yet." in printed


@pytest.mark.parametrize("content", ["", None])
def test_a_secret_file_that_holds_nothing_is_refused(file: str, tmp_path: Path, content: str | None) -> None:
    secret = tmp_path / "password"
    if content is not None:
        secret.write_text(content)
    with pytest.raises(CommandError, match=r"is empty|cannot be read"):
        clusters(
            *("add", "prod", "--kubeconfig", file, "--store"),
            *("--prometheus", "http://prometheus:9090", "--prometheus-secret-file", str(secret)),
        )
    assert not Cluster.objects.exists()


def test_a_file_outside_of_the_folder_needs_a_decision(file: str) -> None:
    with pytest.raises(CommandError, match="--store"):
        clusters("add", "prod", "--kubeconfig", file)


def test_a_file_is_needed_unless_it_is_the_account_of_the_pod() -> None:
    with pytest.raises(CommandError, match="--kubeconfig --in-cluster is required"):
        clusters("add", "prod")


def test_a_cluster_that_is_away_is_added_and_told(server: FakeCluster, file: str) -> None:
    server.tokens.clear()
    assert "Added prod, but it cannot be reached now." in clusters("add", "prod", "--kubeconfig", file, "--store")
    with pytest.raises(CommandError, match="does not accept the credential"):
        clusters("test", "prod")


def test_a_known_cluster_is_recognised(file: str) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    assert "known already" in clusters("add", "prod", "--kubeconfig", file, "--store")
    with pytest.raises(CommandError, match="the cluster prod"):
        clusters("add", "other", "--kubeconfig", file, "--store")


def test_missing_permissions_are_printed_one_a_line_and_fail_the_test(server: FakeCluster, file: str) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    server.denied |= {("watch", "canaries"), ("list", "events")}
    out = StringIO()
    with pytest.raises(CommandError, match="2 permissions are missing"):
        call_command("clusters", "test", "prod", stdout=out, no_color=True)
    assert [line for line in out.getvalue().splitlines() if line.startswith("Missing")] == [
        "Missing permission: watch canaries.flagger.app",
        "Missing permission: list events",
    ]


@pytest.mark.parametrize("act", ["test", "remove", "metrics"])
def test_a_name_that_nobody_has_is_told(act: str) -> None:
    with pytest.raises(CommandError, match="no cluster nix"):
        clusters(act, "nix")


def test_the_token_is_never_printed(file: str) -> None:
    printed = clusters("add", "prod", "--kubeconfig", file, "--store") + clusters("test", "prod") + clusters("list")
    assert TOKEN not in printed


def test_before_there_is_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "clusters", "list"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path, 0), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: There is no database yet"), done.stderr


def test_what_is_missing_for_acting_is_printed_and_does_not_fail_the_test(server: FakeCluster, file: str) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    server.denied.add(("patch", "deployments"))
    printed = clusters("test", "prod")
    assert "Missing for acting: patch deployments.apps" in printed
    assert "Everything can be seen, but not every act works; deploy/rbac/acting.yaml grants them." in printed


def test_what_is_missing_to_remove_a_rollout_is_printed_and_does_not_fail_the_test(
    server: FakeCluster, file: str
) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    server.denied.add(("delete", "canaries"))
    printed = clusters("test", "prod")
    assert "Missing for removing rollouts: delete canaries.flagger.app" in printed
    assert "No rollout of a policy can be removed; deploy/rbac/removing.yaml grants that." in printed
    assert "No permission is missing." not in printed


def test_what_is_missing_to_make_canaries_is_printed_and_does_not_fail_the_test(server: FakeCluster, file: str) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    server.denied.add(("create", "canaries"))
    printed = clusters("test", "prod")
    assert "Missing for making Canaries: create canaries.flagger.app" in printed
    assert "No Canary is made; deploy/rbac/creating.yaml grants that." in printed
    assert "No permission is missing." not in printed


def test_what_is_missing_to_make_applications_is_printed_of_a_hub(server: FakeCluster, file: str) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store", "--hub")
    server.denied.add(("create", "applications"))
    printed = clusters("test", "prod")
    assert "Missing for making and deleting Applications: create applications.apps.kurator.dev" in printed
    assert "No Application is made or deleted; deploy/rbac/applications.yaml grants that." in printed


def test_what_is_missing_to_change_a_value_of_a_configmap_is_printed_where_one_is_tracked(
    server: FakeCluster, file: str
) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    server.denied.add(("patch", "configmaps"))
    assert "No permission is missing." in clusters("test", "prod")
    make_rollout(cluster=Cluster.objects.get(), tracked_configs={"configmap/settings": "0123456789abcdef"})
    printed = clusters("test", "prod")
    assert "Missing for config values: patch configmaps in namespace shop\n" in printed
    assert "No value of a ConfigMap can be changed; deploy/rbac/configs.yaml grants that." in printed


def test_what_is_missing_for_gates_is_printed_apart(server: FakeCluster, file: str) -> None:
    clusters("add", "prod", "--kubeconfig", file, "--store")
    hooks = (Hook("board", "confirm-promotion", "http://flagger-loadtester.test/gate/check"),)
    make_rollout(cluster=Cluster.objects.get(), hooks=hooks)
    server.denied.add(("create", "services/proxy"))
    printed = clusters("test", "prod")
    assert "Missing for gates: create services/proxy http:flagger-loadtester:80 in namespace test" in printed
    assert "Not every gate can be opened; deploy/rbac/gates.yaml says how that is granted." in printed
    assert "No permission is missing." not in printed

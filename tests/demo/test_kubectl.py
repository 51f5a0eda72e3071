"""kubectl itself works against the demo fleet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.serve import DemoFleet

if shutil.which("kubectl") is None and not os.environ.get("CI"):
    pytest.skip("kubectl is not installed", allow_module_level=True)

SECONDS = 30


class Kubectl:
    def __init__(self, fleet: DemoFleet, cache: Path, cluster: str = "eu-west", user: str = "admin") -> None:
        # A cache of its own: discovery of other servers is kept in the home folder.
        self.command = ["kubectl", f"--kubeconfig={fleet.kubeconfig(cluster, user)}", f"--cache-dir={cache}"]

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*self.command, *arguments], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def kubectl(fleet: DemoFleet, tmp_path: Path) -> Kubectl:
    return Kubectl(fleet, tmp_path / "cache")


def test_it_prints_canaries_with_their_columns(kubectl: Kubectl) -> None:
    head, row = kubectl("get", "canary", "-A").splitlines()
    assert head.split() == ["NAMESPACE", "NAME", "STATUS", "WEIGHT", "LASTTRANSITIONTIME"]
    assert row.split()[:4] == ["shop", "checkout", "Initialized", "0"]


def test_it_sorts_by_a_field(kubectl: Kubectl) -> None:
    shown = kubectl("get", "deployments", "-n", "shop", "--sort-by=.spec.replicas", "-o", "wide").splitlines()[1:]
    assert [row.split()[0] for row in shown] == ["checkout", "checkout-primary"]


def test_it_follows_a_release_with_a_watch(kubectl: Kubectl, fleet: DemoFleet) -> None:
    watching = kubectl.start("get", "canary", "-A", "-w")
    try:
        assert watching.stdout
        assert "STATUS" in watching.stdout.readline()
        assert "Initialized" in watching.stdout.readline()
        fleet.release("eu-west", "shop", "checkout", "registry.example.test/checkout:1.1.0")
        # The watch begins after the list, so time moves only once its first line shows that it is open.
        fleet.patch("eu-west", CANARIES, "shop", "checkout", {"metadata": {"labels": {"seen": "yes"}}})
        assert "Initialized" in watching.stdout.readline()
        fleet.advance(90)
        phases = [watching.stdout.readline().split()[2] for _ in range(8)]
    finally:
        watching.terminate()
        watching.wait(SECONDS)
        if watching.stdout:
            watching.stdout.close()
    assert phases == ["Progressing"] * 5 + ["Promoting", "Finalising", "Succeeded"]


def test_it_patches_and_reads_back(kubectl: Kubectl) -> None:
    kubectl("patch", "canary", "checkout", "-n", "shop", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    assert kubectl("get", "canary", "checkout", "-n", "shop", "-o", "jsonpath={.spec.suspend}") == "true"
    image = '{"spec":{"template":{"spec":{"containers":[{"name":"checkout","image":"new:2"}]}}}}'
    kubectl("patch", "deployment", "checkout", "-n", "shop", "-p", image)
    assert "new:2" in kubectl("get", "deploy", "checkout", "-n", "shop", "-o", "yaml")


@pytest.mark.usefixtures("patch_status")
def test_it_patches_the_status(kubectl: Kubectl) -> None:
    patch = '{"status":{"failedChecks":2}}'
    kubectl("patch", "canary", "checkout", "-n", "shop", "--subresource=status", "--type=merge", "-p", patch)
    assert kubectl("get", "canary", "checkout", "-n", "shop", "-o", "jsonpath={.status.failedChecks}") == "2"


def test_it_scales(kubectl: Kubectl) -> None:
    kubectl("scale", "deployment", "checkout", "-n", "shop", "--replicas=3")
    assert kubectl("get", "deploy", "checkout", "-n", "shop", "-o", "jsonpath={.spec.replicas}") == "3"


def test_it_deletes(kubectl: Kubectl) -> None:
    kubectl("delete", "canary", "checkout", "-n", "shop")
    assert kubectl("get", "canary", "-A", "-o", "name") == ""


def test_it_reads_raw_paths(kubectl: Kubectl) -> None:
    listed = json.loads(kubectl("get", "--raw", "/apis/flagger.app/v1beta1/canaries"))
    assert [item["metadata"]["name"] for item in listed["items"]] == ["checkout"]
    path = "/api/v1/namespaces/istio-system/services/http:prometheus:9090/proxy/api/v1/query?query=flagger_info"
    assert json.loads(kubectl("get", "--raw", path))["data"]["result"][0]["metric"]["version"] == "1.44.0"


def test_it_says_what_the_viewer_may(fleet: DemoFleet, tmp_path: Path) -> None:
    viewer = Kubectl(fleet, tmp_path / "cache", user="viewer")
    assert viewer("auth", "can-i", "watch", "canaries.flagger.app").strip() == "yes"
    assert (
        "no"
        in subprocess.run(
            [*viewer.command, "auth", "can-i", "patch", "canaries.flagger.app", "--subresource=status"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        ).stdout
    )
    assert "Forbidden" in viewer("patch", "canary", "checkout", "-n", "shop", "--type=merge", "-p", "{}", code=1)


def test_it_knows_version_and_kinds(kubectl: Kubectl, fleet: DemoFleet, tmp_path: Path) -> None:
    assert json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"].startswith("v1.33")
    kinds = kubectl("api-resources", "-o", "name").split()
    assert {"canaries.flagger.app", "virtualservices.networking.istio.io", "deployments.apps"} <= set(kinds)
    hub = Kubectl(fleet, tmp_path / "hub-cache", "hub")
    assert hub("get", "attachedclusters", "-n", "default", "-o", "name").split() == [
        "attachedcluster.cluster.kurator.dev/eu-north",
        "attachedcluster.cluster.kurator.dev/eu-west",
    ]

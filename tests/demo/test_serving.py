"""The process, its one line, its end; clusters that drop out; the control path; what it must not import."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from kurator_ui.demo.clock import VirtualClock
from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import CANARIES, CHECKOUT, Client

ROOT = Path(__file__).parent.parent.parent
SECONDS = 30


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "kurator_ui.demo", *arguments]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with running:
        try:
            yield running
        finally:
            running.kill()


def test_the_process_says_where_it_is_and_ends_when_asked(tmp_path: Path) -> None:
    with process("--state", str(tmp_path)) as running:
        assert running.stdout
        line = running.stdout.readline()
        assert line.startswith("demo fleet ready at https://127.0.0.1:")
        assert (tmp_path / "hub.kubeconfig").exists()
        assert (tmp_path / "staging.kubeconfig").exists()
        running.send_signal(signal.SIGTERM)
        assert running.wait(SECONDS) == 0
    with process("--state", str(tmp_path)) as again:
        assert again.stdout
        assert again.stdout.readline() == line  # the same port as the last time
        again.send_signal(signal.SIGINT)
        assert again.wait(SECONDS) == 0


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with process("--state", str(tmp_path), "--port", str(taken.getsockname()[1])) as running:
            _, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 1
    assert errors.startswith("the demo fleet cannot start: ")
    assert len(errors.splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with process("--state", str(tmp_path / "file" / "state")) as running:
        _, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 1
    assert len(errors.splitlines()) == 1


def test_a_cluster_that_is_down_closes_connections_and_comes_back(fleet: DemoFleet, client: Client) -> None:
    since = client.get(CANARIES)["metadata"]["resourceVersion"]
    with client.watch(f"{CANARIES}?resourceVersion={since}") as events:
        fleet.switch("eu-west", "down")
        with pytest.raises((urllib3.exceptions.HTTPError, ConnectionError)):
            next(events)
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.get(CHECKOUT)
    assert Client(fleet, "eu-north").ask("GET", CANARIES)[0] == 200
    fleet.switch("eu-west", "up")
    assert client.get(CHECKOUT)["metadata"]["name"] == "checkout"


def test_a_cluster_that_hangs_accepts_and_never_answers(fleet: DemoFleet, client: Client) -> None:
    fleet.switch("eu-west", "hang")
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        client._pool.request("GET", fleet.server("eu-west") + "/version", timeout=urllib3.Timeout(connect=3, read=0.3))
    fleet.switch("eu-west", "up")
    assert Client(fleet).ask("GET", "/version")[0] == 200


def test_the_control_path_disturbs_on_the_administrators_behalf(fleet: DemoFleet, client: Client) -> None:
    def control(act: str, token: str, body: object = None) -> int:
        url = f"{fleet.address}/control/clusters/eu-west/{act}"
        headers = {"Authorization": f"Bearer {token}"}
        return client._pool.request("POST", url, body=json.dumps(body).encode(), headers=headers).status

    assert control("hang", fleet.token("eu-west", "viewer")) == 401
    admin = fleet.token("hub")
    assert control("nonsense", admin) == 400
    assert control("fault", admin, {"namespace": "shop"}) == 400
    assert control("down", admin) == 200
    assert fleet.call(lambda: fleet.cluster("eu-west").state) == "down"
    assert control("up", admin) == 200
    assert control("fault", admin, {"namespace": "shop", "workload": "checkout-primary", "errors": 0.5}) == 200

    def success() -> float:
        cluster = fleet.cluster("eu-west")
        load = cluster.traffic.at("shop", "checkout-primary", cluster.clock.now())
        return load.success_percent if load else 100.0

    assert fleet.call(success) < 60


def test_a_request_that_is_none_is_refused(fleet: DemoFleet, client: Client) -> None:
    status, answer = client.ask("POST", CANARIES.replace("canaries", "namespaces/shop/canaries"), [1, 2])
    assert (status, answer["reason"]) == (400, "BadRequest")
    assert client._pool.request("GET", f"{fleet.address}/clusters/nowhere/version").status == 404


def test_the_fake_world_knows_neither_the_product_nor_django() -> None:
    foreign = ("rollouts", "django", "kubernetes", "celery")
    code = f"import sys, kurator_ui.demo.process; print([name for name in {foreign} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_official_client_lists_and_watches(fleet: DemoFleet) -> None:
    kubernetes = pytest.importorskip("kubernetes")
    configuration = kubernetes.client.Configuration()
    configuration.host = fleet.server("eu-west")
    configuration.ssl_ca_cert = str(fleet.fleet.folder / "ca.crt")
    configuration.api_key = {"authorization": f"Bearer {fleet.token('eu-west')}"}
    with kubernetes.client.ApiClient(configuration) as api:
        canaries = kubernetes.client.CustomObjectsApi(api)
        listed = canaries.list_cluster_custom_object("flagger.app", "v1beta1", "canaries", _request_timeout=5)
        assert [item["metadata"]["name"] for item in listed["items"]] == ["checkout"]
        patched = canaries.patch_namespaced_custom_object(
            "flagger.app", "v1beta1", "shop", "canaries", "checkout", {"spec": {"suspend": True}}, _request_timeout=5
        )
        assert patched["spec"]["suspend"] is True


def test_hundreds_of_watches_are_open_at_once(tmp_path: Path) -> None:
    with DemoFleet(tmp_path, members=2, clock=VirtualClock()) as fleet:
        fleet.add_rollout("eu-west", "shop", "checkout", "checkout:1.0.0")
        client = Client(fleet)
        since = client.get(CANARIES)["metadata"]["resourceVersion"]
        streams = [client._pool.request("GET", f"{fleet.server('eu-west')}{CANARIES}?watch=1&resourceVersion={since}",
                   headers=client._headers, preload_content=False) for _ in range(200)]  # fmt: skip
        try:
            client.patch(CHECKOUT, {"metadata": {"labels": {"a": "b"}}})
            assert all(b'"a":"b"' in next(iter(stream.stream(65536))) for stream in streams)
        finally:
            for stream in streams:
                stream.close()

"""Neither a token nor a library's own error gets out, however a call fails."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.errors import ClusterError
from rollouts.domain.observations import Kind
from tests.adapters.kubernetes.conftest import HASTY
from tests.support.faults import Answer, Cut, Drip, Fault, Flood, GoneInStream, NotJSON, Redirect, Reset, Silence
from tests.support.misbehaving import TOKEN, FakeCluster

FAULTS: list[Callable[[], Fault]] = [
    *(lambda code=code: Answer(code) for code in (400, 401, 403, 404, 409, 410, 422, 429, 500, 503)),
    Reset,
    lambda: Cut(after_bytes=10),
    lambda: Drip(0.05),
    Flood,
    GoneInStream,
    NotJSON,
    Silence,
    lambda: Redirect("https://elsewhere.example/"),
]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error with everything that a report of it could print."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", ["list", "watch", "uid"])
def test_an_error_is_ours_all_the_way_down(
    cluster: FakeCluster, hasty: KubernetesConnection, fault: Callable[[], Fault], call: str
) -> None:
    spoiled = fault()
    spoiled.times = None
    cluster.faults.append(spoiled)
    calls: dict[str, Callable[[], object]] = {
        "list": lambda: list(hasty.list(Kind.CANARY)),
        "watch": lambda: list(hasty.watch(Kind.CANARY, "1", seconds=1)),
        "uid": hasty.uid,
    }
    if isinstance(spoiled, GoneInStream) and call != "watch":
        return  # spoils streams only
    with pytest.raises(ClusterError) as caught:
        calls[call]()
    for one in chain(caught.value):
        assert isinstance(one, ClusterError), one
        assert TOKEN not in repr(vars(one))
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_errors_of_the_connection_itself_are_ours_all_the_way_down() -> None:
    with FakeCluster() as cluster:
        credential = cluster.credential()
    for changed in (credential.server, "https://no-such-name.invalid", "https://127.0.0.1:1"):
        connection = KubernetesConnection(cluster.credential(server=changed), HASTY)
        with pytest.raises(ClusterError) as caught:
            connection.uid()
        assert all(isinstance(one, ClusterError) for one in chain(caught.value))


def test_nothing_secret_is_logged(cluster: FakeCluster, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    connection = KubernetesConnection(cluster.credential())
    connection.uid()
    cluster.faults += [Answer(401), Reset()]
    for _ in range(2):
        with pytest.raises(ClusterError):
            connection.uid()
    assert "GET" in caplog.text  # the library does log; a token would be seen
    assert TOKEN not in caplog.text


def test_nothing_secret_is_in_any_repr(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    seen = io.StringIO()
    for one in (
        credential_from_kubeconfig(cluster.kubeconfig()),
        connection,
        connection._http,
        connection._http._token,
    ):
        seen.write(f"{one!r} {one!s}")
    assert TOKEN not in seen.getvalue()
    assert "PRIVATE KEY" not in seen.getvalue()

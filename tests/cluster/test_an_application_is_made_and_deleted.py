"""What a hub's own API server makes of an Application that is tried, made, and deleted: what is tried is never done."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.errors import Conflict, NotFound, Refused
from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Kind
from rollouts.domain.whole.making import NewApplication, creation, is_same, manifest
from rollouts.domain.whole.seen import Whole, read_whole

KIND = Kind.APPLICATION


@pytest.fixture
def hub(hub_kubeconfig: Path) -> Iterator[KubernetesConnection]:
    connection = KubernetesConnection(credential_from_kubeconfig(hub_kubeconfig.read_bytes()))
    yield connection
    connection.close()


@pytest.fixture
def wanted(hub: KubernetesConnection) -> dict[str, Any]:
    """It selects no cluster, so that nothing comes of it there."""
    fleet = next(one for page in hub.list(Kind.FLEET) for one in page.observations if isinstance(one, Fleet))
    return manifest(
        NewApplication(
            fleet=f"1/{fleet.namespace}/{fleet.name}",
            name=f"tried-{uuid.uuid4().hex[:8]}",
            selector="tried=nowhere",
            url="https://git.example.test/tried/deploy.git",
            ref="main",
        ),
        uuid.uuid4().hex,
    )


def test_it_is_tried_made_tried_again_and_deleted(hub: KubernetesConnection, wanted: dict[str, Any]) -> None:
    place = (KIND, wanted["metadata"]["namespace"], wanted["metadata"]["name"])

    def read() -> Whole:
        return read_whole(hub.raw(*place))

    hub.patch(creation(wanted), dry_run=True)
    with pytest.raises(NotFound):
        read()
    hub.patch(creation(wanted))
    assert is_same(wanted, hub.raw(*place))
    with pytest.raises(Conflict):
        hub.patch(creation(wanted), dry_run=True)
    hub.delete(*place, uid=read().uid, resource_version=read().resource_version, dry_run=True)
    assert not read().deleting, "it was only tried"
    with pytest.raises(Conflict):
        hub.delete(*place, uid=str(uuid.uuid4()), resource_version=read().resource_version)
    _delete(hub, place, read)
    with pytest.raises(NotFound):
        read()


def test_a_field_that_the_hub_does_not_know_is_refused_with_its_place(
    hub: KubernetesConnection, wanted: dict[str, Any]
) -> None:
    wanted["spec"]["syncPolicies"][0]["nonsense"] = True
    with pytest.raises(Refused, match=r"spec\.syncPolicies\[0\]\.nonsense"):
        hub.patch(creation(wanted), dry_run=True)


def _delete(hub: KubernetesConnection, place: tuple[Kind, str, str], read: Any) -> None:
    """Kurator may write its status between the two."""
    for _ in range(10):
        seen = read()
        try:
            hub.delete(*place, uid=seen.uid, resource_version=seen.resource_version)
        except Conflict:
            continue
        return
    raise AssertionError("it is changed all the time")

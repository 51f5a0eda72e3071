from __future__ import annotations

import pytest

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.errors import Forbidden, NotFound
from rollouts.domain.observations import Kind
from tests.support.definitions import definition
from tests.support.misbehaving import FakeCluster


def test_the_schema_of_the_version_that_is_read_is_given(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    cluster.set(definition({"properties": {"spec": {"type": "object"}}}))
    assert connection.schema(Kind.APPLICATION) == {"properties": {"spec": {"type": "object"}}}


def test_a_kind_that_is_not_defined_or_not_in_this_version_is_not_found(
    cluster: FakeCluster, connection: KubernetesConnection
) -> None:
    with pytest.raises(NotFound):
        connection.schema(Kind.APPLICATION)
    cluster.set(definition({}, version="v2"))
    with pytest.raises(NotFound, match="none of version v1alpha1"):
        connection.schema(Kind.APPLICATION)


def test_without_the_right_it_says_which_one_is_missing(cluster: FakeCluster, connection: KubernetesConnection) -> None:
    cluster.denied.add(("get", "customresourcedefinitions"))
    with pytest.raises(Forbidden, match="customresourcedefinitions"):
        connection.schema(Kind.APPLICATION)

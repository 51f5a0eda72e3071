"""While a cluster is asked who it is, its thread holds no connection to the database."""

from __future__ import annotations

import pytest
from django.db import connection as database

from rollouts.models import Cluster
from rollouts.services.observe.door import RegisteredClusters

pytestmark = pytest.mark.django_db(transaction=True)


class Slow:
    """A cluster; and the way into it. Notes whether a connection to the database is kept while it is asked."""

    def __init__(self) -> None:
        self.held: list[bool] = []

    def connect(self, cluster: Cluster) -> Slow:
        self.held.append(database.connection is not None)
        return self

    def uid(self) -> str:
        self.held.append(database.connection is not None)
        return "uid"

    def close(self) -> None: ...


@pytest.mark.parametrize("known", ["uid", None])
def test_no_connection_to_the_database_is_kept_while_a_cluster_is_asked(known: str | None) -> None:
    row = Cluster.objects.create(name="slow", source="file", uid=known)
    slow = Slow()
    door = RegisteredClusters(slow)  # type: ignore[arg-type]
    connection = door.open(row.pk)
    database.close()  # as whoever connects does
    door.check(row.pk, connection)
    assert slow.held == [False, False, False]
    row.refresh_from_db()
    assert row.uid == "uid"

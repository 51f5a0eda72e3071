"""The way into clusters for observation: credentials from where they are kept, identity checked before anything is
read.
"""

from __future__ import annotations

from django.db import connection as database

from rollouts.domain.errors import ClusterError
from rollouts.domain.ports import ClusterConnection
from rollouts.models import Cluster
from rollouts.services import clusters


class RegisteredClusters:
    """`ways` opens connections; see `clusters.Ways`.

    Clusters may take long to answer. Meanwhile no connection to the database is kept: some silent clusters would take
    all that there are.
    """

    def __init__(self, ways: clusters.Ways) -> None:
        self._ways = ways

    def open(self, cluster: int) -> ClusterConnection:
        row = _registered(cluster)
        database.close()
        connection = self._ways.connect(row)
        try:
            clusters.identify(cluster=row, uid=connection.uid())
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self, cluster: int, connection: ClusterConnection) -> None:
        uid = connection.uid()
        clusters.identify(cluster=_registered(cluster), uid=uid)


def _registered(cluster: int) -> Cluster:
    """A cluster may be removed, or recognised as another one, while it is observed."""
    row = Cluster.objects.select_related("hub").filter(pk=cluster).first()
    if row is None:
        raise ClusterError("This cluster is not registered any more.")
    return row

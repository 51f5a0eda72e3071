"""From a registered cluster to a connection: the credential is read from where it is kept, each time anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rollouts.domain.errors import ClusterError, CredentialError, InvalidInput, Unreachable
from rollouts.domain.ports import ClusterConnection, Connect, Credential
from rollouts.models import Cluster, ClusterSource
from rollouts.services.clusters.reading import ReadKubeconfig
from rollouts.services.secrets import Cipher

SIZE_LIMIT = 1024 * 1024


class Ways:
    """`folder` is the only one from which kubeconfig files are read: who may register clusters need not be allowed to
    read any other file of this machine.
    """

    def __init__(
        self,
        *,
        connect: Connect,
        read_kubeconfig: ReadKubeconfig,
        in_cluster: Callable[[], Credential],
        cipher: Cipher,
        folder: Path,
    ) -> None:
        self.open = connect
        self.read_kubeconfig = read_kubeconfig
        self.cipher = cipher
        self.folder = folder
        self._in_cluster = in_cluster

    def connect(self, cluster: Cluster) -> ClusterConnection:
        """Opens nothing yet, but for a member of a hub, whose credential the hub is asked for. Raises ClusterError."""
        return self.open(self.credential(cluster))

    def credential(self, cluster: Cluster) -> Credential:
        match cluster.source:
            case ClusterSource.IN_CLUSTER:
                return self._in_cluster()
            case ClusterSource.FILE:
                text = self.read_file(Path(cluster.path))
            case ClusterSource.STORED:
                text = self.cipher.decrypt(cluster.secret)
            case _:
                return self._of_hub(cluster)
        return self.read_kubeconfig(text, context=cluster.context, allow_insecure=cluster.allow_insecure)

    def allowed_path(self, path: Path) -> Path | None:
        """The path below the folder, links not followed in it: mounted Secrets are links that change. None when the
        file is elsewhere.
        """
        below = Path(path).absolute()
        folder = self.folder.resolve()
        if not below.resolve().is_relative_to(folder):
            return None
        return below

    def read_file(self, path: Path) -> bytes:
        allowed = self.allowed_path(path)
        if allowed is None:
            raise CredentialError(f"The kubeconfig {path} is not below {self.folder}; files elsewhere are not read.")
        try:
            return read_limited(allowed)
        except InvalidInput as error:
            problem = str(error)
        raise CredentialError(problem)

    def _of_hub(self, cluster: Cluster) -> Credential:
        hub = cluster.hub
        if hub is None:
            raise CredentialError("The hub that this cluster belonged to is not registered any more.")
        if not cluster.secret_name:
            raise CredentialError(f"Hub {hub} names no Secret with a kubeconfig for this cluster yet.")
        text = self._secret(hub, cluster)
        insecure = cluster.allow_insecure or hub.allow_insecure
        return self.read_kubeconfig(text, context=cluster.context, allow_insecure=insecure)

    def _secret(self, hub: Cluster, cluster: Cluster) -> bytes:
        connection = self.connect(hub)
        try:
            return connection.secret(cluster.hub_namespace, cluster.secret_name, cluster.secret_key)
        except Unreachable as error:
            problem: ClusterError = Unreachable(f"Hub {hub} could not be asked for the kubeconfig. {error}")
        except ClusterError as error:
            problem = CredentialError(f"Hub {hub} does not give the kubeconfig of this cluster. {error}")
        finally:
            connection.close()
        raise problem


def read_limited(path: Path) -> bytes:
    """Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        problem = f"The file {path} cannot be read: {error.strerror}."
    else:
        if len(text) <= SIZE_LIMIT:
            return text
        problem = f"The file {path} is larger than {SIZE_LIMIT // 1024} KiB."
    raise InvalidInput(problem)

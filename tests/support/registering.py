"""Ways into clusters with the real adapters, for tests that register clusters."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.in_cluster import in_cluster_credential
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.services.clusters import Ways
from rollouts.services.secrets import Cipher


def ways_into(folder: Path, *, keys: list[str] | None = None) -> Ways:
    """Files are read from `folder` only, which is made."""
    folder.mkdir(exist_ok=True)
    return Ways(
        connect=KubernetesConnection,
        read_kubeconfig=credential_from_kubeconfig,
        in_cluster=in_cluster_credential,
        cipher=Cipher([Fernet.generate_key().decode()] if keys is None else keys),
        folder=folder,
    )

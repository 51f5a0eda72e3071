"""The account that Kubernetes mounts into the pod this program runs in."""

from __future__ import annotations

import os
from pathlib import Path

from rollouts.adapters.kubernetes.tls import context_for
from rollouts.domain.errors import CredentialError
from rollouts.domain.ports import Credential

MOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def in_cluster_credential(mount: Path = MOUNT) -> Credential:
    """The kubelet renews the mounted token; the connection reads the file again when it has changed.

    Raises CredentialError outside a pod, and in a pod without a service account token.
    """
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise CredentialError("This program does not run in a pod: KUBERNETES_SERVICE_HOST is not set.")
    credential = Credential(
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        ca_data=_read(mount / "ca.crt"),
        token=_read(mount / "token").strip(),
        token_file=str(mount / "token"),
    )
    context_for(credential)
    return credential


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError):
        problem = f"The pod's service account cannot be read ({file}); is automountServiceAccountToken switched off?"
    raise CredentialError(problem)

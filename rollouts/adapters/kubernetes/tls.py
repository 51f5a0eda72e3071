"""TLS contexts that carry one cluster's CA and nothing else.

Python's default context loads the system's whole store: with some watches per cluster that was measured as five times
the memory of contexts with one CA. The system's store serves only clusters whose kubeconfig names no CA, as in kubectl.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rollouts.domain.errors import CredentialError
from rollouts.domain.ports import Credential


class ClosingSocket(ssl.SSLSocket):
    """Closes itself when its peer reset the connection before TLS began.

    CPython takes the descriptor over, reads once from such a socket, and leaves it open when that read fails.
    """

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        try:
            return super().recv(*args, **kwargs)
        except ConnectionError:
            self.close()
            raise


def context_for(credential: Credential) -> ssl.SSLContext:
    """Raises CredentialError when the CA or the client certificate is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = ClosingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    problem = ""
    if credential.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif credential.ca_data:
        try:
            context.load_verify_locations(cadata=credential.ca_data)
        except (ssl.SSLError, ValueError):
            problem = "The cluster's certificate-authority-data is not a certificate in PEM form."
    else:
        context.load_default_certs()
    if credential.client_certificate:
        try:
            _load_pair(context, credential.client_certificate, credential.client_key)
        except (ssl.SSLError, ValueError):
            problem = "The client certificate and its key do not belong together, or one of them is not in PEM form."
    if problem:
        raise CredentialError(problem)
    return context


def _load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """`load_cert_chain` reads files only; this one lives in memory, or is gone as soon as it was read.

    An encrypted key is refused: without a password given, OpenSSL would ask for one on the terminal.
    """
    with _unlinked(f"{certificate}\n{key}\n".encode()) as path:
        context.load_cert_chain(path, password="")


@contextmanager
def _unlinked(content: bytes) -> Iterator[str]:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.TemporaryDirectory() as folder:  # not Linux: a folder only this user can enter, removed at once
        file = Path(folder) / "pair.pem"
        file.touch(mode=0o600)
        file.write_bytes(content)
        yield str(file)

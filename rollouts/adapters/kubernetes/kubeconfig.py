"""What may be taken from a kubeconfig: an address, a CA, and a token or a client certificate, all given as data.

A kubeconfig can name programs to run (`exec`) and files to read. Whoever hands one to this program need not be allowed
to do either on its machine, so such entries are refused, with the steps to make an account that needs neither.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

import yaml

from rollouts.adapters.kubernetes.in_cluster import in_cluster_credential
from rollouts.adapters.kubernetes.tls import context_for
from rollouts.domain.errors import CredentialError
from rollouts.domain.ports import Credential

__all__ = ["SIZE_LIMIT", "credential_from_kubeconfig", "in_cluster_credential"]

SIZE_LIMIT = 256 * 1024
INSTEAD = (
    "Make an account for this program instead: create a ServiceAccount and a Secret of type"
    " kubernetes.io/service-account-token with the annotation kubernetes.io/service-account.name, and put its `token`"
    " and `ca.crt` with the API server's address into a kubeconfig (`token`, `certificate-authority-data`, `server`)."
)
CLOUD_PROGRAMS = {
    "aws": "Amazon EKS", "aws-iam-authenticator": "Amazon EKS", "gke-gcloud-auth-plugin": "Google GKE",
    "gcloud": "Google GKE", "kubelogin": "Azure AKS", "az": "Azure AKS",
}  # fmt: skip
FILES = {"certificate-authority": "cluster", "client-certificate": "user", "client-key": "user"}
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HEADER_SAFE = re.compile(r"[\x20-\x7e]+")

Entry = Mapping[str, Any]


def credential_from_kubeconfig(text: bytes | str, *, context: str = "", allow_insecure: bool = False) -> Credential:
    """The credential of a context, the current one when none is named. CredentialError says what to do instead."""
    config = _parsed(text)
    context = context or _text(config, "current-context", "The kubeconfig")
    if not context:
        raise CredentialError("The kubeconfig has no current-context; name the context to use.")
    chosen = _named(config, "contexts", "context", context)
    cluster_name, user_name = (_text(chosen, key, f"Context {context!r}") for key in ("cluster", "user"))
    for kind, name in (("cluster", cluster_name), ("user", user_name)):
        if not name:
            raise CredentialError(f"Context {context!r} of the kubeconfig names no {kind}.")
    cluster = _named(config, "clusters", "cluster", cluster_name)
    user = _named(config, "users", "user", user_name)
    credential = _taken(cluster, user, f"Cluster {cluster_name!r}", f"User {user_name!r}", allow_insecure)
    context_for(credential)  # certificates that cannot be used are told now, not at the first connection
    return credential


def checked_server(server: str, owner: str) -> str:
    """Plain HTTP would show the token to the network; it is accepted on the loopback interface only."""
    parts = _split(server, f"{owner} of the kubeconfig has no usable `server`; it is to look like https://host:6443.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise CredentialError(f"{owner} of the kubeconfig has a `server` with more than scheme, host, port and path.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(parts.hostname or "")):
        raise CredentialError(f"{owner} of the kubeconfig is not reached through https; others could read its token.")
    return server.rstrip("/")


def _taken(cluster: Entry, user: Entry, its: str, whose: str, allow_insecure: bool) -> Credential:
    _refuse_programs_and_files(cluster, user, its, whose)
    insecure = cluster.get("insecure-skip-tls-verify") is True
    if insecure and not allow_insecure:
        raise CredentialError(
            f"{its} sets insecure-skip-tls-verify: anybody on the way could pose as the API server and take the token."
            " Give certificate-authority-data, or allow it for this cluster explicitly."
        )
    certificate, key = (_pem(user, f"{name}-data", whose) for name in ("client-certificate", "client-key"))
    token = _text(user, "token", whose).strip()
    if bool(certificate) != bool(key):
        raise CredentialError(f"{whose} has only one of client-certificate-data and client-key-data; both are needed.")
    if not token and not certificate:
        raise CredentialError(f"{whose} has neither a token nor a client certificate. {INSTEAD}")
    if token and not _VISIBLE.fullmatch(token):
        raise CredentialError(f"{whose} has a token with characters that no token has; was it pasted with line breaks?")
    return Credential(
        server=checked_server(_text(cluster, "server", its), its),
        ca_data="" if insecure else _pem(cluster, "certificate-authority-data", its),
        token=token,
        client_certificate=certificate,
        client_key=key,
        insecure=insecure,
        tls_server_name=_text(cluster, "tls-server-name", its),
        proxy_url=_proxy(_text(cluster, "proxy-url", its), its),
        impersonate_user=_header_text(_text(user, "as", whose), whose),
        impersonate_groups=_groups(user, whose),
    )


def _refuse_programs_and_files(cluster: Entry, user: Entry, its: str, whose: str) -> None:
    if user.get("exec"):
        raise CredentialError(f"{whose} gets its token from a program{_program(user)}, and none is ever run. {INSTEAD}")
    for key in ("auth-provider", "tokenFile", "username", "password"):
        if user.get(key):
            raise CredentialError(f"{whose} uses `{key}`, which is not supported. {INSTEAD}")
    for key, owner in FILES.items():
        entry, name = (cluster, its) if owner == "cluster" else (user, whose)
        if entry.get(key) and not entry.get(f"{key}-data"):
            raise CredentialError(
                f"{name} points to a file (`{key}`), which is never read. Give `{key}-data` instead:"
                " `kubectl config view --flatten --minify --raw` writes such a kubeconfig."
            )
    for key in ("as-uid", "as-user-extra"):
        if user.get(key):
            raise CredentialError(f"{whose} uses `{key}`, which is not supported; only `as` and `as-groups` are.")


def _program(user: Entry) -> str:
    command = user["exec"].get("command") if isinstance(user["exec"], dict) else ""
    name = str(command).replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    return f" ({CLOUD_PROGRAMS.get(name, 'Amazon EKS, Google GKE or Azure AKS')} writes such kubeconfigs)"


def _parsed(text: bytes | str) -> Entry:
    config, problem = None, "The kubeconfig is neither YAML nor JSON."
    if len(text) > SIZE_LIMIT:
        problem = f"The kubeconfig is larger than {SIZE_LIMIT // 1024} KiB."
    else:
        try:
            decoded = text.decode() if isinstance(text, bytes) else text
            # Not the faster CSafeLoader: it crashes the whole process on a text that is nested deeply enough.
            config = json.loads(decoded) if decoded.lstrip().startswith("{") else yaml.safe_load(decoded)
        except (ValueError, RecursionError, yaml.YAMLError):
            config = None
        else:
            problem = "The kubeconfig is empty." if config is None else "The kubeconfig is not a mapping."
    if not isinstance(config, dict):
        raise CredentialError(problem)
    return config


def _named(config: Entry, collection: str, kind: str, name: str) -> Entry:
    entries = config.get(collection)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(kind), dict):
            found: Entry = entry[kind]
            return found
    raise CredentialError(f"The kubeconfig has no {kind} named {name!r}.")


def _text(entry: Entry, key: str, owner: str) -> str:
    value = entry.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CredentialError(f"{owner} has a `{key}` that is not text.")
    return value


def _pem(entry: Entry, key: str, owner: str) -> str:
    """Base64 of PEM, as kubeconfigs carry it."""
    value = "".join(_text(entry, key, owner).split())
    try:
        return base64.b64decode(value, validate=True).decode("ascii")
    except ValueError:
        problem = f"{owner} has a `{key}` that is not the base64 form of a PEM file."
    raise CredentialError(problem)


def _groups(user: Entry, whose: str) -> tuple[str, ...]:
    groups = user.get("as-groups") or []
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise CredentialError(f"{whose} has `as-groups` that are not a list of names.")
    if groups and not user.get("as"):
        raise CredentialError(f"{whose} has `as-groups` without `as`, which API servers refuse.")
    return tuple(_header_text(group, whose) for group in groups)


def _header_text(value: str, whose: str) -> str:
    if value and not _HEADER_SAFE.fullmatch(value):
        raise CredentialError(f"{whose} impersonates a name with characters that cannot be sent.")
    return value


def _proxy(address: str, its: str) -> str:
    if not address:
        return ""
    parts = _split(address, f"{its} has a `proxy-url` that is no address.")
    if parts.scheme not in ("http", "https"):
        raise CredentialError(f"{its} has a `proxy-url` of scheme {parts.scheme!r}; only http and https can be used.")
    return address


def _split(address: str, problem: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname or not _VISIBLE.fullmatch(address):
        raise CredentialError(problem)
    return parts


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

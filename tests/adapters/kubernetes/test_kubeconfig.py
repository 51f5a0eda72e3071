"""What is taken from a kubeconfig, and what is refused with which advice."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import (
    SIZE_LIMIT,
    credential_from_kubeconfig,
    in_cluster_credential,
)
from rollouts.domain.errors import CredentialError, Unauthenticated
from tests.support import certificates
from tests.support.misbehaving import TOKEN, FakeCluster

Config = dict[str, Any]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(*, cluster: Config | None = None, user: Config | None = None, context: Config | None = None) -> Config:
    """A good kubeconfig with some entries changed; None removes one."""

    def changed(good: Config, changes: Config | None) -> Config:
        return {key: value for key, value in {**good, **(changes or {})}.items() if value is not None}

    server = {"server": "https://api.example:6443", "certificate-authority-data": encoded(certificates.authority().pem)}
    return {
        "current-context": "main",
        "contexts": [{"name": "main", "context": changed({"cluster": "c", "user": "u"}, context)}],
        "clusters": [{"name": "c", "cluster": changed(server, cluster)}],
        "users": [{"name": "u", "user": changed({"token": "abc"}, user)}],
    }


def test_address_ca_and_token_are_taken() -> None:
    found = credential_from_kubeconfig(yaml.safe_dump(config()))
    assert (found.server, found.token) == ("https://api.example:6443", "abc")
    assert found.ca_data == certificates.authority().pem
    assert not found.insecure


def test_json_is_read_too_also_with_tabs() -> None:
    assert credential_from_kubeconfig(json.dumps(config(), indent="\t").encode()).token == "abc"


def test_a_client_certificate_is_taken() -> None:
    pair = certificates.issued(name="someone")
    user = {"token": None, "client-certificate-data": encoded(pair.pem), "client-key-data": encoded(pair.key_pem)}
    found = credential_from_kubeconfig(yaml.safe_dump(config(user=user)))
    assert (found.client_certificate, found.client_key) == (pair.pem, pair.key_pem)


def test_another_context_can_be_chosen() -> None:
    two = config()
    two["contexts"].append({"name": "other", "context": {"cluster": "c", "user": "v"}})
    two["users"].append({"name": "v", "user": {"token": "of-v"}})
    assert credential_from_kubeconfig(json.dumps(two), context="other").token == "of-v"


def test_proxy_server_name_and_impersonation_are_taken() -> None:
    changed = config(
        cluster={"proxy-url": "http://proxy.example:3128", "tls-server-name": "kubernetes"},
        user={"as": "someone", "as-groups": ["one", "two"]},
    )
    found = credential_from_kubeconfig(json.dumps(changed))
    assert (found.proxy_url, found.tls_server_name) == ("http://proxy.example:3128", "kubernetes")
    assert (found.impersonate_user, found.impersonate_groups) == ("someone", ("one", "two"))


@pytest.mark.parametrize(
    ("command", "cloud"),
    [
        ("aws", "Amazon EKS"),
        ("/usr/local/bin/aws-iam-authenticator", "Amazon EKS"),
        ("gke-gcloud-auth-plugin.exe", "Google GKE"),
        ("kubelogin", "Azure AKS"),
        ("anything", "Amazon EKS, Google GKE or Azure AKS"),
    ],
)
def test_a_program_is_never_run_and_the_way_without_is_told(command: str, cloud: str, tmp_path: Path) -> None:
    proof = tmp_path / "was-run"
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": [f"touch {proof}"]}
    with pytest.raises(CredentialError, match="create a ServiceAccount") as caught:
        credential_from_kubeconfig(json.dumps(config(user={"token": None, "exec": program})))
    assert cloud in str(caught.value)
    assert not proof.exists()


@pytest.mark.parametrize("key", ["auth-provider", "tokenFile", "username", "password"])
def test_other_ways_to_sign_in_are_refused(key: str) -> None:
    with pytest.raises(CredentialError, match=f"`{key}`, which is not supported.*ServiceAccount"):
        credential_from_kubeconfig(json.dumps(config(user={key: "x"})))


@pytest.mark.parametrize(
    ("owner", "key"),
    [("cluster", "certificate-authority"), ("user", "client-certificate"), ("user", "client-key")],
)
def test_files_are_never_read(owner: str, key: str) -> None:
    changed = config(cluster={"certificate-authority-data": None})
    changed[f"{owner}s"][0][owner][key] = "/etc/shadow"
    with pytest.raises(CredentialError, match=f"points to a file \\(`{key}`\\).*kubectl config view --flatten"):
        credential_from_kubeconfig(json.dumps(changed))


def test_a_file_beside_its_data_does_not_matter() -> None:
    assert credential_from_kubeconfig(json.dumps(config(cluster={"certificate-authority": "/etc/ca.crt"}))).ca_data


def test_an_unverified_server_needs_an_explicit_yes() -> None:
    text = json.dumps(config(cluster={"insecure-skip-tls-verify": True}))
    with pytest.raises(CredentialError, match="insecure-skip-tls-verify"):
        credential_from_kubeconfig(text)
    found = credential_from_kubeconfig(text, allow_insecure=True)
    assert found.insecure
    assert found.ca_data == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"context": {"cluster": None}}, "names no cluster"),
        ({"context": {"user": None}}, "names no user"),
        ({"context": {"cluster": "x"}}, "no cluster named 'x'"),
        ({"context": {"user": "x"}}, "no user named 'x'"),
        ({"user": {"token": None}}, "neither a token nor a client certificate"),
        ({"user": {"token": 5}}, "a `token` that is not text"),
        ({"user": {"token": "a\nb"}}, "pasted with line breaks"),
        ({"user": {"token": "tökén"}}, "characters that no token has"),
        ({"user": {"client-key-data": encoded("x")}}, "only one of client-certificate-data and client-key-data"),
        ({"user": {"client-key-data": "%"}}, "not the base64 form of a PEM file"),
        ({"user": {"as-uid": "1"}}, "`as-uid`, which is not supported"),
        ({"user": {"as-user-extra": {"a": ["b"]}}}, "`as-user-extra`, which is not supported"),
        ({"user": {"as-groups": ["a"]}}, "`as-groups` without `as`"),
        ({"user": {"as": "a", "as-groups": "b"}}, "`as-groups` that are not a list"),
        ({"user": {"as": "a\r\nX: y"}}, "characters that cannot be sent"),
        ({"cluster": {"certificate-authority-data": "a b!"}}, "not the base64 form of a PEM file"),
        ({"cluster": {"certificate-authority-data": "é"}}, "not the base64 form of a PEM file"),
        ({"cluster": {"certificate-authority-data": encoded("no PEM")}}, "not a certificate in PEM form"),
        ({"cluster": {"server": None}}, "no usable `server`"),
        ({"cluster": {"server": "api.example:6443"}}, "no usable `server`"),
        ({"cluster": {"server": "https://api.example:99999"}}, "no usable `server`"),
        ({"cluster": {"server": "https://a.example/\r\nX: y"}}, "no usable `server`"),
        ({"cluster": {"server": "http://api.example"}}, "not reached through https"),
        ({"cluster": {"server": "https://me:secret@api.example"}}, "more than scheme, host, port and path"),
        ({"cluster": {"proxy-url": "socks5://proxy:1080"}}, "of scheme 'socks5'"),
        ({"cluster": {"proxy-url": "proxy:1080"}}, "`proxy-url`"),
    ],
)
def test_each_mistake_has_its_sentence(changes: dict[str, Config], sentence: str) -> None:
    with pytest.raises(CredentialError) as caught:
        credential_from_kubeconfig(json.dumps(config(**changes)))
    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value).replace("Secret", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("just words", "is not a mapping"),
        ("[1, 2]", "is not a mapping"),
        ("{", "neither YAML nor JSON"),
        ("a: [", "neither YAML nor JSON"),
        ("[" * 50_000, "neither YAML nor JSON"),
        ("!!python/object/apply:os.system ['true']", "neither YAML nor JSON"),
        (b"\xff\xfe\x00", "neither YAML nor JSON"),
        ("x" * (SIZE_LIMIT + 1), "larger than 256 KiB"),
        ("kind: Config", "no current-context"),
        ("current-context: main", "no context named 'main'"),
        ("current-context: 5", "a `current-context` that is not text"),
    ],
)
def test_what_is_no_kubeconfig_is_told_so(text: str | bytes, sentence: str) -> None:
    with pytest.raises(CredentialError) as caught:
        credential_from_kubeconfig(text)
    assert sentence in str(caught.value)


def test_plain_http_is_for_loopback_only() -> None:
    for host in ("127.0.0.1:8001", "localhost:8001", "[::1]:8001"):
        changed = config(cluster={"server": f"http://{host}", "certificate-authority-data": None})
        assert credential_from_kubeconfig(json.dumps(changed)).server == f"http://{host}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.data(), json_values)
def test_no_value_anywhere_in_a_kubeconfig_raises_anything_else(data: st.DataObject, value: object) -> None:
    changed = copy.deepcopy(config())
    places: list[tuple[Any, Any]] = []

    def visit(found: Any) -> None:
        for key in found if isinstance(found, dict) else range(len(found)) if isinstance(found, list) else ():
            places.append((found, key))
            visit(found[key])

    visit(changed)
    parent, key = data.draw(st.sampled_from(places))
    parent[key] = value
    try:
        credential_from_kubeconfig(json.dumps(changed))
    except CredentialError as error:
        assert str(error)


def test_impersonation_is_sent_with_every_call(cluster: FakeCluster) -> None:
    credential = cluster.credential(impersonate_user="someone", impersonate_groups=("one", "two"))
    KubernetesConnection(credential).uid()
    headers = cluster.requests[0].headers
    assert [value for name, value in headers if name.startswith("Impersonate-")] == ["someone", "one", "two"]


def test_a_kubeconfig_leads_to_its_cluster(cluster: FakeCluster) -> None:
    assert KubernetesConnection(credential_from_kubeconfig(cluster.kubeconfig())).uid() == cluster.uid


def test_the_pods_own_token_is_read_again_when_it_changes(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(cluster.port))
    (tmp_path / "ca.crt").write_text(certificates.authority().pem)
    (tmp_path / "token").write_text(TOKEN + "\n")
    connection = KubernetesConnection(in_cluster_credential(tmp_path))
    assert connection.uid() == cluster.uid
    cluster.tokens = {"renewed"}
    with pytest.raises(Unauthenticated):
        connection.uid()
    (tmp_path / "renewing").write_text("renewed")
    (tmp_path / "renewing").replace(tmp_path / "token")
    assert connection.uid() == cluster.uid
    (tmp_path / "token").unlink()
    assert connection.uid() == cluster.uid


def test_outside_of_a_pod_there_is_no_pods_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(CredentialError, match="does not run in a pod"):
        in_cluster_credential(tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(CredentialError, match="automountServiceAccountToken"):
        in_cluster_credential(tmp_path)

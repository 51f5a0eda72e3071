"""A kubeconfig costs its parsing once, and never outlives a change of its text."""

from __future__ import annotations

import json

import pytest

from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.domain.errors import CredentialError
from rollouts.domain.ports import Credential
from rollouts.services.clusters import ReadOnce


def kubeconfig(token: str = "one", *, insecure: bool = False) -> bytes:
    cluster = {"server": "https://127.0.0.1:6443", "insecure-skip-tls-verify": insecure}
    return json.dumps(
        {
            "current-context": "a",
            "contexts": [{"name": name, "context": {"cluster": "c", "user": name}} for name in ("a", "b")],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": f"{token}-{name}"}} for name in ("a", "b")],
        }
    ).encode()


class Counted:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self, text: bytes | str, *, context: str = "", allow_insecure: bool = False) -> Credential:
        self.times += 1
        return credential_from_kubeconfig(text, context=context, allow_insecure=allow_insecure)


def test_the_same_text_is_parsed_once_as_bytes_or_not() -> None:
    counted = Counted()
    read = ReadOnce(counted)
    assert read(kubeconfig()).token == read(kubeconfig().decode()).token == "one-a"
    assert counted.times == 1


def test_another_text_context_or_permission_is_another_reading() -> None:
    counted = Counted()
    read = ReadOnce(counted)
    assert [read(kubeconfig("one")).token, read(kubeconfig("renewed")).token] == ["one-a", "renewed-a"]
    assert read(kubeconfig("one"), context="b").token == "one-b"
    assert read(kubeconfig(insecure=True), allow_insecure=True).insecure
    with pytest.raises(CredentialError):
        read(kubeconfig(insecure=True))
    assert counted.times == 5


def test_what_cannot_be_used_is_read_again() -> None:
    counted = Counted()
    read = ReadOnce(counted)
    for _ in range(2):
        with pytest.raises(CredentialError):
            read(b"{}")
    assert counted.times == 2


def test_the_least_recently_used_is_forgotten_first() -> None:
    counted = Counted()
    read = ReadOnce(counted, most=2)
    for token in ("one", "two", "one", "three", "one"):
        read(kubeconfig(token))
    assert counted.times == 3
    read(kubeconfig("two"))
    assert counted.times == 4


def test_it_shows_nothing_of_what_it_keeps() -> None:
    read = ReadOnce(credential_from_kubeconfig)
    read(kubeconfig("hidden"))
    assert "hidden" not in repr(read)
    assert "hidden" not in repr(vars(read))

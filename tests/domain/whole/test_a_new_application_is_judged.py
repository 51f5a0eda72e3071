"""Each bad entry has its own sentence, at its field; a good one becomes the object that Kurator takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Form
from rollouts.domain.whole.making import NAMES, NewApplication, creation, entered, is_same, manifest, shown
from rollouts.domain.whole.rules import findings

CLUSTERS = (("attachedcluster", "eu-west"), ("attachedcluster", "eu-north"))
GOOD = NewApplication(
    fleet="3/shop/prod", name="cart", url="https://git.example.test/cart/deploy.git", ref="main", path="./deploy"
)
CHART = replace(
    GOOD, source="helm", url="https://charts.example.test", ref="", by="helm", path="", chart="cart", version="1.x",
    interval="5m",
)  # fmt: skip
OCI = replace(GOOD, source="oci", url="oci://registry.example.test/cart", ref="v1")


def wrong(application: NewApplication, clusters: Any = CLUSTERS) -> dict[str, str]:
    return {one.field: one.said for one in findings(application, clusters) if one.wrong}


def hints(application: NewApplication) -> dict[str, str]:
    return {one.field: one.said for one in findings(application, CLUSTERS) if not one.wrong}


@pytest.mark.parametrize("good", [GOOD, CHART, OCI], ids=["git", "helm", "oci"])
def test_a_good_one_has_nothing_wrong(good: NewApplication) -> None:
    assert wrong(good) == {}


BAD: list[tuple[NewApplication, dict[str, str], str, str]] = [
    (GOOD, {"fleet": ""}, "fleet", "Choose the Fleet"),
    (GOOD, {"prune": "true"}, "prune", "“true” says neither yes nor no"),
    (GOOD, {"name": ""}, "name", "Say its name"),
    (GOOD, {"name": "Cart"}, "name", "lower-case"),
    (GOOD, {"name": "a" * 64}, "name", "Say its name"),
    (GOOD, {"name": f"{'a' * 40}.{'b' * 40}"}, "name", "into a label"),
    (GOOD, {"selector": "tier"}, "selector", "“tier” is no label"),
    (GOOD, {"selector": "=edge"}, "selector", "is no label"),
    (GOOD, {"selector": "tier=ed ge"}, "selector", "no value of a label"),
    (GOOD, {"selector": "tier=a\ntier=b"}, "selector", "there twice"),
    (GOOD, {"policy": "Prod!"}, "policy", "lower-case"),
    (GOOD, {"policy": "p" * 60}, "policy", "too long"),
    (GOOD, {"source": "svn"}, "source", "exactly one"),
    (GOOD, {"url": ""}, "url", "Say the address"),
    (GOOD, {"url": "git@git.example.test:cart.git"}, "url", "short form"),
    (GOOD, {"url": "oci://registry.example.test/cart"}, "url", "Begin it with https://"),
    (GOOD, {"url": "https://"}, "url", "no host name"),
    (GOOD, {"url": "https://git.example.test:port/x"}, "url", "no address"),
    (GOOD, {"url": "https://git.example.test/a b"}, "url", "a space"),
    (GOOD, {"url": "https://ci:hunter2@git.example.test/x"}, "url", "Leave the login out"),
    (GOOD, {"url": "https://ghp_abc@git.example.test/x"}, "url", "Leave the login out"),
    (GOOD, {"url": "ssh://git:hunter2@git.example.test/x", "source_secret": "key"}, "url", "Leave the login out"),
    (GOOD, {"url": "https://git.example.test/x?ACCESS_TOKEN=abc"}, "url", "Leave the login out"),
    (GOOD, {"source_interval": ""}, "source_interval", "Say a time"),
    (GOOD, {"source_interval": "5 minutes"}, "source_interval", "is no time"),
    (GOOD, {"source_interval": "0s"}, "source_interval", "never look again"),
    (GOOD, {"source_secret": "-----BEGIN KEY"}, "source_secret", "not what is in it"),
    (GOOD, {"url": "ssh://git@git.example.test/x"}, "source_secret", "with a key only"),
    (GOOD, {"ref_kind": "semver"}, "ref_kind", "exactly one"),
    (GOOD, {"ref": ""}, "ref", "Say the branch"),
    (GOOD, {"ref": "-x"}, "ref", "no name of a branch"),
    (GOOD, {"ref": "a..b"}, "ref", "no name of a branch"),
    (GOOD, {"ref_kind": "commit", "ref": "abc123"}, "ref", "all 40 characters"),
    (OCI, {"ref": "a b"}, "ref", "Say a tag"),
    (CHART, {"ref": "main"}, "ref", "says nothing with this kind of source"),
    (GOOD, {"by": "both"}, "by", "exactly one"),
    (CHART, {"by": "kustomization", "chart": "", "version": ""}, "by", "charts only"),
    (OCI, {"by": "helm", "path": "", "chart": "cart", "interval": "5m"}, "by", "no chart from an OCI repository"),
    (GOOD, {"interval": "soon"}, "interval", "is no time"),
    (CHART, {"interval": "0s"}, "interval", "above 0"),
    (GOOD, {"timeout": "x"}, "timeout", "is no time"),
    (GOOD, {"timeout": "0s"}, "timeout", "in time"),
    (GOOD, {"target_namespace": "Shop"}, "target_namespace", "Say a namespace"),
    (GOOD, {"path": "../other"}, "path", "leads out"),
    (GOOD, {"path": "a;b"}, "path", "Say a folder"),
    (GOOD, {"chart": "cart"}, "chart", "says nothing with this kind of policy"),
    (GOOD, {"version": "1"}, "version", "says nothing"),
    (GOOD, {"release_name": "cart"}, "release_name", "says nothing"),
    (CHART, {"path": "./deploy"}, "path", "says nothing"),
    (CHART, {"chart": ""}, "chart", "Say the name of the chart"),
    (CHART, {"chart": "a/b"}, "chart", "a chart of the repository"),
    (CHART, {"version": "1;2"}, "version", "Say a version"),
    (CHART, {"release_name": "r" * 54}, "release_name", "at most 53"),
]


@pytest.mark.parametrize(
    ("good", "change", "field", "said"), BAD, ids=[f"{one[2]}-{number}" for number, one in enumerate(BAD)]
)
def test_each_bad_entry_is_told_in_a_sentence_of_its_own(
    good: NewApplication, change: dict[str, str], field: str, said: str
) -> None:
    found = wrong(replace(good, **change))
    assert set(found) == {field}
    assert said in found[field]


def test_every_field_has_a_rule() -> None:
    assert set(NAMES) == {one[2] for one in BAD}


def test_labels_that_no_cluster_has_are_told() -> None:
    assert "No cluster" in wrong(replace(GOOD, selector="tier=edge"), ())["selector"]


@pytest.mark.parametrize(
    ("application", "field", "said"),
    [
        (replace(GOOD, interval="5m"), "interval", "applies everything again"),
        (replace(GOOD, prune=""), "prune", "stays in the clusters"),
        (replace(OCI, ref=""), "ref", "latest"),
        (replace(CHART, version=""), "version", "newest"),
    ],
)
def test_what_should_be_known_is_said_and_hinders_nothing(application: NewApplication, field: str, said: str) -> None:
    assert said in hints(application)[field]
    assert wrong(application) == {}


@pytest.mark.parametrize("url", ["https://10.0.0.1/x", "ssh://git@git.example.test:2222/x.git", "http://[::1]/x"])
def test_addresses_that_flux_takes(url: str) -> None:
    assert wrong(replace(GOOD, url=url, source_secret="deploy-key")) == {}


def test_the_object_that_git_and_kustomization_make() -> None:
    made = manifest(replace(GOOD, selector="tier=edge", target_namespace="shop", source_secret="deploy-key"), "m1")
    assert made["metadata"] == {"name": "cart", "namespace": "shop", "annotations": {"kurator-ui/asked-for": "m1"}}
    assert made["spec"]["source"] == {
        "gitRepository": {
            "url": GOOD.url, "interval": "3m0s", "secretRef": {"name": "deploy-key"}, "ref": {"branch": "main"}
        }
    }  # fmt: skip
    assert made["spec"]["syncPolicies"] == [
        {
            "name": "cart-0",
            "destination": {"fleet": "prod", "clusterSelector": {"matchLabels": {"tier": "edge"}}},
            "kustomization": {
                "interval": "0s", "timeout": "2m0s", "targetNamespace": "shop", "path": "./deploy", "prune": True
            },
        }
    ]  # fmt: skip


def test_the_object_that_a_chart_makes() -> None:
    made = manifest(replace(CHART, release_name="cart", policy="prod"), "m1")
    assert made["spec"]["source"] == {"helmRepository": {"url": CHART.url, "interval": "3m0s"}}
    (policy,) = made["spec"]["syncPolicies"]
    assert policy["helm"] == {
        "chart": {"spec": {"chart": "cart", "version": "1.x"}}, "interval": "5m", "timeout": "2m0s",
        "releaseName": "cart",
    }  # fmt: skip
    assert policy["name"] == "prod"
    assert "kustomization" not in policy


def test_the_object_that_an_oci_repository_makes() -> None:
    assert manifest(OCI, "m1")["spec"]["source"]["ociRepository"]["ref"] == {"tag": "v1"}
    through_helm = manifest(replace(CHART, url="oci://registry.example.test/charts"), "m1")
    assert through_helm["spec"]["source"]["helmRepository"]["type"] == "oci"


def test_it_is_written_as_a_whole_object() -> None:
    patch = creation(manifest(GOOD, "m1"))
    assert (patch.form, patch.namespace, patch.name) == (Form.NEW, "shop", "cart")


def test_what_is_shown_is_entered_again_as_it_was() -> None:
    application = replace(GOOD, selector="a=b\nc=d", prune="")
    assert entered(shown(application)) == application


def test_it_is_known_again_by_its_mark_whatever_the_hub_makes_of_it() -> None:
    wanted, found = manifest(GOOD, "m1"), manifest(GOOD, "m1")
    found["spec"]["source"] = {"gitRepository": {"url": "ssh://(hidden)@host", "interval": "5m0s"}}
    assert is_same(wanted, found)
    assert not is_same(wanted, manifest(GOOD, "m2"))


@pytest.mark.parametrize("found", [{}, {"metadata": {"annotations": None}}, {"metadata": {"annotations": {}}}])
def test_one_without_a_mark_is_another(found: dict[str, Any]) -> None:
    assert not is_same(manifest(GOOD, "m1"), found)
    assert not is_same(found, found)

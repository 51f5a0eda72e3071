from __future__ import annotations

import pytest

from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import CANARIES, CHECKOUT, JSON, MERGE, STRATEGIC, Client

DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/checkout"


def test_a_write_with_an_old_version_is_a_conflict(client: Client) -> None:
    old = client.get(CHECKOUT)
    client.patch(CHECKOUT, {"metadata": {"labels": {"touched": "yes"}}})
    status, answer = client.ask("PUT", CHECKOUT, old)
    assert (status, answer["reason"]) == (409, "Conflict")
    assert 'cannot be fulfilled on canaries.flagger.app "checkout"' in answer["message"]
    guarded = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}, "status": {"failedChecks": 2}}
    assert client.patch(f"{CHECKOUT}/status", guarded)[0] == 409


def test_only_the_status_path_writes_status_and_it_writes_nothing_else(client: Client) -> None:
    client.patch(CHECKOUT, {"status": {"failedChecks": 9}})
    assert client.get(CHECKOUT)["status"]["failedChecks"] == 0
    client.patch(f"{CHECKOUT}/status", {"spec": {"suspend": True}, "status": {"failedChecks": 2}})
    after = client.get(CHECKOUT)
    assert after["status"]["failedChecks"] == 2
    assert "suspend" not in after["spec"]


def test_the_generation_follows_the_spec_only(client: Client) -> None:
    def generation() -> int:
        return int(client.get(CHECKOUT)["metadata"]["generation"])

    before = generation()
    client.patch(CHECKOUT, {"metadata": {"labels": {"a": "b"}}})
    client.patch(f"{CHECKOUT}/status", {"status": {"failedChecks": 1}})
    assert generation() == before
    client.patch(CHECKOUT, {"spec": {"suspend": True}})
    assert generation() == before + 1


def test_a_write_that_changes_nothing_keeps_the_version(client: Client) -> None:
    before = client.get(CHECKOUT)["metadata"]["resourceVersion"]
    status, after = client.patch(CHECKOUT, {"metadata": {"labels": {}}})
    assert (status, after["metadata"]["resourceVersion"]) == (200, before)


def test_a_json_patch_whose_test_fails_is_unprocessable_and_changes_nothing(client: Client) -> None:
    guard = {"op": "test", "path": "/metadata/generation", "value": 99}
    change = {"op": "add", "path": "/spec/suspend", "value": True}
    status, answer = client.patch(CHECKOUT, [guard, change], JSON)
    assert (status, answer["reason"]) == (422, "Invalid")
    assert answer["message"] == "the server rejected our request due to an error in our request"
    assert "suspend" not in client.get(CHECKOUT)["spec"]


def test_a_json_patch_whose_test_holds_is_applied(client: Client) -> None:
    generation = client.get(CHECKOUT)["metadata"]["generation"]
    guard = {"op": "test", "path": "/metadata/generation", "value": generation}
    status, after = client.patch(CHECKOUT, [guard, {"op": "add", "path": "/spec/suspend", "value": True}], JSON)
    assert (status, after["spec"]["suspend"]) == (200, True)


def test_a_strategic_patch_merges_containers_by_name(client: Client) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "checkout", "image": "new:2"}]}}}}
    status, after = client.patch(DEPLOYMENT, patch, STRATEGIC)
    container = after["spec"]["template"]["spec"]["containers"][0]
    assert (status, container["image"], bool(container["ports"])) == (200, "new:2", True)


def test_a_merge_patch_replaces_lists(client: Client) -> None:
    metrics = [{"name": "request-duration", "interval": "10s", "thresholdRange": {"max": 900}}]
    _, after = client.patch(CHECKOUT, {"spec": {"analysis": {"metrics": metrics}}}, MERGE)
    assert after["spec"]["analysis"]["metrics"] == metrics


def test_an_unknown_patch_format_is_refused(client: Client) -> None:
    assert client.patch(CHECKOUT, {}, "application/apply-patch+yaml")[0] == 415


@pytest.mark.parametrize(
    ("analysis", "path"),
    [
        ({"interval": "soon"}, "spec.analysis.interval"),
        ({"threshold": "many"}, "spec.analysis.threshold"),
        ({"iterations": -1}, "spec.analysis.iterations"),
        ({"stepWeight": 10}, "spec.analysis"),
    ],
)
def test_a_wrong_analysis_is_refused_with_its_path(client: Client, analysis: dict[str, object], path: str) -> None:
    status, answer = client.patch(f"{CHECKOUT}?dryRun=All&fieldValidation=Strict", {"spec": {"analysis": analysis}})
    assert (status, answer["reason"]) == (422, "Invalid")
    assert answer["details"]["causes"][0]["field"] == path
    assert f'Canary.flagger.app "checkout" is invalid: {path}: Invalid value' in answer["message"]


def test_an_unknown_provider_is_refused_with_those_that_are_known(client: Client) -> None:
    status, answer = client.patch(CHECKOUT, {"spec": {"provider": "carrier-pigeon"}})
    assert status == 422
    assert 'spec.provider: Unsupported value: "carrier-pigeon": supported values: ' in answer["message"]


def test_a_dry_run_answers_as_if_and_changes_nothing(client: Client) -> None:
    status, answer = client.patch(f"{CHECKOUT}?dryRun=All", {"spec": {"suspend": True}})
    assert (status, answer["spec"]["suspend"]) == (200, True)
    assert "suspend" not in client.get(CHECKOUT)["spec"]


def test_an_object_is_created_once(client: Client) -> None:
    made = {"metadata": {"name": "settings"}, "data": {"a": "b"}}
    path = "/api/v1/namespaces/shop/configmaps"
    assert client.ask("POST", path, made)[0] == 201
    status, answer = client.ask("POST", path, made)
    assert (status, answer["reason"], answer["message"]) == (
        409,
        "AlreadyExists",
        'configmaps "settings" already exists',
    )


def test_what_is_deleted_is_gone_with_all_it_owned(client: Client, fleet: DemoFleet) -> None:
    assert client.get("/apis/apps/v1/namespaces/shop/deployments/checkout-primary")
    assert client.ask("DELETE", CHECKOUT)[0] == 200
    assert client.ask("GET", CHECKOUT)[0] == 404
    assert client.ask("GET", "/apis/apps/v1/namespaces/shop/deployments/checkout-primary")[0] == 404
    assert client.ask("GET", "/apis/networking.istio.io/v1beta1/namespaces/shop/virtualservices/checkout")[0] == 404
    assert client.get(DEPLOYMENT)["spec"]["replicas"] == 0


def test_the_same_name_created_again_is_another_object(client: Client) -> None:
    before = client.get(CHECKOUT)
    client.ask("DELETE", CHECKOUT)
    again = {"metadata": {"name": "checkout"}, "spec": before["spec"]}
    status, after = client.ask("POST", CANARIES.replace("/canaries", "/namespaces/shop/canaries"), again)
    assert status == 201
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    old = {**before, "metadata": {**before["metadata"], "resourceVersion": ""}}
    assert client.ask("PUT", CHECKOUT, old)[0] == 409

from __future__ import annotations

import base64

import yaml

from kurator_ui.demo.access import Account
from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import CANARIES, CHECKOUT, Client

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def allowed(client: Client, **attributes: str) -> bool:
    status, answer = client.ask("POST", REVIEWS, {"spec": {"resourceAttributes": attributes}})
    assert status == 201
    return bool(answer["status"]["allowed"])


def test_without_a_known_token_nothing_is_told(fleet: DemoFleet) -> None:
    status, answer = Client(fleet, token="wrong").ask("GET", CANARIES)
    assert (status, answer["kind"], answer["reason"]) == (401, "Status", "Unauthorized")


def test_a_token_is_good_for_its_own_cluster_only(fleet: DemoFleet) -> None:
    assert Client(fleet, "eu-north", token=fleet.token("eu-west")).ask("GET", CANARIES)[0] == 401


def test_the_viewer_reads_and_may_not_write(fleet: DemoFleet) -> None:
    viewer = Client(fleet, user="viewer")
    assert viewer.get(CHECKOUT)["kind"] == "Canary"
    status, answer = viewer.patch(CHECKOUT, {"spec": {"suspend": True}})
    assert (status, answer["reason"]) == (403, "Forbidden")
    assert 'cannot patch resource "canaries" in API group "flagger.app" in the namespace "shop"' in answer["message"]
    assert viewer.ask("GET", "/api/v1/secrets")[0] == 403


def test_reviews_answer_by_the_rights_of_the_token(fleet: DemoFleet) -> None:
    viewer, admin = Client(fleet, user="viewer"), Client(fleet)
    asked = {"group": "flagger.app", "resource": "canaries"}
    assert allowed(viewer, verb="watch", **asked)
    assert not allowed(viewer, verb="patch", subresource="status", **asked)
    assert allowed(admin, verb="patch", subresource="status", **asked)


def test_rights_can_end_at_namespaces(fleet: DemoFleet) -> None:
    account = Account("tenant", reads=frozenset({"flagger.app/canaries"}), namespaces=frozenset({"shop"}))
    fleet.call(lambda: fleet.cluster("eu-west").accounts.add("tenant-token", account))
    tenant = Client(fleet, token="tenant-token")
    assert tenant.ask("GET", CANARIES)[0] == 403
    assert tenant.ask("GET", CANARIES.replace("canaries", "namespaces/shop/canaries"))[0] == 200
    assert tenant.ask("GET", CANARIES.replace("canaries", "namespaces/other/canaries"))[0] == 403
    assert tenant.ask("GET", "/api/v1/namespaces/kube-system")[0] == 200


def test_after_a_renewal_the_secret_on_the_hub_leads_on(fleet: DemoFleet) -> None:
    old = Client(fleet)
    fleet.call(lambda: fleet.fleet.renew_token("eu-west"))
    assert old.ask("GET", CANARIES)[0] == 401
    secret = Client(fleet, "hub").get("/api/v1/namespaces/default/secrets/eu-west-kubeconfig")
    kubeconfig = yaml.safe_load(base64.b64decode(secret["data"]["eu-west.config"]))
    assert Client(fleet, token=kubeconfig["users"][0]["user"]["token"]).ask("GET", CANARIES)[0] == 200
    assert kubeconfig["clusters"][0]["cluster"]["server"] == fleet.server("eu-west")

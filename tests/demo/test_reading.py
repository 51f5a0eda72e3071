from __future__ import annotations

import pytest

from kurator_ui.demo.serve import DemoFleet
from tests.demo.client import CANARIES, CHECKOUT, Client

CONFIGMAPS = "/api/v1/namespaces/shop/configmaps"


def names(document: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [item["metadata"]["name"] for item in document["items"]]


@pytest.fixture
def many(client: Client) -> Client:
    for index in range(7):
        labels = {"parity": "even" if index % 2 == 0 else "odd"}
        client.ask("POST", CONFIGMAPS, {"metadata": {"name": f"c{index}", "labels": labels}, "data": {}})
    return client


def test_pages_together_are_the_list_of_the_first_page(many: Client) -> None:
    first = many.get(f"{CONFIGMAPS}?limit=3")
    many.ask("DELETE", f"{CONFIGMAPS}/c5")
    many.ask("POST", CONFIGMAPS, {"metadata": {"name": "c9"}})
    found, page = names(first), first
    while token := page["metadata"].get("continue"):
        page = many.get(f"{CONFIGMAPS}?limit=3&continue={token}")
        assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        found += names(page)
    assert found == [f"c{index}" for index in range(7)]
    assert first["metadata"]["remainingItemCount"] == 4


def test_an_expired_continue_token_is_gone(many: Client, fleet: DemoFleet) -> None:
    token = many.get(f"{CONFIGMAPS}?limit=3")["metadata"]["continue"]
    fleet.call(lambda: fleet.cluster("eu-west").api.pages.expire())
    status, answer = many.ask("GET", f"{CONFIGMAPS}?limit=3&continue={token}")
    assert (status, answer["code"], answer["reason"]) == (410, 410, "Expired")


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("parity=odd", ["c1", "c3", "c5"]),
        ("parity!=odd", ["c0", "c2", "c4", "c6"]),
        ("parity in (odd, none)", ["c1", "c3", "c5"]),
        ("parity notin (odd)", ["c0", "c2", "c4", "c6"]),
        ("!parity", []),
        ("parity,parity=even", ["c0", "c2", "c4", "c6"]),
    ],
)
def test_label_selectors_choose(many: Client, selector: str, found: list[str]) -> None:
    assert names(many.get(f"{CONFIGMAPS}?labelSelector={selector.replace(' ', '%20')}")) == found


def test_field_selectors_choose(many: Client, fleet: DemoFleet) -> None:
    assert names(many.get(f"{CONFIGMAPS}?fieldSelector=metadata.name%3Dc4")) == ["c4"]
    uid = many.get(CHECKOUT)["metadata"]["uid"]
    chosen = f"involvedObject.kind%3DCanary,involvedObject.name%3Dcheckout,involvedObject.uid%3D{uid}"
    messages = [event["message"] for event in many.get(f"/api/v1/events?fieldSelector={chosen}")["items"]]
    assert "Initialization done! checkout.shop" in messages
    assert many.get("/api/v1/events?fieldSelector=involvedObject.kind%3DPod")["items"] == []


def test_a_list_at_a_version_of_the_future_is_refused(client: Client) -> None:
    status, answer = client.ask("GET", f"{CANARIES}?resourceVersion=999999")
    assert (status, answer["details"]["causes"][0]["reason"]) == (504, "ResourceVersionTooLarge")


def test_a_watch_resumes_after_the_version_it_is_given(client: Client, fleet: DemoFleet) -> None:
    since = client.get(CANARIES)["metadata"]["resourceVersion"]
    client.patch(CHECKOUT, {"metadata": {"labels": {"a": "1"}}})
    client.patch(CHECKOUT, {"metadata": {"labels": {"a": "2"}}})
    with client.watch(f"{CANARIES}?resourceVersion={since}&timeoutSeconds=5") as events:
        assert [next(events)["object"]["metadata"]["labels"]["a"] for _ in range(2)] == ["1", "2"]
        client.patch(CHECKOUT, {"metadata": {"labels": {"a": "3"}}})
        assert next(events)["object"]["metadata"]["labels"]["a"] == "3"
        client.ask("DELETE", CHECKOUT)
        assert next(events)["type"] == "DELETED"
        fleet.advance(6)
        assert list(events) == []


def test_a_watch_without_a_version_begins_with_what_is_there(client: Client, fleet: DemoFleet) -> None:
    with client.watch(f"{CANARIES}?timeoutSeconds=5") as events:
        first = next(events)
        assert (first["type"], first["object"]["metadata"]["name"]) == ("ADDED", "checkout")
        fleet.advance(6)
        assert list(events) == []


def test_a_watch_from_a_compacted_version_says_gone_inside_the_stream(client: Client, fleet: DemoFleet) -> None:
    since = client.get(CANARIES)["metadata"]["resourceVersion"]
    client.patch(CHECKOUT, {"metadata": {"labels": {"a": "1"}}})
    fleet.call(lambda: fleet.cluster("eu-west").store.forget_history())
    with client.watch(f"{CANARIES}?resourceVersion={since}") as events:
        (event,) = list(events)
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    fleet.call(lambda: setattr(fleet.cluster("eu-west").api, "gone_as_status", True))
    assert client.ask("GET", f"{CANARIES}?resourceVersion={since}&watch=1")[0] == 410


def test_a_watch_from_the_future_is_silent(client: Client, fleet: DemoFleet) -> None:
    with client.watch(f"{CANARIES}?resourceVersion=999999&timeoutSeconds=30") as events:
        client.patch(CHECKOUT, {"metadata": {"labels": {"a": "1"}}})
        fleet.advance(31)
        assert list(events) == []


def test_bookmarks_come_when_asked_for_and_carry_the_version(client: Client, fleet: DemoFleet) -> None:
    since = client.get(CANARIES)["metadata"]["resourceVersion"]
    with client.watch(f"{CANARIES}?resourceVersion={since}&timeoutSeconds=70&allowWatchBookmarks=true") as events:
        fleet.advance(71)
        found = [event for event in events if event["type"] == "BOOKMARK"]
    assert len(found) == 2
    assert int(found[-1]["object"]["metadata"]["resourceVersion"]) >= int(since)
    fleet.call(lambda: setattr(fleet.cluster("eu-west").api, "bookmarks", False))
    with client.watch(f"{CANARIES}?resourceVersion={since}&timeoutSeconds=70&allowWatchBookmarks=true") as events:
        fleet.advance(71)
        assert not [event for event in events if event["type"] == "BOOKMARK"]


def test_an_object_that_ceases_to_match_is_deleted_for_that_watch(client: Client, fleet: DemoFleet) -> None:
    client.patch(CHECKOUT, {"metadata": {"labels": {"team": "red"}}})
    since = client.get(CANARIES)["metadata"]["resourceVersion"]
    with client.watch(f"{CANARIES}?labelSelector=team%3Dred&resourceVersion={since}&timeoutSeconds=5") as events:
        client.patch(CHECKOUT, {"metadata": {"labels": {"team": "blue"}}})
        assert next(events)["type"] == "DELETED"
        client.patch(CHECKOUT, {"metadata": {"labels": {"team": "red"}}})
        assert next(events)["type"] == "ADDED"


def test_initial_events_are_refused_as_a_server_without_them_does(client: Client) -> None:
    status, answer = client.ask("GET", f"{CANARIES}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan")
    assert (status, answer["reason"]) == (422, "Invalid")


def test_unknown_paths_and_kinds_are_not_found(client: Client) -> None:
    for path in (
        "/apis/nowhere.dev/v1",
        "/apis/flagger.app/v1beta1/nothings",
        "/apis/flagger.app/v1/canaries",
        "/nothing",
    ):
        assert client.ask("GET", path)[0] == 404
    status, answer = client.ask("GET", CHECKOUT + "x")
    assert (status, answer["message"]) == (404, 'canaries.flagger.app "checkoutx" not found')


@pytest.mark.parametrize(("query", "kind"), [("", "PartialObjectMetadata"), ("?includeObject=Object", "Canary")])
def test_a_table_holds_the_whole_objects_when_asked_to(client: Client, query: str, kind: str) -> None:
    table = client.get(CANARIES + query, accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    assert [row["object"]["kind"] for row in table["rows"]] == [kind]

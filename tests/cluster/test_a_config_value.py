"""Another value in a ConfigMap that real Flagger tracks: it begins a release, and blue keeps its copy until the end."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.api import OPEN, Api
from tests.cluster.laboratory import CANARIES, Member, wait_for
from tests.cluster.plain import PLAIN, SETTINGS, begin_plain, made, of_plain, set_size, size
from tests.cluster.program import Program

SETTING = f"{SETTINGS}/pageSize"
COPY = f"{SETTINGS}-primary"
TRACKED = f"configmap/{SETTINGS}"


def rollout(program: Program, member: Member) -> int:
    """As it was made last, once it is known that Flagger tracks its ConfigMap."""
    query = (
        "select r.id, r.state from rollouts_rollout r join rollouts_cluster c on c.id = r.cluster_id"
        " where c.name = ? and r.name = ? and r.deleted_at is null and r.uid = ?"
    )
    uid = member.get(f"{CANARIES}/{PLAIN}")["metadata"]["uid"]

    def known() -> int:
        found = program.rows(query, member.name, PLAIN, uid)
        return int(found[0][0]) if found and TRACKED in json.loads(found[0][1])["canary"]["tracked_configs"] else 0

    return wait_for(known, 40, f"the Canary of {member.name} to be known with its ConfigMap")


def releases(program: Program, known: int) -> int:
    """The number of its last one; Canaries of the same name that came before it count."""
    query = "select coalesce(max(number), 0) from rollouts_release where rollout_id = ?"
    return int(program.rows(query, known)[0][0])


def tracked(member: Member) -> str:
    return str(of_plain(member)["trackedConfigs"][TRACKED])


def ends(member: Member) -> None:
    wait_for(lambda: of_plain(member)["phase"] == "Succeeded", 150, "the release to end")


def test_it_begins_a_release_of_the_same_image_and_blue_gets_it_in_the_end(program: Program, plain: Member) -> None:
    known = rollout(program, plain)
    api, where = Api.of(program, "ada", "operator"), f"/rollouts/{known}"
    before, choice = tracked(plain), {"setting": SETTING, "value": "80"}
    number = releases(program, known) + 1
    found = api.command(where, "config-value", choice=choice)
    assert (found["state"], found["said"]) == ("observed", f"Release {number} has begun.")
    assert (size(plain), size(plain, COPY)) == ("80", "50"), "users are on the value of before"
    assert tracked(plain) != before
    assert "80" not in json.dumps([found["choice"], found["patches"]])
    trigger = "select trigger from rollouts_release where rollout_id = ? and number = ?"
    assert program.rows(trigger, known, number) == [("config",)]
    wait_for(lambda: of_plain(plain)["phase"] == "Progressing", 30, "the analysis")

    def why_not() -> str:
        return str(api.post(f"{where}/preview", act="config-value", choice={**choice, "value": "90"})[1]["why_not"])

    wait_for(lambda: "blue would get the new one unchecked" in why_not(), 20, "the running release to be seen")
    ends(plain)
    wait_for(lambda: size(plain, COPY) == "80", 20, "blue's copy")


def test_while_green_runs_another_value_begins_nothing_and_is_promoted_unchecked(plain: Member) -> None:
    """Why it is refused then."""
    begin_plain(plain)
    before = plain.get(f"{CANARIES}/{PLAIN}")["status"]["iterations"]
    set_size(plain, "70")
    wait_for(lambda: of_plain(plain).get("iterations", 0) > before, 40, "the analysis to go on")
    ends(plain)
    wait_for(lambda: size(plain, COPY) == "70", 20, "blue's copy")


def test_in_two_clusters_each_is_guarded_by_its_own_value(program: Program, members: list[Member]) -> None:
    with made(members[0]) as one, made(members[1], "60") as other:
        ids = {rollout(program, member): member for member in (one, other)}
        api = Api.of(program, "ada", "operator")
        [(application,)] = program.rows("select application_id from rollouts_rollout where id = ?", next(iter(ids)))
        where, choice = f"/applications/{application}", {"setting": SETTING, "value": "80"}

        def preview() -> dict[str, Any]:
            seen = api.post(f"{where}/preview", act="config-value", choice=choice)[1]
            return seen if all(each["plan"] for each in seen["rollouts"]) else {}

        seen = wait_for(preview, 30, "the ConfigMaps of both to be read")
        found = {ids[each["rollout"]].name: each["plan"]["differences"] for each in seen["rollouts"]}
        assert found == {
            member.name: [{"place": SETTING, "now": before, "then": "80"}]
            for member, before in ((one, "50"), (other, "60"))
        }
        set_size(other, "65")
        chosen = [{"rollout": each["rollout"], "digest": each["digest"]} for each in seen["rollouts"]]
        given = {"act": "config-value", "mark": seen["mark"], "choice": choice, "chosen": chosen, "pace": "at-once"}
        status, batch = api.post(f"{where}/batches", **given)
        assert status == 201, batch

        def ended() -> list[dict[str, Any]]:
            commands: list[dict[str, Any]] = api.get(f"/batches/{batch['id']}")["commands"]
            return commands if all(each["state"] not in OPEN for each in commands) else []

        commands = wait_for(ended, 90, "the end of both")
        states = {ids[each["rollout"]].name: each["state"] for each in commands}
        assert states == {one.name: "observed", other.name: "refused"}, [each["said"] for each in commands]
        assert (size(one), size(other)) == ("80", "65"), "what somebody has set meanwhile stays"
        ends(one)

"""The roles in `deploy/rbac/`, as they are shipped, are enough for everything that can be asked for, and without one of
them the command says which right is missing: real Flagger and Kurator, and the program with the viewer's token.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollouts.domain import permissions
from rollouts.domain.commands import OF_EDITORS, Act
from rollouts.domain.observations import Kind
from rollouts.domain.ports import Permission
from tests.cluster.acting import begin
from tests.cluster.api import Api
from tests.cluster.laboratory import CANARIES, MERGE, NAME, VIRTUAL_SERVICES, Member, wait_for
from tests.cluster.plain import PLAIN, SETTINGS, of_plain, size, skips
from tests.cluster.program import Program
from tests.cluster.test_rbac_is_enough import MEMBERS, TOKEN, applied, missing, roles_of
from tests.cluster.test_releases import next_image
from tests.cluster.test_why_it_is_here import suspend
from tests.support.waiting import until

ACTING_ON_A_MEMBER = permissions.of_acting((), [Kind.VIRTUAL_SERVICE])
ELSEWHERE = {"open-gate", "close-gate", "green-to-zero"}
"""Acts on a load tester, since the laboratory cannot pass a call on to a Service; and one for pods that never become
ready, which patches the Deployment that a retry patches.
"""
BY_A_ROLE_OF_ITS_OWN = {"config-value"}
"""`configs.yaml`, which is enough without `acting.yaml`. Where it is missing nothing can be chosen, so that it is said
before the click.
"""
STATUS, CANARY, DEPLOYMENT = "canaries/status", "canaries", "deployments"


@dataclass(frozen=True)
class Denied:
    """`right`: what the API server says may not be patched."""

    act: str
    right: str
    suspended: bool = False


DENIED = [
    Denied("roll-back", STATUS),
    Denied("skip-iterations", STATUS),
    Denied("promote-now", CANARY),
    Denied("pause", CANARY),
    Denied("resume", CANARY, suspended=True),
    Denied("retry", DEPLOYMENT),
    Denied("new-version", DEPLOYMENT),
]
"""While a release runs."""
DENIED_AT_REST = [Denied("earlier-version", DEPLOYMENT), Denied("restart-pods", DEPLOYMENT)]


def test_every_act_is_tried() -> None:
    assert {act.value for act in set(Act) - OF_EDITORS} <= (
        {one.act for one in (*DENIED, *DENIED_AT_REST)} | BY_A_ROLE_OF_ITS_OWN | ELSEWHERE
    )


@contextmanager
def of_the_viewer(folder: Path, name: str, kubeconfig: Path, *options: str) -> Iterator[tuple[Program, Api]]:
    """The program, and what has the viewer's token in place of the administrator's as its only way in."""
    config = json.loads(kubeconfig.read_text())
    config["users"][0]["user"]["token"] = TOKEN
    file = folder / "viewer.kubeconfig"
    file.write_text(json.dumps(config))
    (folder / "state").mkdir()
    program = Program.on(folder / "state")
    program.start()
    try:
        program.manage("clusters", "add", name, "--kubeconfig", str(file), "--store", *options)
        yield program, Api.of(program, "olga", "operator")
    finally:
        program.stop()


@contextmanager
def may_act(kubeconfig: Path, file: str, wanted: tuple[Permission, ...]) -> Iterator[None]:
    with applied(kubeconfig, *roles_of(file)) as connection:
        until(lambda: not missing(connection, wanted))
        yield
    with applied(kubeconfig) as connection:
        until(lambda: len(missing(connection, wanted)) == len(wanted))


def spec(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = member.get(f"{CANARIES}/{PLAIN}")["spec"]
    return found


def green_weight(member: Member) -> int:
    routes = member.get(f"{VIRTUAL_SERVICES}/{PLAIN}")["spec"]["http"][0]["route"]
    return next(int(one.get("weight", 0)) for one in routes if one["destination"]["host"].endswith("canary"))


def wait_for_iteration(member: Member) -> None:
    def reached() -> bool:
        return bool(of_plain(member)["phase"] == "Progressing" and of_plain(member).get("iterations"))

    wait_for(reached, 60, "the first iteration")


def gives_a_value(api: Api, where: str, member: Member, kubeconfig: Path) -> None:
    choice = {"setting": f"{SETTINGS}/pageSize", "value": "80"}

    def said() -> str:
        return str(api.post(f"{where}/preview", act="config-value", choice=choice)[1]["why_not"])

    wait_for(lambda: 'cannot get resource "configmaps"' in said(), 30, "the missing right to be named")
    with may_act(kubeconfig, "configs.yaml", permissions.of_configs()):
        found = api.command(where, "config-value", choice=choice)
        assert found["state"] == "observed", found["said"]
    assert size(member) == "80"
    wait_for(lambda: of_plain(member)["phase"] == "Succeeded", 150, "the release of it to end")


def choice_of(api: Api, where: str, act: str) -> dict[str, Any]:
    if act == "new-version":
        return {"choice": {"container": PLAIN, "image": next_image()}}
    if act == "earlier-version":
        return {"choice": {"version": wait_for(lambda: _a_version(api, where), 30, "earlier versions to be read")}}
    return {}


def _a_version(api: Api, where: str) -> str:
    said = api.post(f"{where}/preview", act="earlier-version")[1]["why_not"]
    known = re.search(r"Known are (\S+)", said)
    return known[1] if known else ""


def ask(api: Api, where: str, act: str) -> dict[str, Any]:
    return api.command(where, act, **choice_of(api, where, act))


def refuses(api: Api, where: str, member: Member, several: list[Denied]) -> None:
    """And leaves the Canary as it was."""
    for one in several:
        if one.act not in {act.value for act in Act}:
            continue
        if one.suspended:
            member.call("PATCH", f"{CANARIES}/{PLAIN}", {"spec": {"suspend": True}}, MERGE).close()
        before = spec(member)
        found = ask(api, where, one.act)
        assert (one.act, found["state"]) == (one.act, "refused"), found["said"]
        assert f'cannot patch resource "{one.right}"' in found["said"]
        assert spec(member) == before
        if one.suspended:
            member.call("PATCH", f"{CANARIES}/{PLAIN}", {"spec": {"suspend": False}}, MERGE).close()


def comes_about(api: Api, where: str, act: str) -> None:
    found = ask(api, where, act)
    assert (act, found["state"]) == (act, "observed"), found["said"]


def test_on_a_rollout(plain: Member, tmp_path: Path) -> None:
    kubeconfig = next(file for file in MEMBERS if file.stem == plain.name)
    with (
        applied(kubeconfig, *roles_of("cluster.yaml")) as connection,
        of_the_viewer(tmp_path, "alone", kubeconfig) as (program, api),
    ):
        until(lambda: not missing(connection, permissions.of_cluster((), [Kind.VIRTUAL_SERVICE])))
        known = "select id from rollouts_rollout where name = ? and phase = 'Initialized'"
        where = f"/rollouts/{wait_for(lambda: program.rows(known, PLAIN), 30, 'it to be known')[0][0]}"

        def may() -> Any:
            return may_act(kubeconfig, "acting.yaml", ACTING_ON_A_MEMBER)

        with may():
            comes_about(api, where, "new-version")
        wait_for_iteration(plain)
        refuses(api, where, plain, DENIED)
        assert of_plain(plain)["phase"] == "Progressing"
        with may():
            for act in ("pause", "resume", "skip-iterations"):
                comes_about(api, where, act)
            wait_for(lambda: green_weight(plain) == 100, 30, "users on green")
            comes_about(api, where, "roll-back")
            assert (of_plain(plain)["phase"], green_weight(plain)) == ("Failed", 0)
            comes_about(api, where, "retry")
            wait_for_iteration(plain)
            comes_about(api, where, "promote-now")
            assert of_plain(plain)["phase"] == "Succeeded"
            wait_for(lambda: not skips(plain), 20, "the analysis to be switched on again")
        refuses(api, where, plain, DENIED_AT_REST)
        with may():
            if "restart-pods" in {act.value for act in Act}:
                comes_about(api, where, "restart-pods")
            comes_about(api, where, "earlier-version")
        wait_for(lambda: of_plain(plain)["phase"] == "Succeeded", 150, "the release before to end")
        gives_a_value(api, where, plain, kubeconfig)


def test_on_a_policy(members: list[Member], hub_kubeconfig: Path, tmp_path: Path) -> None:
    hub, reading = Member.of(hub_kubeconfig), [*roles_of("cluster.yaml"), *roles_of("hub.yaml")]
    begin(members[0])
    with (
        applied(hub_kubeconfig, *reading) as connection,
        of_the_viewer(tmp_path, "hub", hub_kubeconfig, "--hub") as (program, api),
    ):
        until(lambda: not missing(connection, permissions.of_cluster((), [])))
        known = "select application_id from rollouts_rollout where name = ? and phase = 'Progressing'"
        application = wait_for(lambda: program.rows(known, NAME), 40, "it to be known")[0][0]
        where = f"/applications/{application}/policies"
        policy = api.get(where)["items"][0]["name"]
        try:
            _on_the_hub(api, where, policy, hub_kubeconfig, lambda: begin_another(program, members[0]))
        finally:
            suspend(hub, False)
        wait_for(lambda: members[0].phase() == "Succeeded", 40, "the release to be promoted")
        wait_for(lambda: not members[0].canary()["spec"].get("skipAnalysis"), 40, "the analysis to be on again")


def begin_another(program: Program, member: Member) -> None:
    """The one before runs, or has come to its end meanwhile."""

    def seen() -> int:
        query = "select count(*) from rollouts_release join rollouts_rollout on rollout_id = rollouts_rollout.id"
        return int(program.rows(f"{query} where name = ?", NAME)[0][0])

    before = seen()
    member.release(next_image())
    wait_for(lambda: seen() > before, 60, "the next release to be seen")


def _on_the_hub(api: Api, where: str, policy: str, kubeconfig: Path, begin_another: Callable[[], None]) -> None:
    wanted = permissions.of_acting_on_a_hub()

    def ask(act: str) -> dict[str, Any]:
        return api.command(where, act, policy=policy, seconds=120)

    for act in ("pause", "promote-now"):
        found = ask(act)
        assert (act, found["state"]) == (act, "refused"), found["said"]
        assert 'cannot get resource "applications"' in found["said"]
    with may_act(kubeconfig, "acting-hub.yaml", wanted):
        assert ask("pause")["state"] == "observed"
    found = ask("resume")
    assert (found["state"], 'cannot get resource "applications"' in found["said"]) == ("refused", True), found["said"]
    with may_act(kubeconfig, "acting-hub.yaml", wanted):
        found = ask("resume")
        assert found["state"] == "observed", found["said"]
        begin_another()
        found = ask("promote-now")
        assert found["state"] == "observed", found["said"]

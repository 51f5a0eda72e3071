"""Another value in a ConfigMap: where it can be set, what is asked, and what would be written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain import memory
from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted, fields, has_configs, judge, said_from_outside
from rollouts.domain.configs import Configs, Setting, left_out, settings_of, tracked
from rollouts.domain.observations import Kind, Phase
from rollouts.domain.rollout import RolloutState
from tests.support.builders import make_state
from tests.support.seen import at, canary

TRACKED = {"configmap/settings": "0123456789abcdef", "secret/logins": "fedcba9876543210"}
SIZE = Setting("settings", "pageSize", "50")
FOUND = Configs(at(0), (SIZE, Setting("settings", "apiToken", why_not="it may be a secret")))
CHOICE = {"setting": "settings/pageSize", "value": "80"}


def state(phase: Phase = Phase.SUCCEEDED, **changes: Any) -> RolloutState:
    return make_state(phase=phase, **{"tracked_configs": TRACKED, **changes})


def judged(
    choice: dict[str, str] = CHOICE, of: RolloutState | None = None, configs: Configs | None = FOUND
) -> Plan | Refusal:
    return judge(Wanted(Act.CONFIG_VALUE, "mark-1", choice, configs=configs), of or state(), at(45))


def unsaid(choice: dict[str, str], configs: Configs | None = FOUND) -> Unsaid:
    found = judged(choice, configs=configs)
    assert isinstance(found, Unsaid)
    return found


def test_the_patch_holds_only_while_the_value_is_the_one_that_was_seen() -> None:
    plan = judged()
    assert isinstance(plan, Plan)
    (patch,) = plan.patches
    assert (patch.kind, patch.namespace, patch.name) == (Kind.CONFIG_MAP, "shop", "settings")
    assert patch.body == (
        {"op": "test", "path": "/data/pageSize", "value": "50"},
        {"op": "replace", "path": "/data/pageSize", "value": "80"},
    )
    assert plan.meant == {"replaced": "50"}
    assert "the image stays" in plan.effect
    assert any("Whatever else uses this ConfigMap" in one for one in plan.warnings)


@pytest.mark.parametrize("phase", [Phase.PROGRESSING, Phase.WAITING_PROMOTION])
@pytest.mark.parametrize("configs", [FOUND, None])
def test_while_green_runs_it_is_refused_since_its_pods_would_keep_the_old_value(
    phase: Phase, configs: Configs | None
) -> None:
    found = judged(of=state(phase, iterations=1), configs=configs)
    assert isinstance(found, Refusal)
    assert not isinstance(found, Unsaid)
    assert "blue would get the new one unchecked" in found.reason
    assert "Roll back first" in found.instead


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.PROMOTING, Phase.FINALISING, Phase.INITIALIZING])
def test_where_flagger_does_not_look_it_is_refused(phase: Phase) -> None:
    assert "Flagger does not look" in str(judged(of=state(phase)))


def test_without_a_tracked_configmap_it_is_refused_with_what_may_be_the_reason() -> None:
    found = judged(of=state(tracked_configs={"secret/logins": "1"}))
    assert isinstance(found, Refusal)
    assert "flagger.app/config-tracking" in str(found)


def test_secrets_are_never_among_what_is_offered() -> None:
    assert tracked(canary(tracked_configs=TRACKED)) == ("settings",)
    assert has_configs(canary(tracked_configs=TRACKED))
    assert not has_configs(canary(tracked_configs={"secret/logins": "1"}))


@pytest.mark.parametrize(
    ("choice", "field", "words"),
    [
        ({}, "setting", "Choose a value"),
        ({"setting": "settings/nothing", "value": "1"}, "setting", "There is no value “settings/nothing”"),
        ({"setting": "settings/apiToken", "value": "1"}, "setting", "it may be a secret"),
        ({"setting": "settings/pageSize"}, "value", "It is 50 now"),
        ({**CHOICE, "value": ""}, "value", "Give the new value"),
        ({**CHOICE, "value": "50"}, "value", "has this value already"),
        ({**CHOICE, "value": "a\nb"}, "value", "several lines"),
        ({**CHOICE, "value": "x" * 1001}, "value", "It has 1001 characters"),
        ({**CHOICE, "value": "https://olga:opensesame@db.example.test/"}, "value", "looks like a secret"),
        ({**CHOICE, "value": "--password=opensesame"}, "value", "looks like a secret"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(choice: dict[str, str], field: str, words: str) -> None:
    found = unsaid(choice)
    assert found.field == field
    assert words in str(found)
    assert "opensesame" not in str(found)


def test_until_they_are_read_it_waits_for_them() -> None:
    assert unsaid(CHOICE, configs=None).reason == "Its ConfigMaps are being read."


def test_where_nothing_can_be_changed_it_says_what_there_is_and_why_not() -> None:
    hidden = Configs(at(0), FOUND.found[1:], "get ConfigMap shop/other: forbidden")
    found = judged(configs=hidden)
    assert not isinstance(found, Unsaid)
    assert "settings/apiToken: it may be a secret" in str(found)
    assert "forbidden" in str(found)


def test_a_value_that_somebody_has_changed_since_is_not_overwritten() -> None:
    assert "meanwhile" in str(judged({**CHOICE, "replaced": "60"}))
    assert isinstance(judged({**CHOICE, "replaced": "50"}), Plan)
    assert said_from_outside(Act.CONFIG_VALUE, {"replaced": "50"})


def test_who_keeps_the_configmap_may_undo_it() -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    found = settings_of("settings", {"metadata": {"labels": labels}, "data": {"pageSize": "50"}})
    plan = judged(configs=Configs(at(0), found))
    assert isinstance(plan, Plan)
    assert plan.undone_by == ("Flux (flux-system/shop), when what it keeps says otherwise.",)


@pytest.mark.parametrize(
    ("value", "why_not"),
    [
        ("50", ""),
        ("", ""),
        ("(hidden)", "it may be a secret"),
        (7, "it may be a secret"),
        ("a: 1\nb: 2", "it has several lines"),
        ("a: 1\n", "it has several lines"),
        ("x" * 1001, "it has more than 1000 characters"),
    ],
)
def test_only_what_can_be_seen_and_typed_in_a_line_is_offered(value: Any, why_not: str) -> None:
    (one,) = settings_of("settings", {"data": {"pageSize": value}})
    assert one.why_not == why_not
    assert bool(one.value) == (not why_not and bool(value))


def test_what_is_beyond_the_limits_or_could_not_be_read_is_said() -> None:
    many = canary(tracked_configs={f"configmap/settings-{number:02}": "0" for number in range(12)})
    assert "2 of the ConfigMaps" in left_out(many, {})
    few = canary(tracked_configs=TRACKED)
    assert "1 of the keys of settings" in left_out(few, {"settings": 101})
    assert left_out(few, {"settings": 100}) == ""
    found = unsaid({"setting": "other/x", "value": "1"}, replace(FOUND, note="get ConfigMap shop/other: forbidden"))
    assert "forbidden" in str(found)


def test_an_immutable_configmap_offers_nothing() -> None:
    (one,) = settings_of("settings", {"immutable": True, "data": {"pageSize": "50"}})
    assert one.why_not == "the ConfigMap is immutable"


@pytest.mark.parametrize("found", [{}, {"data": None}, {"data": []}, {"data": {}}])
def test_a_configmap_without_values_offers_nothing(found: dict[str, Any]) -> None:
    assert settings_of("settings", found) == ()


def test_the_dialog_asks_for_the_value_and_says_what_it_is_now() -> None:
    setting, value = fields(Act.CONFIG_VALUE, state(), configs=FOUND)
    assert [one.words for one in setting.options] == ["settings/pageSize, now 50"]
    assert "settings/apiToken: it may be a secret" in setting.note
    assert value.options == ()
    long = replace(FOUND, found=(Setting("settings", "list", "x" * 200),))
    assert len(fields(Act.CONFIG_VALUE, state(), configs=long)[0].options[0].words) < 100


def test_what_was_read_is_remembered() -> None:
    assert memory.load_configs(memory.dump(FOUND)) == FOUND

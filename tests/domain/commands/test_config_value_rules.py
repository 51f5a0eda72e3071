"""The rules of another value in a ConfigMap as tables: when it works, what is asked, what is warned of, who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollouts.domain.commands import Act, Plan, Refusal, Unsaid, Wanted, unsaid
from rollouts.domain.commands.config_value import (
    BEING_READ,
    BELONGS_ELSEWHERE,
    GREEN_KEEPS_IT,
    NONE_OFFERED,
    NONE_TRACKED,
    SHARED,
    UNLESS_GIVEN,
    choice_for_all,
    config_value,
    has_configs,
    not_offered,
)
from rollouts.domain.configs import LONGEST, Configs, Setting
from rollouts.domain.observations import Phase
from rollouts.domain.redaction import HIDDEN
from tests.support.builders import make_state
from tests.support.seen import at, canary

SIZE = Setting("settings", "pageSize", "50")
TINT = Setting("settings", "tint", "blue")
TOKEN = Setting("settings", "apiToken", why_not="it may be a secret")
FOUND = Configs(at(0), (SIZE, TOKEN))
CHOICE = {"setting": "settings/pageSize", "value": "80"}


def judged(choice: dict[str, str] = CHOICE, configs: Configs | None = FOUND, **state: Any) -> Plan | Refusal:
    given = {"phase": Phase.SUCCEEDED, "tracked_configs": {"configmap/settings": "0"}, **state}
    return config_value(Wanted(Act.CONFIG_VALUE, "mark-1", choice, configs=configs), make_state(**given), at(45))


def planned(**given: Any) -> Plan:
    found = judged(**given)
    assert isinstance(found, Plan), str(found)
    return found


@pytest.mark.parametrize("phase", [Phase.INITIALIZED, Phase.SUCCEEDED, Phase.FAILED])
def test_it_works_at_rest(phase: Phase) -> None:
    assert isinstance(judged(phase=phase), Plan)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"phase": Phase.PROGRESSING}, GREEN_KEEPS_IT),
        ({"phase": Phase.WAITING_PROMOTION}, GREEN_KEEPS_IT),
        ({"phase": Phase.WAITING}, "Flagger does not look"),
        ({"phase": Phase.PROMOTING}, "Flagger does not look"),
        ({"phase": Phase.FINALISING}, "Flagger does not look"),
        ({"phase": Phase.INITIALIZING}, "Flagger does not look"),
        ({"suspended": True}, "suspended"),
        ({"tracked_configs": {}}, NONE_TRACKED),
        ({"tracked_configs": {"secret/logins": "0"}}, NONE_TRACKED),
    ],
)
@pytest.mark.parametrize("configs", [FOUND, None])
def test_where_it_cannot_work_the_reason_comes_before_any_question(
    state: dict[str, Any], reason: str, configs: Configs | None
) -> None:
    found = judged({}, configs, **state)
    assert isinstance(found, Refusal)
    assert not isinstance(found, Unsaid)
    assert reason.lower() in str(found).lower()


@pytest.mark.parametrize(
    ("choice", "configs", "field", "reason"),
    [
        (CHOICE, None, "setting", BEING_READ),
        ({}, FOUND, "setting", "Choose a value. There is settings/pageSize."),
        ({"value": "80"}, FOUND, "setting", "Choose a value. There is settings/pageSize."),
        ({}, replace(FOUND, found=(SIZE, TINT)), "setting", "There are settings/pageSize, settings/tint."),
        ({}, replace(FOUND, note="Not read: 3 of them."), "setting", "settings/pageSize. Not read: 3 of them."),
        ({**CHOICE, "setting": "settings/other"}, FOUND, "setting", "There is no value “settings/other”. There is"),
        ({**CHOICE, "setting": "pageSize"}, FOUND, "setting", "There is no value “pageSize”"),
        ({**CHOICE, "setting": TOKEN.name}, FOUND, "setting", "cannot be changed from here: it may be a secret."),
        ({"setting": SIZE.name}, FOUND, "value", "Give the new value. It is 50 now."),
        ({**CHOICE, "value": ""}, Configs(at(0), (replace(SIZE, value=""),)), "value", "It is empty now."),
        ({**CHOICE, "value": "50"}, FOUND, "value", "It has this value already."),
        ({**CHOICE, "value": "x" * (LONGEST + 1)}, FOUND, "value", f"at most {LONGEST}"),
        ({**CHOICE, "value": "a\nb"}, FOUND, "value", "several lines"),
        ({**CHOICE, "value": "a\u2028b"}, FOUND, "value", "several lines"),
        ({**CHOICE, "value": "--password=opensesame"}, FOUND, "value", BELONGS_ELSEWHERE),
    ],
)
def test_what_is_missing_is_asked_for_at_its_field(
    choice: dict[str, str], configs: Configs | None, field: str, reason: str
) -> None:
    found = judged(choice, configs)
    assert isinstance(found, Unsaid)
    assert (found.field, reason in str(found)) == (field, True), str(found)


@pytest.mark.parametrize(
    ("number", "said"), [(20, "key19."), (21, "key19 and 1 other."), (400, "key19 and 380 others.")]
)
def test_of_many_values_some_are_named(number: int, said: str) -> None:
    many = Configs(at(0), tuple(Setting("settings", f"key{one:02}", "1") for one in range(number)))
    assert str(judged({}, many)).endswith(f"settings/{said}")


def test_a_value_as_long_as_it_may_be_is_taken() -> None:
    assert isinstance(judged({**CHOICE, "value": "x" * LONGEST}), Plan)


@pytest.mark.parametrize(
    ("configs", "said"),
    [
        (Configs(at(0)), NONE_OFFERED),
        (Configs(at(0), (TOKEN,)), f"{NONE_OFFERED} Not offered: settings/apiToken: it may be a secret."),
        (Configs(at(0), note="no answer within 10 s"), f"{NONE_OFFERED} no answer within 10 s"),
    ],
)
def test_where_nothing_can_be_chosen_nothing_is_asked(configs: Configs, said: str) -> None:
    found = judged(configs=configs)
    assert not isinstance(found, Unsaid)
    assert str(found) == said


@pytest.mark.parametrize(
    ("configs", "said"),
    [
        (Configs(at(0), (SIZE,)), ""),
        (FOUND, "Not offered: settings/apiToken: it may be a secret."),
        (Configs(at(0), (SIZE,), "forbidden"), "forbidden"),
        (Configs(at(0), (TOKEN,), "forbidden"), "Not offered: settings/apiToken: it may be a secret. forbidden"),
    ],
)
def test_what_is_left_out_is_said(configs: Configs, said: str) -> None:
    assert not_offered(configs) == said


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({}, (SHARED,)),
        ({"choice": {**CHOICE, "value": "80 "}}, ("It begins or ends with a space.", SHARED)),
        ({"choice": {**CHOICE, "value": "\t80"}}, ("It begins or ends with a space.", SHARED)),
        (
            {"skip_analysis": True},
            ("The analysis is switched off (skipAnalysis): the value is promoted without any check.", SHARED),
        ),
    ],
)
def test_what_is_warned_of(given: dict[str, Any], warned: tuple[str, ...]) -> None:
    assert planned(**given).warnings == warned


def test_who_keeps_the_configmap_is_named_and_else_whoever_may() -> None:
    kept = Configs(at(0), (replace(SIZE, undone_by=("Flux (apps), when what it keeps says otherwise.",)),))
    assert planned(configs=kept).undone_by == ("Flux (apps), when what it keeps says otherwise.",)
    assert planned().undone_by == (UNLESS_GIVEN,)


@pytest.mark.parametrize(("replaced", "works"), [("50", True), ("60", False), ("", False)])
def test_it_is_bound_to_the_value_that_was_seen(replaced: str, works: bool) -> None:
    found = judged({**CHOICE, "replaced": replaced})
    assert isinstance(found, Plan) is works
    assert works or "to another value meanwhile" in str(found)


def test_what_was_written_by_an_earlier_attempt_is_no_reason_to_refuse() -> None:
    written = Configs(at(0), (replace(SIZE, value="80"),))
    plan = planned(choice={**CHOICE, "replaced": "80"}, configs=written)
    assert [one.done for one in plan.patches] == [True]


def test_no_value_is_in_what_is_kept_of_the_plan() -> None:
    plan = planned(choice={**CHOICE, "value": "8042"}, configs=Configs(at(0), (replace(SIZE, value="5042"),)))
    sent = [(one.says, one.told) for one in plan.patches]
    kept = repr([plan.effect, plan.users, plan.undone_by, plan.warnings, sent])
    assert "5042" not in kept
    assert "8042" not in kept


@pytest.mark.parametrize(
    ("act", "choice", "shown"),
    [
        (
            "config-value",
            {**CHOICE, "replaced": "50"},
            {"setting": "settings/pageSize", "value": HIDDEN, "replaced": HIDDEN},
        ),
        ("config-value", {"setting": "settings/pageSize"}, {"setting": "settings/pageSize"}),
        ("new-version", {"image": "app:2"}, {"image": "app:2"}),
        ("pause", {"value": "7"}, {"value": "7"}),
    ],
)
def test_who_only_looks_is_told_the_key_alone(act: str, choice: dict[str, str], shown: dict[str, str]) -> None:
    assert choice_for_all(act, choice) == shown


@pytest.mark.parametrize(
    ("tracked", "has"),
    [
        ({}, False),
        ({"secret/a": "0"}, False),
        ({"configmap/a": "0"}, True),
        ({"secret/a": "0", "configmap/b": "1"}, True),
    ],
)
def test_it_is_offered_where_a_configmap_is_tracked(tracked: dict[str, str], has: bool) -> None:
    assert has_configs(canary(tracked_configs=tracked)) is has


@pytest.mark.parametrize("value", ["", "--token=opensesame", "x" * (LONGEST + 1)])
def test_what_is_wrong_of_the_value_is_said_before_that_a_cluster_has_no_such_key(value: str) -> None:
    choice = {"setting": SIZE.name, "value": value}
    without = judged(choice, replace(FOUND, found=tuple(one for one in FOUND.found if one != SIZE)))
    unread = judged(choice, None)
    found = unsaid([without, unread, judged(choice)])
    assert found is not None
    assert found.field == "value"
    alone = unsaid([without, unread])
    assert alone is not None
    assert alone.field == "setting"


@pytest.mark.parametrize(
    ("values", "said"),
    [(("50", "60"), "Give the new value."), (("50", "50"), "Give the new value. It is 50 now.")],
)
def test_what_is_missing_in_several_clusters_is_said_so_that_it_is_true_of_all(
    values: tuple[str, ...], said: str
) -> None:
    found = [judged({"setting": SIZE.name}, Configs(at(0), (replace(SIZE, value=one),))) for one in values]
    assert str(unsaid(found)) == said


@pytest.mark.parametrize(
    ("other", "said"), [(TINT, "Choose a value."), (SIZE, "Choose a value. There is settings/pageSize.")]
)
def test_what_can_be_chosen_from_is_named_where_it_is_the_same_in_all_clusters(other: Setting, said: str) -> None:
    assert str(unsaid([judged({}, Configs(at(0), (one,))) for one in (SIZE, other)])) == said

"""Another value in a ConfigMap that Flagger tracks for the target: it begins a release of the same image."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rollouts.domain import configs
from rollouts.domain.commands import patches
from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.runs import ON_BLUE_UNTIL_CHECKED, no_run
from rollouts.domain.configs import LONGEST, Configs, Setting
from rollouts.domain.earlier import Difference
from rollouts.domain.observations import Canary
from rollouts.domain.phases import ANALYSING
from rollouts.domain.progress import next_tick
from rollouts.domain.redaction import HIDDEN
from rollouts.domain.rollout import RolloutState

ACT = Act.CONFIG_VALUE
SETTING, VALUE, REPLACED = "setting", "value", "replaced"
NONE_TRACKED = (
    "Flagger tracks no ConfigMap of it: its pods refer to none, or the tracking is switched off (in Flagger, or by the"
    " annotation flagger.app/config-tracking of the ConfigMap)."
)
BEING_READ = "Its ConfigMaps are being read."
GREEN_KEEPS_IT = (
    "A release runs. Green's pods would keep the old value, since another one in a ConfigMap restarts no pod:"
    " blue would get the new one unchecked."
)
FIRST_END = "Roll back first, or wait until the release has ended."
NONE_OFFERED = "None of its ConfigMaps has a value that can be changed from here."
SHARED = (
    "Whatever else uses this ConfigMap gets the value too, unchecked, when it reads it next."
    " Blue has a copy of its own."
)
UNLESS_GIVEN = (
    "Whatever applies the ConfigMap from Git or a pipeline, at its next round, unless it is given the value too."
)
MOST_NAMED = 20
"""Of the values that could be chosen, where none was."""
BELONGS_ELSEWHERE = (
    "It looks like a secret, and a ConfigMap keeps none: put it into a Secret, and let the pods refer to that."
)


def has_configs(canary: Canary) -> bool:
    return bool(configs.tracked(canary))


def config_value(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    if refusal := no_run(ACT, state):
        return refusal
    if not has_configs(state.canary):
        return Refusal(ACT, NONE_TRACKED)
    if state.canary.phase in ANALYSING:
        return Refusal(ACT, GREEN_KEEPS_IT, FIRST_END)
    found = wanted.configs
    if found is None:
        return Unsaid(ACT, BEING_READ, field=SETTING)
    if not found.offered:
        return Refusal(ACT, NONE_OFFERED, not_offered(found))
    chosen = next((one for one in found.offered if one.name == wanted.choice.get(SETTING, "")), None)
    if chosen is None:
        return _not_there(found, wanted.choice.get(SETTING, ""))
    value = wanted.choice.get(VALUE, "")
    if not value:
        return Unsaid(ACT, "Give the new value.", f"It is {chosen.value or 'empty'} now.", field=VALUE)
    if sentence := _trouble(chosen, value, wanted):
        return Unsaid(ACT, sentence, field=VALUE)
    if wanted.choice.get(REPLACED, chosen.value) != chosen.value:
        return Refusal(ACT, f"Somebody has set {chosen.name} to another value meanwhile.", "Look at it again.")
    return _plan(chosen, value, state, now)


def choice_for_all(act: str, choice: Mapping[str, str]) -> dict[str, str]:
    """As whoever sees the rollout gets it: no value of a ConfigMap, which only who may act is shown."""
    hidden = {VALUE, REPLACED} if act == ACT else set()
    return {name: HIDDEN if name in hidden else text for name, text in choice.items()}


def _plan(chosen: Setting, value: str, state: RolloutState, now: datetime) -> Plan:
    unchecked = "The analysis is switched off (skipAnalysis): the value is promoted without any check."
    spaced = ("It begins or ends with a space.",) if value != value.strip() else ()
    return Plan(
        ACT,
        (patches.setting(state.canary, chosen, value),),
        "A release with this value begins at Flagger's next tick; the image stays.",
        next_tick(state, now),
        ON_BLUE_UNTIL_CHECKED,
        undone_by=chosen.undone_by or (UNLESS_GIVEN,),
        warnings=(*((unchecked,) if state.canary.skip_analysis else ()), *spaced, SHARED),
        meant={REPLACED: chosen.value},
        differences=(Difference(chosen.name, chosen.value, value),),
    )


def _not_there(found: Configs, name: str) -> Unsaid:
    if not name:
        return Unsaid(ACT, "Choose a value.", _there_are(found), field=SETTING)
    why_not = next((one.why_not for one in found.found if one.name == name), "")
    if why_not:
        return Unsaid(ACT, f"“{name[:80]}” cannot be changed from here: {why_not}.", field=SETTING)
    return Unsaid(ACT, f"There is no value “{name[:80]}”.", _there_are(found), field=SETTING)


def _there_are(found: Configs) -> str:
    names = [one.name for one in found.offered]
    more = len(names) - MOST_NAMED
    others = f" and {more} other{'s' if more > 1 else ''}" if more > 0 else ""
    return f"There {'are' if names[1:] else 'is'} {', '.join(names[:MOST_NAMED])}{others}. {found.note}".strip()


def _trouble(chosen: Setting, value: str, wanted: Wanted) -> str:
    if len(value) > LONGEST:
        return f"It has {len(value)} characters, and at most {LONGEST} can be given from here."
    if len(value.splitlines()) > 1:
        return "It has several lines, and only one can be given from here."
    if configs.may_be_secret(chosen.key, value):
        return BELONGS_ELSEWHERE
    return "It has this value already." if value == chosen.value and REPLACED not in wanted.choice else ""


def not_offered(found: Configs) -> str:
    """What there is besides, and why it cannot be changed; empty where there is nothing."""
    left_out = "; ".join(f"{one.name}: {one.why_not}" for one in found.found if one.why_not)
    said = f"Not offered: {left_out}." if left_out else ""
    return f"{said} {found.note}".strip()

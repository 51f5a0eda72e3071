"""Open and close a gate of a load tester (flagger.md 5.4, 8.2; proven 17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rollouts.domain.commands.act import Act, Plan, Refusal, Unsaid, Wanted
from rollouts.domain.commands.binding import Binding
from rollouts.domain.commands.calls import Call
from rollouts.domain.commands.runs import FIRST_RESUME, ON_BLUE_UNTIL_CHECKED, on_green
from rollouts.domain.gates import ASKED_IN, CHECK, TO_PROMOTE, TO_START, Gate, gates_of, out_of_reach
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.phases import ANALYSING, RUNNING
from rollouts.domain.progress import moves_users, next_tick, skips, waits_for_pods
from rollouts.domain.rollout import Outcome, RolloutState

GATE, WAITS, APPROVES = "gate", "waits", "approves"
"""Names in a choice: which gate, and (kept with it) what the release waited for when it was opened, and which pod
template the target had then.
"""
FORGETS = ("The load tester, when it restarts: all of its gates are closed then.",)


def has_gates(canary: Canary) -> bool:
    """Also such as are out of reach: then the act says why."""
    return bool(gates_of(canary) or out_of_reach(canary))


def open_gate(wanted: Wanted, state: RolloutState, now: datetime) -> Plan | Refusal:
    act, gate = Act.OPEN_GATE, chosen(wanted, state.canary)
    if isinstance(gate, Refusal):
        return gate
    canary = state.canary
    if gate.rolls_back and (refusal := _rolls_nothing_back(canary)):
        return refusal
    held = gate.rolls_back or (gate.holds(canary) and not canary.suspended)
    if gate.holds(canary) and (refusal := _not_as_seen(wanted, state)):
        return refusal
    return Plan(
        act,
        (),
        f"It opens {gate.id}, asked {gate.asked}. {_effect_of_opening(gate, state)}",
        next_tick(state, now) if held else None,
        _users_of_opening(gate, state),
        undone_by=() if gate.rolls_back else FORGETS,
        warnings=_warnings_of_opening(gate, state, now),
        meant={GATE: gate.id, WAITS: canary.phase.value if held else "", APPROVES: _approved(gate, state)},
        calls=(_call(gate, canary, "open"),),
    )


def close_gate(wanted: Wanted, state: RolloutState, _now: datetime) -> Plan | Refusal:
    act, gate = Act.CLOSE_GATE, chosen(wanted, state.canary)
    if isinstance(gate, Refusal):
        return gate
    canary, warnings = state.canary, []
    if gate.is_asked(TO_PROMOTE) and canary.phase in ANALYSING and on_green(state):
        warnings.append("Users are on green and stay there while the promotion waits.")
    return Plan(
        act,
        (),
        f"It closes {gate.id}, asked {gate.asked}. {_effect_of_closing(gate)}",
        None,
        "Nothing by itself.",
        warnings=tuple(warnings),
        meant={GATE: gate.id, WAITS: ""},
        calls=(_call(gate, canary, "close"),),
    )


def chosen(wanted: Wanted, canary: Canary) -> Gate | Refusal:
    """Of a Canary with one gate that one, whether it is named or not."""
    gates, given = gates_of(canary), wanted.choice.get(GATE, "")
    if not gates:
        reason = " ".join(out_of_reach(canary)) or "None of its hooks asks for approval, so it has no gate."
        return Refusal(wanted.act, reason)
    found = next((gate for gate in gates if gate.id == given), None)
    if found is not None:
        return found
    if not given and len(gates) == 1:
        return gates[0]
    named = ", ".join(gate.id for gate in gates)
    said = f"It has no gate “{given[:120]}”, but {named}." if given else f"Choose a gate: {named}."
    return Unsaid(wanted.act, said, field=GATE)


def _rolls_nothing_back(canary: Canary) -> Refusal | None:
    act = Act.OPEN_GATE
    if canary.phase not in ANALYSING:
        reason = "An open gate rolls back, and no release is being analysed: the next one would be rolled back."
        return Refusal(act, reason)
    if skips(canary):
        return Refusal(act, "The analysis is switched off (skipAnalysis): the next tick promotes before it asks.")
    return Refusal(act, "It is suspended.", FIRST_RESUME) if canary.suspended else None


def _approved(gate: Gate, state: RolloutState) -> str:
    """What waits takes up whatever comes to the target meanwhile, and its status does not tell (flagger.md 5.3)."""
    return state.green.template if gate.holds(state.canary) and state.green is not None else ""


def _not_as_seen(wanted: Wanted, state: RolloutState) -> Refusal | None:
    seen, target = wanted.choice.get(APPROVES, ""), state.green
    if not seen or target is None or target.template == seen:
        return None
    return Refusal(wanted.act, f"Another version waits for it by now: {', '.join(target.images)}.", "Look at it again.")


def _call(gate: Gate, canary: Canary, verb: str) -> Call:
    opens, body = verb == "open", {"name": canary.name, "namespace": canary.namespace}
    says = f"{gate.id} {'opened' if opens else 'closed'}"
    return Call(gate.service, f"{gate.family}/{verb}", body, says, f"{gate.family}{CHECK}", opens)


def _effect_of_opening(gate: Gate, state: RolloutState) -> str:
    canary = state.canary
    if gate.rolls_back:
        return "Flagger rolls back at its next tick: green is scaled down, and the release ends as Failed."
    stays = "It stays open for later releases, until it is closed."
    if canary.suspended and canary.phase in RUNNING:
        return f"It is suspended: Flagger asks the gate after it is resumed. {stays}"
    if not gate.holds(canary):
        return f"Flagger finds it open when it asks. {stays}"
    if canary.phase is Phase.WAITING:
        return f"Flagger asks it at its next tick, and the release begins. {stays}"
    if on_green(state) or not moves_users(canary):
        return f"Flagger asks it at one of its next two ticks, and promotes green then. {stays}"
    moved = "Flagger asks it at one of its next two ticks, and moves all users to green then. A tick later it asks"
    return f"{moved} once more, and promotes green. {stays}"


def _effect_of_closing(gate: Gate) -> str:
    if gate.rolls_back:
        return "Flagger does not roll back for it any more."
    return "From now on Flagger finds it closed when it asks, and waits there until it is opened."


def _users_of_opening(gate: Gate, state: RolloutState) -> str:
    canary = state.canary
    if gate.rolls_back:
        return "Those on green are moved back to blue at that tick." if on_green(state) else "Nothing."
    if not gate.holds(canary):
        return "Nothing by itself."
    if canary.phase is Phase.WAITING:
        return ON_BLUE_UNTIL_CHECKED
    if on_green(state) or not moves_users(canary):
        return "They are on blue when it is promoted, which has the new version by then."
    return "They are moved to green, if it passes its check."


def _warnings_of_opening(gate: Gate, state: RolloutState, now: datetime) -> tuple[str, ...]:
    canary, found = state.canary, []
    if gate.rolls_back:
        found.append("Every later release is rolled back too, until the gate is closed.")
        if on_green(state):
            found.append("Users stay on green until that tick. Roll back moves them at once.")
        if waits_for_pods(state, now):
            found.append("Green is not ready, and Flagger asks for that first.")
    if gate.is_asked(TO_START) and gate.is_asked(TO_PROMOTE):
        found.append("The same gate is asked before a release starts and before it is promoted: this approves both.")
    asked = ASKED_IN.get(canary.phase, "")
    others = [hook.name for hook in canary.hooks if hook.type == asked and hook not in gate.hooks]
    if gate.holds(canary) and others:
        found.append(f"{' and '.join(others)} must agree too.")
    return tuple(found)


def followed(act: Act, choice: Mapping[str, str], binding: Binding, state: RolloutState) -> tuple[bool, str] | None:
    """Of a command that was accepted, which it is when the gate itself says that it is open or closed."""
    waited, canary, release = choice.get(WAITS, ""), state.canary, state.release
    if act is Act.CLOSE_GATE:
        return True, "The gate is closed."
    if not waited:
        return True, "The gate is open."
    gate = next((one for one in gates_of(canary) if one.id == choice.get(GATE)), None)
    if state.releases != binding.release or release is None:
        return False, "The next release has begun."
    rolled_back = gate is not None and gate.rolls_back
    if release.outcome is Outcome.FAILED:
        return rolled_back, "The release is rolled back." if rolled_back else "The release failed first."
    if canary.phase.value == waited or (rolled_back and release.outcome is Outcome.RUNNING):
        return None
    return not rolled_back, "The release was promoted first." if rolled_back else "The release has moved on."

"""What is said of acts and commands: the buttons, the dialog before the click, and how far a command has come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.domain.commands import Act, Call, Patch, Plan, config_value, earlier_version
from rollouts.domain.gates import is_held
from rollouts.domain.observations import Phase
from rollouts.domain.progress import next_tick
from rollouts.domain.rollout import RolloutState
from rollouts.models import Command, CommandState
from rollouts.queries.commands import Possible, is_open, may_be_cancelled

TITLES: dict[str, str] = {
    Act.ROLL_BACK: "Roll back",
    Act.SKIP_ITERATIONS: "Skip iterations",
    Act.PROMOTE_NOW: "Promote now",
    Act.PAUSE: "Pause",
    Act.RESUME: "Resume",
    Act.RETRY: "Retry",
    Act.NEW_VERSION: "New version",
    Act.CONFIG_VALUE: "Config value",
    Act.EARLIER_VERSION: "Earlier version",
    Act.RESTART_PODS: "Restart pods",
    Act.GREEN_TO_ZERO: "Green to 0",
    Act.OPEN_GATE: "Open gate",
    Act.CLOSE_GATE: "Close gate",
    Act.EDIT_POLICY: "Edit",
}
ASKED = {
    Act.NEW_VERSION: "New version of",
    Act.CONFIG_VALUE: "Another config value for",
    Act.EARLIER_VERSION: "Earlier version of",
    Act.RESTART_PODS: "Restart pods of",
    Act.GREEN_TO_ZERO: "Scale green to 0 replicas, of",
    Act.OPEN_GATE: "Open the gate of",
    Act.CLOSE_GATE: "Close the gate of",
}
"""Above the dialog, where the title alone would not read well before a name."""
BEING_READ = {Act.EARLIER_VERSION: earlier_version.BEING_READ, Act.CONFIG_VALUE: config_value.BEING_READ}
"""While the cluster is asked what there is to be chosen from."""
AT_A_TICK = frozenset(Act) - {Act.PAUSE, Act.RESUME, Act.RESTART_PODS, Act.CLOSE_GATE, Act.EDIT_POLICY}
"""Seen only when Flagger has ticked."""
DANGEROUS = frozenset({Act.ROLL_BACK, Act.PROMOTE_NOW})
IN_SIGHT = timedelta(hours=1)
"""A command that ended longer ago is folded away."""
WORDS = {state: state.label for state in CommandState}
BAD = frozenset({CommandState.REFUSED, CommandState.FAILED, CommandState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Button:
    act: Act
    title: str
    tone: str
    """`danger` is outlined, `primary` is the next sensible act."""
    why_not: str
    address: str = ""
    """Of the dialog; empty: that of the rollout itself."""
    policy: str = ""
    """The policy that it asks for, there."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`shape` and `tone` as those of phases."""

    name: str
    at: datetime | None
    shape: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One command."""

    command: Command
    title: str
    stages: tuple[Stage, ...]
    next_at: datetime | None
    """The tick it waits for."""
    cancellable: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """`said` is for whoever listens, and changes with `mark`."""

    in_sight: tuple[Line, ...]
    folded: tuple[Line, ...]
    mark: str
    said: str


@dataclass(frozen=True, slots=True)
class PatchWords:
    what: str
    form: str
    body: str
    is_call: bool = False
    """A Service is asked; else an object is patched."""


def title(act: str) -> str:
    return TITLES.get(act, act)


def buttons(found: Sequence[Possible], state: RolloutState | None) -> list[Button]:
    return [Button(one.act, TITLES[one.act], _tone(one, state), one.why_not) for one in found]


def _tone(one: Possible, state: RolloutState | None) -> str:
    if one.act is Act.ROLL_BACK:
        return "danger"
    return "primary" if not one.why_not and _is_next(one.act, state) else ""


def _is_next(act: Act, state: RolloutState | None) -> bool:
    """Whether it is the next best act."""
    if act is Act.OPEN_GATE:
        return state is not None and is_held(state.canary)
    phase = state.canary.phase if state is not None else Phase.UNSET
    begins = {Phase.FAILED: Act.RETRY, Phase.INITIALIZED: Act.NEW_VERSION}
    return act in (Act.RESUME, begins.get(phase))


def shown(commands: Sequence[Command], state: RolloutState | None, now: datetime) -> Shown:
    """`commands`: the newest first."""
    lines = [line(one, state, now) for one in commands]
    in_sight = tuple(one for one in lines if _in_sight(one.command, now))
    folded = tuple(one for one in lines if not _in_sight(one.command, now))
    newest = commands[0] if commands else None
    return Shown(
        in_sight,
        folded,
        f"{newest.pk} {newest.state}" if newest else "",
        f"{title(newest.act)}: {newest.get_state_display()}. {newest.sentence}" if newest else "",
    )


def _in_sight(command: Command, now: datetime) -> bool:
    return command.ended_at is None or now - command.ended_at < IN_SIGHT


def line(command: Command, state: RolloutState | None, now: datetime) -> Line:
    waits = command.state == CommandState.ACCEPTED and command.act in AT_A_TICK and state is not None
    return Line(
        command,
        title(command.act),
        _stages(command),
        next_tick(state, now) if waits and state else None,
        may_be_cancelled(command),
    )


def _stages(command: Command) -> tuple[Stage, ...]:
    if command.state == CommandState.WAITING:
        coming = (CommandState.REQUESTED, CommandState.ACCEPTED, CommandState.OBSERVED)
        waits = Stage(WORDS[CommandState.WAITING], command.requested_at, "ring", "run")
        return (waits, *(Stage(WORDS[one], None, "dot", "todo") for one in coming))
    accepted = command.accepted_at is not None
    found = [Stage("requested", command.requested_at, "check", "quiet")]
    if accepted:
        found.append(Stage(WORDS[CommandState.ACCEPTED], command.accepted_at, "check", "quiet"))
    if not is_open(command):
        bad = command.state in BAD
        shape = "cross" if bad else "close" if command.state == CommandState.CANCELLED else "check"
        found.append(Stage(command.get_state_display(), command.ended_at, shape, "bad" if bad else "quiet"))
        return tuple(found)
    left = (CommandState.OBSERVED,) if accepted else (CommandState.ACCEPTED, CommandState.OBSERVED)
    shapes = ("ring", "dot")
    return (
        *found,
        *(
            Stage(WORDS[one], None, shape, "run" if shape == "ring" else "todo")
            for one, shape in zip(left, shapes, strict=False)
        ),
    )


def plan_words(plan: Plan) -> list[PatchWords]:
    """Of all that it sends."""
    return [*map(patch_words, plan.written), *(_call(one) for one in plan.calls)]


def patch_words(patch: Patch) -> PatchWords:
    return _patch(patch.kind, patch.subresource, patch.namespace, patch.name, patch.form, patch.told)


def _call(one: Call) -> PatchWords:
    subresource = f"proxy{one.path}"
    return _patch("services", subresource, one.service.namespace, one.service.name, "application/json", dict(one.body))


def sent_words(command: Command) -> list[PatchWords]:
    """As they were sent."""
    return [
        _patch(one["kind"], one["subresource"], one["namespace"], one["name"], one["says"], one["body"])
        for one in command.patches
    ]


def _patch(kind: str, subresource: str, namespace: str, name: str, form: str, body: object) -> PatchWords:
    resource = f"{kind}/{subresource}" if subresource else kind
    place = f"{namespace}/{name}" if namespace else name
    said = json.dumps(body, indent=2, ensure_ascii=False)
    return PatchWords(f"{resource} {place}", form, said, is_call=kind == "services")

"""What is said of the policies of an application: their buttons, their clusters, how far their commands are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from rollouts import access
from rollouts.domain.commands import IN_PARTS, OF_ROLLOUTS_TOO, Act, Governed, Plan, Refusal
from rollouts.domain.earlier import Difference
from rollouts.domain.observations import Canary, Phase
from rollouts.domain.ownership import OwnerKind
from rollouts.domain.rollout import LiveSide
from rollouts.models import Application, Rollout
from rollouts.queries import commands, policies, removals, reversals, setting_up
from rollouts.queries.reversals import TurnedOn
from rollouts.services.act import Part
from rollouts.web import command_words, removal_words, reversal_words
from rollouts.web.command_words import Button, PatchWords
from rollouts.web.reversal_words import ReversalLine

SIDES = {
    LiveSide.BLUE: "on blue",
    LiveSide.GREEN: "on green",
    LiveSide.SPLIT: "on both sides",
    LiveSide.UNKNOWN: "not known where",
}


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy on the page of its application. `may_not`: why the person may not act on it."""

    name: str
    clusters: int
    suspended: bool
    skips: bool
    buttons: tuple[Button, ...]
    may_not: str
    reversals: tuple[ReversalLine, ...]
    """What is on for a while, and will be put back."""
    edits: bool = False
    """Whether the person may edit it."""
    copies: bool = False
    """Whether the person may see what it says, and edit some policy."""


@dataclass(frozen=True, slots=True)
class MemberWords:
    """One cluster in the dialog."""

    name: str
    phase: str
    users: str
    suspended: bool
    away: str
    then: tuple[str, ...] = ()
    """What happens there, where that is for each cluster another command."""
    differences: tuple[Difference, ...] = ()


def title(act: Act) -> str:
    """An earlier version is also asked for in each cluster, and is careful there."""
    return f"{command_words.TITLES[act]}, fast" if act in IN_PARTS else command_words.TITLES[act]


def members(
    governed: Governed, parts: Sequence[Part] = (), in_each: Mapping[int, str] | None = None
) -> list[MemberWords]:
    """`in_each` as in a plan."""
    found, by_cluster = [], {part.rollout.cluster_id: part for part in parts}
    for one in governed.members:
        canary: Canary | None = one.state.canary if one.state is not None else None
        phase = _phase(canary) if canary is not None else "no Canary of it"
        users = SIDES[one.state.live.side] if one.state is not None else ""
        words = MemberWords(one.name, phase, users, canary is not None and canary.suspended, one.away)
        said = (in_each or {}).get(one.cluster)
        words = replace(words, then=(said,)) if said else words
        found.append(_with_part(words, by_cluster.get(one.cluster)))
    return found


def said_once(those: Sequence[MemberWords]) -> tuple[tuple[str, ...], list[MemberWords]]:
    """What happens in every one of several clusters alike, and the clusters without it."""
    alike = len(those) > 1 and len({one.then for one in those}) == 1 and not any(one.differences for one in those)
    return (those[0].then, [replace(one, then=()) for one in those]) if alike else ((), list(those))


def _with_part(words: MemberWords, part: Part | None) -> MemberWords:
    if part is None:
        return words
    plan = part.judged
    if isinstance(plan, Refusal):
        return replace(words, then=(f"Left out: {plan}",))
    return replace(words, then=(plan.effect, *plan.warnings), differences=plan.differences)


def targets_undone_by(parts: Sequence[Part]) -> str:
    """Who may undo what is put on the targets, each said once."""
    said = [one for part in parts if isinstance(part.judged, Plan) for one in part.judged.undone_by]
    return " ".join(dict.fromkeys(said))


def patches_of(parts: Sequence[Part]) -> list[PatchWords]:
    """Of each cluster, by its name."""
    return [
        replace(words, what=f"{part.rollout.cluster.name}: {words.what}")
        for part in parts
        if isinstance(part.judged, Plan)
        for words in command_words.plan_words(part.judged)
    ]


def _phase(canary: Canary) -> str:
    return canary.phase_text if canary.phase is Phase.UNKNOWN else canary.phase or "not processed yet"


def section(person: access.Person, application: Application, now: datetime) -> dict[str, Any]:
    """For the page of the application. Of a policy that reaches clusters which the person does not see, only that it
    is there: what its commands say names its clusters.
    """
    found = policies.policies_of(application, now)
    seen = policies.seen_by(person, application, found)
    given = policies.commands_of(application, seen)
    names = {one.policy.name for one in seen}
    on = [one for one in reversals.of_policies(application) if one.policy in names] if names else []
    readable = tuple(islice(policies.commands_seen_by(person, application, now), policies.KEPT_IN_SIGHT))
    shown = command_words.shown(readable, None, now)
    removed = removals.of_application(person, application)
    of_commands = f"{application.generation}.{commands.version_of(readable)}"
    return {
        "removals": removal_words.lines(removed),
        "policies": [
            replace(
                _line(
                    one,
                    partial(policies.may_not, person, application, one),
                    policies.possible(one, given, now),
                    _of(one, on),
                    now,
                ),
                edits=policies.may_edit(person, application, one),
                copies=one in seen and access.may_edit_something(person),
            )
            for one in found
        ],
        "bare": setting_up.beside(person, application, now),
        "policies_shown": shown,
        "policies_version": f"{of_commands}.{reversals.version_of(on)}.{removals.version_of(removed)}",
        "policies_detailed": [
            one.pk for one in readable if policies.may_ask_for(person, one, policies.clusters_of(one, found))
        ],
    }


def through_policy(person: access.Person, one: Rollout, buttons: list[Button], now: datetime) -> list[Button]:
    """The buttons of a rollout; of what Kurator keeps in a policy they lead there, for all of its clusters."""
    application = one.application if one.owner_kind == OwnerKind.KURATOR else None
    governed = policies.governed(application, one.owner_name, now) if application is not None else None
    if application is None or governed is None:
        return buttons
    why_not = dict(policies.possible(governed, policies.commands_of(application, [governed]), now))
    may_not = partial(policies.may_not, person, application, governed)

    def led(button: Button) -> Button:
        if button.act not in why_not or button.act in OF_ROLLOUTS_TOO:
            return button
        address = reverse("policy-act", args=[application.pk, button.act.value])
        return replace(
            button,
            title=f"{button.title} in all clusters",
            why_not=may_not(button.act) or why_not[button.act],
            address=address,
            policy=governed.policy.name,
        )

    return [led(button) for button in buttons]


@dataclass(frozen=True, slots=True)
class Through:
    """A policy that an act in several clusters can be asked of instead, and the dialog for that."""

    name: str
    address: str


def instead(
    person: access.Person, application: Application, act: Act, choice: Mapping[str, str], now: datetime
) -> list[Through]:
    """For a new version: those whose `kustomization.images` can be given it, by a person who may."""
    if act is not Act.NEW_VERSION:
        return []
    address, told = reverse("policy-act", args=[application.pk, act.value]), {k: v for k, v in choice.items() if v}
    return [
        Through(one.policy.name, f"{address}?{urlencode({'policy': one.policy.name, **told})}")
        for one in policies.policies_of(application, now)
        if one.policy.kustomization is not None and not policies.may_not(person, application, one, act)
    ]


def _of(one: Governed, on: Sequence[TurnedOn]) -> list[TurnedOn]:
    return [each for each in on if each.policy == one.policy.name]


def _line(
    one: Governed, may_not_ask: Callable[[str], str], found: Sequence[tuple[Act, str]], on: Sequence[TurnedOn],
    now: datetime,
) -> PolicyLine:  # fmt: skip
    may_not = may_not_ask("")
    buttons = tuple(
        Button(
            act,
            title(act),
            "primary" if act is Act.RESUME and not why and not may_not else "",
            "" if may_not else may_not_ask(act) or why,
        )
        for act, why in found
    )
    policy, shown = one.policy, reversal_words.lines(on, now)
    return PolicyLine(policy.name, len(one.members), policy.suspended, policy.skips, buttons, may_not, shown)

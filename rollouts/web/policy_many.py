"""One change put into several policies, to look at before it is applied: of each what changes, whom it reaches and what
its clusters say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from rollouts import access, wiring
from rollouts.domain.commands import Act, Governed, Plan, Refusal
from rollouts.domain.errors import InvalidInput
from rollouts.domain.policies.copying import NotTaken
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.for_others import LeftOut, carried
from rollouts.models import Answer, Application, PolicyDraft
from rollouts.queries import policies, policy_fields
from rollouts.services import act as acts
from rollouts.web import policy_change, policy_words
from rollouts.web.people import person_of
from rollouts.web.policy_change import PolicyChange
from rollouts.web.policy_copy import words_of
from rollouts.web.policy_labels import LABELS, label_of
from rollouts.web.policy_review import TrialWords, is_awaited, trial_words
from rollouts.web.policy_words import MemberWords

SAYS_IT = "It says all of this already."
NO_PLACE = "Nothing of the change has a place in it."
CHANGED = "Somebody has changed it since you began. Look at it by itself."
APPLIED = "The change is applied to it already."
UNDER_WAY = "Another change of it is under way."
UNREAD = "What it says is not known here."


@dataclass(frozen=True, slots=True)
class Target:
    application: Application
    governed: Governed


@dataclass(frozen=True, slots=True)
class ManyPart:
    """One policy. `why_not`: it is left out, and why; else `value` is what its box sends once it can be applied."""

    target: Target
    keeper: str = ""
    why_not: str = ""
    not_taken: tuple[tuple[str, str], ...] = ()
    change: PolicyChange | None = None
    members: Sequence[MemberWords] = ()
    hints: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    plan: Plan | None = None
    trials: tuple[TrialWords, ...] = ()
    awaited: bool = False
    value: str = ""


def targets(person: access.Person, chosen: Iterable[tuple[int, str]], now: datetime) -> Iterator[Target]:
    """Those of them that the person may edit. Of what is not there, or not to be seen, nothing is told."""
    pairs = list(chosen)
    found = access.visible_applications(person).select_related("hub").filter(pk__in=[id for id, _ in pairs])
    known = found.in_bulk()
    of_each = policies.policies_of_several(known.values(), now)
    for id, name in pairs:
        one = known.get(id)
        governed = next((each for each in of_each.get(id, ()) if each.policy.name == name), None)
        if governed is None and one is not None and not one.workload:  # what it has become since
            governed = policies.governed(one, name, now)
        if one is not None and governed is not None and policies.may_edit(person, one, governed):
            yield Target(one, governed)


def parts(
    request: HttpRequest, first: Target, row: PolicyDraft, draft: Draft, others: Sequence[Target], mark: str,
    now: datetime,
) -> list[ManyPart]:  # fmt: skip
    """The policy that the change was begun with, and the others. Their clusters are asked by tasks, and nothing is
    written.
    """
    busy = acts.under_way([one.application for one in (first, *others)])
    made = [_first(request, first, row, draft, mark, now)]
    made += [_other(request, one, draft, mark, now) for one in others]
    return [_free(one, busy) for one in made]


def _free(one: ManyPart, busy: frozenset[tuple[int | None, str]]) -> ManyPart:
    key = one.target.application.pk, one.target.governed.policy.name
    return one if one.why_not or key not in busy else ManyPart(one.target, one.keeper, UNDER_WAY)


def _first(request: HttpRequest, one: Target, row: PolicyDraft, draft: Draft, mark: str, now: datetime) -> ManyPart:
    if row.command_id is not None:
        return _left(one, APPLIED)
    if row.base != one.governed.policy.rollout:
        return _left(one, CHANGED)
    if why := _may_not(person_of(request), one, draft):
        return _left(one, why)
    return _part(one, row, draft, (), mark, now)


def _may_not(person: access.Person, one: Target, draft: Draft) -> str:
    """Of one that the person may edit: why not so."""
    found = policies.may_not_govern(person, draft.edit, [member.cluster for member in one.governed.members])
    return found.said if found is not None else ""


def _other(request: HttpRequest, one: Target, draft: Draft, mark: str, now: datetime) -> ManyPart:
    current = one.governed.policy.rollout
    if current is None:
        return _left(one, UNREAD)
    found = carried(draft, current, policy_fields.known_to(one.application))
    if isinstance(found, LeftOut):
        wrong = found.wrong
        said = f"It would be wrong there. {label_of(wrong.field)}: {wrong.said}" if wrong else ""
        return _left(one, said or (NO_PLACE if found.not_taken else SAYS_IT), found.not_taken)
    try:
        row = acts.keep_draft(
            application=one.application, governed=one.governed, draft=found.draft, person=request.user, now=now
        )  # fmt: skip
    except InvalidInput as error:
        return _left(one, f"What you entered may hold a secret, and would be kept encrypted. {error}")
    return _part(one, row, found.draft, found.not_taken, mark, now)


def _left(one: Target, why: str, not_taken: Iterable[NotTaken] = ()) -> ManyPart:
    keeper = policy_change.keeper_words(one.governed.keeper)
    return ManyPart(one, keeper, why, tuple(words_of(not_taken)))


def _part(
    one: Target, row: PolicyDraft, draft: Draft, not_taken: Iterable[NotTaken], mark: str, now: datetime
) -> ManyPart:
    edit = draft.edit
    seen = acts.preview_of_many(application=one.application, governed=one.governed, draft=draft, mark=mark, now=now)
    if isinstance(seen.judged, Refusal):
        return _left(one, str(seen.judged), not_taken)
    trials = acts.ask_all(row=row, governed=one.governed, enqueue=wiring.enqueue, now=now)
    awaited = is_awaited(trials, row, now)
    refused = [trial.cluster.name for trial in trials if trial.answer == Answer.REFUSED]
    given: dict[str, Any] = {
        "keeper": policy_change.keeper_words(one.governed.keeper),
        "not_taken": tuple(words_of(not_taken)),
        "change": policy_change.change(one.governed, one.governed.policy.rollout, edit.after),
        "members": policy_words.members(one.governed),
        "hints": tuple((label_of(found.field), found.said) for found in edit.findings),
        "dropped": tuple(LABELS[each] for each in edit.dropped),
        "trials": tuple(trial_words(trial, one.application) for trial in trials),
    }
    if refused:
        return ManyPart(one, why_not=f"{', '.join(refused)} would not take it.", **given)
    return ManyPart(one, plan=seen.judged, awaited=awaited, value=f"{row.pk}:{seen.digest}", **given)


def chosen(
    person: access.Person, taken: Iterable[str], rows: dict[int, PolicyDraft], now: datetime
) -> Iterator[acts.ChosenPolicy]:
    """What was clicked, judged by what the person may at present. `rows` are the person's reviews. Raises
    CredentialError when one cannot be opened any more.
    """
    sentence = policies.sentence_of(Act.EDIT_POLICY)
    pairs = [(row.application_id, row.policy) for row in rows.values()]
    known = {(one.application.pk, one.governed.policy.name): one for one in targets(person, pairs, now)}
    for one in taken:
        number, _, digest = one.partition(":")
        row = rows.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
        if row is None:
            continue
        target = known.get((row.application_id, row.policy))
        may_not = sentence if target is None else _may_not(person, target, acts.draft_of(row))
        yield acts.ChosenPolicy(row, digest, may_not)

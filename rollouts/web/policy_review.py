"""What changes of a policy, to look at before it is applied: the change itself, what the clusters say of it, and the
button.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from rollouts import wiring
from rollouts.domain.commands import Act, Governed, Plan, Wanted
from rollouts.domain.errors import InvalidInput
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY, Edit
from rollouts.domain.policies.entering import Texts, shown
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.policies.reading import Obj
from rollouts.models import Answer, Application, DraftTrial, PolicyDraft
from rollouts.queries import reasons
from rollouts.services import act as acts
from rollouts.web import policy_change, policy_words
from rollouts.web.fragments import private, wants_fragment
from rollouts.web.people import person_of
from rollouts.web.policy_change import ChangeLine
from rollouts.web.policy_labels import LABELS, label_of
from rollouts.web.views.commands import REASON_LENGTH, mark_of_click

WAITED_FOR = timedelta(seconds=20)
"""From the review on, for members: what has not answered by then is applied without."""
TONES = {Answer.ACCEPTED: "good", Answer.REFUSED: "bad", Answer.UNKNOWN: "warn", Answer.AWAITED: ""}


@dataclass(frozen=True, slots=True)
class Given:
    """What a click brought that came to nothing: its words, and what was wrong, by the names of fields."""

    reason: str = ""
    typed: str = ""
    said: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialWords:
    name: str
    hub: bool
    answer: str
    tone: str
    said: str


def texts_of(edit: Edit) -> Texts:
    return {**shown(edit.after), STRATEGY: edit.strategy.value if edit.strategy else ""}


def review(
    request: HttpRequest, one: Application, governed: Governed, current: Obj | None, edit: Edit,
    meanwhile: Sequence[ChangeLine], given: Given | None = None, *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Of a change whose base is the policy as it is now."""
    change, texts = policy_change.change(governed, current, edit.after), texts_of(edit)
    context: dict[str, Any] = {
        "change": change,
        "meanwhile": meanwhile,
        "members": policy_words.members(governed),
        "texts": texts,
        "base": json.dumps(current),
        "dropped": [LABELS[name] for name in edit.dropped],
        "hints": [(label_of(found.field), found.said) for found in edit.findings],
        "meaning": meaning(edit.after),
    }
    if change.fields:
        now, draft = timezone.now(), Draft(current, texts)
        try:
            row = acts.keep_draft(
                application=one, policy=governed.policy.name, draft=draft, person=request.user, now=now
            )  # fmt: skip
        except InvalidInput as error:
            context["not_kept"] = str(error)
        else:
            context |= applying(request, one, governed, row, draft, now, given or Given())
    return page(request, "policy_review", one, governed, context, status=409 if meanwhile and status == 200 else status)


def applying(
    request: HttpRequest, one: Application, governed: Governed, row: PolicyDraft, draft: Draft, now: datetime,
    given: Given,
) -> dict[str, Any]:  # fmt: skip
    """For the part with the button."""
    wanted = Wanted(Act.EDIT_POLICY, mark_of_click(request), draft=draft)
    seen = acts.preview_policy(application=one, policy=governed.policy.name, wanted=wanted, now=now)
    trials = acts.ask_all(row=row, governed=governed, enqueue=wiring.enqueue, now=now)
    plan = seen.judged if seen is not None and isinstance(seen.judged, Plan) else None
    return {
        "draft": row,
        "seen": seen,
        "plan": plan,
        "refusal": seen.judged if seen is not None and plan is None else None,
        "trials": [trial_words(trial, one) for trial in trials],
        "awaited": is_awaited(trials, row, one, now),
        "refused": [trial.cluster.name for trial in trials if trial.answer == Answer.REFUSED],
        "given": given,
        "reason_wanted": reasons.wanted(person_of(request), [one], Act.EDIT_POLICY),
        "longest": REASON_LENGTH,
    }


def is_awaited(trials: Sequence[DraftTrial], row: PolicyDraft, one: Application, now: datetime) -> bool:
    missing = [trial.cluster_id for trial in trials if trial.answer == Answer.AWAITED]
    return one.hub_id in missing or (bool(missing) and row.made_at > now - WAITED_FOR)


def trial_words(trial: DraftTrial, one: Application) -> TrialWords:
    answer = Answer(trial.answer)
    return TrialWords(trial.cluster.name, trial.cluster_id == one.hub_id, answer.label, TONES[answer], trial.said)


def page(
    request: HttpRequest, what: str, one: Application, governed: Governed, given: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {
        **given,
        "what": f"rollouts/bits/{what}.html",
        "application": one,
        "policy": governed.policy.name,
        "bare": governed.policy.bare,
        "keeper": policy_change.keeper_words(governed.keeper),
        "clusters": len(governed.members),
        "section": "application",
    }
    template = context["what"] if wants_fragment(request) else "rollouts/policy_edit.html"
    return private(render(request, template, context, status=status))

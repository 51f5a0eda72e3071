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
from django.urls import reverse
from django.utils import timezone

from rollouts import wiring
from rollouts.domain.commands import Act, Governed, Plan, Wanted
from rollouts.domain.errors import InvalidInput
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.editing import STRATEGY, Edit
from rollouts.domain.policies.entering import Texts, shown
from rollouts.domain.policies.meaning import meaning
from rollouts.domain.policies.reading import Obj
from rollouts.models import Answer, Application, DraftTrial, PolicyDraft, Rollout
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
        now, draft = timezone.now(), Draft(current, texts, governed.layout)
        try:
            row = acts.keep_draft(
                application=one, governed=governed, draft=draft, person=request.user, now=now
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
    seen = previewed(one, governed, wanted, now)
    asked_of = one if governed.plain is None else Rollout.objects.get(pk=governed.plain)
    trials = acts.ask_all(row=row, governed=governed, enqueue=wiring.enqueue, now=now)
    plan = seen.judged if seen is not None and isinstance(seen.judged, Plan) else None
    return {
        "draft": row,
        "seen": seen,
        "plan": plan,
        "refusal": seen.judged if seen is not None and plan is None else None,
        "trials": [trial_words(trial, one) for trial in trials],
        "awaited": is_awaited(trials, row, now),
        "refused": [trial.cluster.name for trial in trials if trial.answer == Answer.REFUSED],
        "given": given,
        "reason_wanted": reasons.wanted(person_of(request), [asked_of], Act.EDIT_POLICY),
        "longest": REASON_LENGTH,
    }


def previewed(
    one: Application, governed: Governed, wanted: Wanted, now: datetime
) -> acts.PolicyPreview | None:  # fmt: skip
    if governed.plain is not None:
        return acts.preview_edit(governed=governed, wanted=wanted)
    return acts.preview_policy(application=one, policy=governed.policy.name, wanted=wanted, now=now)


def is_awaited(trials: Sequence[DraftTrial], row: PolicyDraft, now: datetime) -> bool:
    """Whether anybody still has to say something: the hub, and the cluster of a plain Canary, have to."""
    missing = [trial.cluster_id for trial in trials if trial.answer == Answer.AWAITED]
    if row.rollout_id is not None:
        return bool(missing)
    return row.application.hub_id in missing or (bool(missing) and row.made_at > now - WAITED_FOR)


def trial_words(trial: DraftTrial, one: Application) -> TrialWords:
    answer = Answer(trial.answer)
    return TrialWords(trial.cluster.name, trial.cluster_id == one.hub_id, answer.label, TONES[answer], trial.said)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the form is sent, the review applied, and whither one goes back."""

    form: str
    draft: str
    back: str


def addresses(one: Application, governed: Governed, draft: PolicyDraft | None = None) -> Addresses:
    of, id = ("policy", one.pk) if governed.plain is None else ("canary", governed.plain)
    back = reverse("application", args=[one.pk]) if governed.plain is None else reverse("rollout", args=[id])
    applied = reverse(f"{of}-draft", args=[id, draft.pk]) if draft is not None else ""
    return Addresses(reverse(f"{of}-edit", args=[id]), applied, back)


def page(
    request: HttpRequest, what: str, one: Application, governed: Governed, given: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {
        **given,
        "to": addresses(one, governed, given.get("draft")),
        "plain": governed.plain is not None,
        "canary": governed.policy.canary,
        "namespace": governed.policy.namespace,
        "where": governed.members[0].name if governed.plain is not None else "",
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

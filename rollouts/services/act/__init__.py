"""What people ask of rollouts: previewed and requested by a page, carried out by a worker, followed until it was seen.

Each stage is a conditional update of the command's row, so that no redelivery, second worker or crash loses or doubles
anything: what was interrupted is judged again on the cluster as it is then, where a patch that was made is recognised.
"""

from __future__ import annotations

from rollouts.services.act.asking import Changed, NotPossible, Preview, Unconfirmed, cancel, preview, request, want
from rollouts.services.act.batching import (
    BatchUnconfirmed,
    ChangedSince,
    Chosen,
    Pace,
    Part,
    preview_many,
    request_many,
    stop,
)
from rollouts.services.act.canary_edits import preview_edit, request_edit
from rollouts.services.act.carrying import carry_out
from rollouts.services.act.choosing import preview_exactly, preview_policy_exactly
from rollouts.services.act.configs import fetch_configs
from rollouts.services.act.drafts import ask_again, ask_all, draft_of, draft_of_command, keep_draft
from rollouts.services.act.earlier import being_read, being_read_in, fetch_versions, until_read, until_read_in
from rollouts.services.act.many_policies import ChosenPolicy, preview_of_many, request_policies, under_way
from rollouts.services.act.parts import begin_parts
from rollouts.services.act.policies import (
    PolicyChanged,
    PolicyPreview,
    PolicyUnconfirmed,
    preview_policy,
    request_policy,
)
from rollouts.services.act.putting_back import put_back
from rollouts.services.act.reasons import SAY_WHY, give_reason, not_theirs
from rollouts.services.act.reversing import look_after
from rollouts.services.act.settling import settle
from rollouts.services.act.trail import batch_on_behalf, batch_to_trail, of_the_reason, on_behalf, to_trail
from rollouts.services.act.trail import put_back as record_put_back
from rollouts.services.act.trying import look, try_out
from rollouts.services.act.turns import go_on, next_at

__all__ = [
    "SAY_WHY",
    "BatchUnconfirmed",
    "Changed",
    "ChangedSince",
    "Chosen",
    "ChosenPolicy",
    "NotPossible",
    "Pace",
    "Part",
    "PolicyChanged",
    "PolicyPreview",
    "PolicyUnconfirmed",
    "Preview",
    "Unconfirmed",
    "ask_again",
    "ask_all",
    "batch_on_behalf",
    "batch_to_trail",
    "begin_parts",
    "being_read",
    "being_read_in",
    "cancel",
    "carry_out",
    "draft_of",
    "draft_of_command",
    "fetch_configs",
    "fetch_versions",
    "give_reason",
    "go_on",
    "keep_draft",
    "look",
    "look_after",
    "next_at",
    "not_theirs",
    "of_the_reason",
    "on_behalf",
    "preview",
    "preview_edit",
    "preview_exactly",
    "preview_many",
    "preview_of_many",
    "preview_policy",
    "preview_policy_exactly",
    "put_back",
    "record_put_back",
    "request",
    "request_edit",
    "request_many",
    "request_policies",
    "request_policy",
    "settle",
    "stop",
    "to_trail",
    "try_out",
    "under_way",
    "until_read",
    "until_read_in",
    "want",
]

"""What a person has entered of a new Canary, kept until it is made: encrypted where it may hold a secret."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings

from rollouts.domain.new_canaries.making import Target, manifest, spec_of
from rollouts.domain.policies.concealing import concealed
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.layouts import PLAIN
from rollouts.models import NewCanary
from rollouts.models.one_offs import UNASKED, WORKED_ON
from rollouts.services.one_offs import asking
from rollouts.services.secrets import Cipher


def kept(draft: Draft) -> dict[str, Any]:
    """The fields of a row. Raises InvalidInput when it has to be sealed, and there is no key."""
    shown, texts = concealed(draft.texts), dict(draft.texts)
    sealed = "" if shown == texts else _cipher().encrypt(json.dumps(texts).encode())
    return {"base": dict(draft.base or {}), "texts": shown, "sealed": sealed}


def draft_of(row: NewCanary) -> Draft:
    """As it was entered. Raises CredentialError when the key that sealed it is gone."""
    texts = json.loads(_cipher().decrypt(row.sealed)) if row.sealed else row.texts
    return Draft(row.base, texts, PLAIN)


def manifest_of(row: NewCanary) -> dict[str, Any]:
    """What is sent; it may hold a secret. Raises CredentialError as `draft_of` does."""
    return manifest(Target.of(row.namespace, row.base), spec_of(draft_of(row)), row.mark)


def forget(now: datetime) -> None:
    """What was never asked for, and what was entered where nobody needs it any more."""
    asking.forget(NewCanary, now)
    NewCanary.objects.exclude(sealed="").exclude(state__in={*UNASKED, *WORKED_ON}).update(sealed="")


def _cipher() -> Cipher:
    return Cipher(settings.SECRET_KEYS)

"""A question is kept encrypted until it is answered: its address and its query may hold a secret."""

from __future__ import annotations

import json
from dataclasses import asdict

from django.conf import settings

from rollouts.domain.policies.trying import Question
from rollouts.services.secrets import Cipher


def seal(question: Question) -> str:
    """Raises InvalidInput without keys."""
    return Cipher(settings.SECRET_KEYS).encrypt(json.dumps(asdict(question)).encode())


def opened(sealed: str) -> Question:
    """Raises CredentialError when the key that sealed it is gone."""
    return Question(**json.loads(Cipher(settings.SECRET_KEYS).decrypt(sealed)))

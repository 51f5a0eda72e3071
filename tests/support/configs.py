"""What a task has read of the ConfigMaps that a target refers to."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import timezone

from rollouts.domain import memory
from rollouts.domain.configs import Configs, Setting
from rollouts.models import ObjectCopy, Rollout

SETTING = "checkout-settings/pageSize"
TRACKED = {"configmap/checkout-settings": "0123456789abcdef"}


def keep_configs(rollout: Rollout, value: str = "50", ago: timedelta = timedelta()) -> ObjectCopy:
    """Just now, or so long ago: one that can be changed, and one that may not."""
    found = (
        Setting("checkout-settings", "pageSize", value),
        Setting("checkout-settings", "apiToken", why_not="it may be a secret"),
    )
    now = timezone.now() - ago
    copy, _ = ObjectCopy.objects.update_or_create(
        rollout=rollout, kind="configmaps", name=rollout.target_name,
        defaults={"requested_at": now, "fetched_at": now, "text": json.dumps(memory.dump(Configs(now, found)))},
    )  # fmt: skip
    return copy

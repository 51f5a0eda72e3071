"""A policy that has no rollout yet, in the form of one that has."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from rollouts import access
from rollouts.domain.commands import Governed
from rollouts.domain.policies import creating
from rollouts.domain.policies.creating import Target
from rollouts.domain.policies.editing import Edit
from rollouts.domain.policies.entering import LARGEST
from rollouts.domain.policies.fields import RolloutPolicy
from rollouts.models import Application
from rollouts.queries import setting_up
from rollouts.queries.setting_up import Bare

KINDS = ("Deployment", "DaemonSet")
LONGEST_NAME = 253


def target_of(given: QueryDict, governed: Governed) -> Target | None:
    """What was picked, or typed; None while nothing was. Whether it is a name says the form."""
    namespace, name = (given.get(one, "").replace("\0", "").strip()[:LONGEST_NAME] for one in ("namespace", "workload"))
    if not name:
        return None
    kind, port = given.get("kind", ""), given.get("port", "")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 10 and int(port) <= LARGEST else None
    provider = setting_up.provider_of(governed)
    return Target(kind if kind in KINDS else KINDS[0], namespace, name, number, provider)


def begun(target: Target, governed: Governed) -> RolloutPolicy:
    """What the form says at first."""
    return creating.blue_green(target, governed.members[0].name if governed.members else "")


def judged(person: access.Person, one: Application, governed: Governed, edit: Edit) -> Edit:
    """With what the clusters say to it, as they were last read."""
    around = setting_up.around(person, Bare(one, governed), edit.after)
    return replace(edit, findings=(*edit.findings, *creating.findings(edit.after, around)))

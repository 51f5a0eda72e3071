"""One change that was asked of several policies, as far as a person may see what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts import access
from rollouts.domain.commands import Governed
from rollouts.models import Batch, Command
from rollouts.queries import policies


@dataclass(frozen=True, slots=True)
class PolicyBatch:
    """`commands` are those of policies all of whose clusters the person sees; `unseen` is the number of the others."""

    batch: Batch
    commands: tuple[Command, ...]
    unseen: int
    may_stop: bool


def find(person: access.Person, id: int, now: datetime) -> PolicyBatch | None:
    """None where there is none, or the person neither asked for it nor sees anything of it."""
    batch = Batch.objects.select_related("application").filter(pk=id, commands__rollout=None).distinct().first()
    if batch is None:
        return None
    commands = list(batch.commands.select_related("application__hub").order_by("id"))
    known = policies.policies_of_several([one.application for one in commands if one.application is not None], now)
    judged = [(one, *_may(person, one, known)) for one in commands]
    seen = tuple(one for one, sees, _ in judged if sees)
    asked = batch.person_id is not None and batch.person_id == person.pk
    if not seen and not asked:
        return None
    may_stop = asked or all(edits for *_, edits in judged)
    return PolicyBatch(batch, seen, len(commands) - len(seen), may_stop)


def _may(person: access.Person, command: Command, known: Mapping[int, Sequence[Governed]]) -> tuple[bool, bool]:
    """Whether the person sees it, and may have asked for it."""
    if command.application is None:
        return False, False
    clusters = policies.clusters_of(command, known[command.application.pk])
    sees = access.may_see_policy(person, command.application, clusters)
    return sees, policies.may_ask_for(person, command, clusters)

"""Tells every process when what a person may see may have changed: open streams of that person end at once.

Their pages come back a moment later and are judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone

from rollouts.domain.ports import ACCESS, Hint
from rollouts.models import Grant

HARMLESS = {"last_login", "first_name", "last_name", "email"}


def connect() -> None:
    """Once per process, when models are loaded."""
    people = get_user_model()
    user_logged_out.connect(_signed_out, dispatch_uid="streams-signed-out")
    post_save.connect(_saved, sender=people, dispatch_uid="streams-saved")
    post_delete.connect(_deleted, sender=people, dispatch_uid="streams-deleted")
    for field in ("groups", "user_permissions"):
        through = getattr(people, field).through
        m2m_changed.connect(_regrouped, sender=through, dispatch_uid=f"streams-{field}")
    # Before, since afterwards nobody knows who held it: of a deleted group, or of a grant given to somebody else.
    pre_delete.connect(_group_deleted, sender=Group, dispatch_uid="streams-group-deleted")
    pre_delete.connect(_granted, sender=Grant, dispatch_uid="streams-grant-deleted")
    pre_save.connect(_grant_changed, sender=Grant, dispatch_uid="streams-grant-changed")
    post_save.connect(_granted, sender=Grant, dispatch_uid="streams-granted")


def _signed_out(user: Any, **kwargs: Any) -> None:
    if user is not None:
        _end_streams([user.pk])


def _saved(instance: Any, created: bool, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    if not created and not (update_fields and update_fields <= HARMLESS):
        _end_streams([instance.pk])


def _deleted(instance: Any, **kwargs: Any) -> None:
    _end_streams([instance.pk])


def _regrouped(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any) -> None:
    if not reverse:
        _end_streams([instance.pk])
    elif action == "pre_clear":
        _end_streams(instance.user_set.values_list("pk", flat=True))
    else:
        _end_streams(pk_set or ())


def _group_deleted(instance: Group, **kwargs: Any) -> None:
    _end_streams(_members(instance.pk))


def _grant_changed(instance: Grant, **kwargs: Any) -> None:
    for before in Grant.objects.filter(pk=instance.pk):
        _granted(before)


def _granted(instance: Grant, **kwargs: Any) -> None:
    _end_streams([instance.person_id] if instance.person_id else _members(instance.group_id))


def _members(group: int | None) -> list[int]:
    return list(get_user_model().objects.filter(groups=group).values_list("pk", flat=True))


def _end_streams(people: Iterable[int]) -> None:
    from rollouts.wiring import change_feed  # noqa: PLC0415  (an adapter is chosen when there is something to say)

    version = int(timezone.now().timestamp() * 1000)
    if hints := [Hint(f"{ACCESS}{person}", version) for person in people]:
        transaction.on_commit(partial(change_feed().publish, hints))

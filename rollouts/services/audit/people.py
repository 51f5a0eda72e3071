"""Records what becomes of people, groups, grants and required reasons, whoever changes them: the admin site, a command,
code.

In the admin site entry and change are one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from rollouts.domain.redaction import HIDDEN
from rollouts.domain.trail import Act, Subject, SubjectKind
from rollouts.models import Grant, RequiredReason
from rollouts.services.audit.recording import record

COLUMNS = {
    SubjectKind.PERSON: ("username", "email", "is_active", "is_staff", "is_superuser", "password"),
    SubjectKind.GROUP: ("name",),
    SubjectKind.GRANT: ("holder", "role", "edits_policies", "thing"),
    SubjectKind.REQUIRED_REASON: ("role", "act"),
}
"""What an entry tells of. When somebody was last seen is no change."""
Columns = dict[str, Any]


def connect() -> None:
    """Once per process, when models are loaded."""
    people = get_user_model()
    for sender in (people, Group, Grant, RequiredReason):
        pre_save.connect(_look_at_what_was, sender=sender, dispatch_uid=f"audit-before-{sender.__name__}")
        post_save.connect(_saved, sender=sender, dispatch_uid=f"audit-saved-{sender.__name__}")
        post_delete.connect(_deleted, sender=sender, dispatch_uid=f"audit-deleted-{sender.__name__}")
    pre_delete.connect(_look_at_what_goes, sender=Grant, dispatch_uid="audit-before-deleted-Grant")
    for model, field in ((people, "groups"), (people, "user_permissions"), (Group, "permissions")):
        m2m_changed.connect(
            partial(_related, field),
            sender=getattr(model, field).through,
            weak=False,
            dispatch_uid=f"audit-{model.__name__}-{field}",
        )


def _subject(one: Model) -> Subject:
    if isinstance(one, Group):
        return Subject(SubjectKind.GROUP, one.name)
    if isinstance(one, Grant):
        return Subject(SubjectKind.GRANT, one.holder)
    if isinstance(one, RequiredReason):
        return Subject(SubjectKind.REQUIRED_REASON, str(one))
    return Subject(SubjectKind.PERSON, str(getattr(one, "username", one.pk)))


def _columns(one: Model) -> Columns:
    return {name: getattr(one, name) for name in COLUMNS[_subject(one).kind]}


def _look_at_what_was(sender: type[Model], instance: Any, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    concerned = update_fields is None or set(update_fields) & set(COLUMNS[_subject(instance).kind])
    known = sender._default_manager.filter(pk=instance.pk).first() if concerned and instance.pk is not None else None
    instance._audited_before = _columns(known) if known else None


def _saved(instance: Any, created: bool, raw: bool, **kwargs: Any) -> None:
    before, now = instance.__dict__.pop("_audited_before", None), _columns(instance)
    if raw:
        return
    if created:
        record(act=Act.ADD, subject=_subject(instance), patch=_shown(now))
    elif before is not None and (changed := [name for name in now if now[name] != before[name]]):
        patch = {"before": _shown(before, changed), "after": _shown(now, changed)}
        record(act=Act.CHANGE, subject=_subject(instance), patch=patch)


def _shown(columns: Columns, names: Iterable[str] | None = None) -> Columns:
    return {name: HIDDEN if name == "password" else columns[name] for name in (columns if names is None else names)}


def _look_at_what_goes(instance: Grant, **kwargs: Any) -> None:
    """Of what goes with something else the names are read while that is still there, and kept by the row."""
    _columns(instance)


def _deleted(instance: Model, **kwargs: Any) -> None:
    record(act=Act.REMOVE, subject=_subject(instance), patch=_shown(_columns(instance)))


WORDS = {"post_add": "added", "post_remove": "removed", "pre_clear": "removed"}


def _related(
    field: str,
    instance: Any,
    action: str,
    reverse: bool,
    model: type[Model],
    pk_set: set[int] | None,
    **kwargs: Any,
) -> None:
    """`user.groups.add(group)` and, in reverse, `group.user_set.add(user)`: an entry for each who has it or has it no
    longer.
    """
    if action not in WORDS:
        return
    if pk_set is not None:
        others = list(model._default_manager.filter(pk__in=pk_set))
    else:
        others = list(model._default_manager.filter(**{field: instance}) if reverse else getattr(instance, field).all())
    for owner, given in [(other, [instance]) for other in others] if reverse else [(instance, others)]:
        if given:
            patch = {field: {WORDS[action]: sorted(map(str, given))}}
            record(act=Act.CHANGE, subject=_subject(owner), patch=patch)

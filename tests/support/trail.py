"""The audit trail as somebody leaves it who has the database and no key."""

from __future__ import annotations

from typing import Any

from django.db import connection

from rollouts.domain.trail import Act, Subject, SubjectKind, digest
from rollouts.models import AuditEntry
from rollouts.services import audit
from rollouts.services.audit.content import content_of

TABLES = (AuditEntry._meta.db_table, "rollouts_auditcheckpoint")
CART = Subject(SubjectKind.ROLLOUT, "cart", "shop", "eu-west-1", "shop/cart", 4)


def write(number: int, **fields: Any) -> list[AuditEntry]:
    """So many entries."""
    return [audit.record(**{"act": Act.CHANGE, "subject": CART, "reason": f"act {n}", **fields}) for n in range(number)]


def unguard() -> None:
    """Takes the triggers away, as whoever owns the tables can; a test that is rolled back has them again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rollouts_audit%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")


def rewritten(number: int, **columns: Any) -> AuditEntry:
    """The entry with other content, and a hash that fits it."""
    entry = AuditEntry.objects.get(number=number)
    for name, value in columns.items():
        setattr(entry, name, value)
    entry.hash = digest(content_of(entry), entry.previous)
    entry.save()
    return entry

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kurator_ui.run.embedded import DEMO_PEOPLE
from kurator_ui.run.people import ensure_people
from rollouts import access
from rollouts.models import Grant


@pytest.mark.django_db
def test_each_of_the_demo_has_the_role_of_its_name_at_every_start(tmp_path: Path) -> None:
    for _ in range(2):
        ensure_people(tmp_path, DEMO_PEOPLE, roles=True)
        assert {(one.holder, one.role, one.covers) for one in Grant.objects.all()} == {
            (name, name, "everything") for name in ("viewer", "operator", "admin")
        }
        Grant.objects.update(role="viewer")


@pytest.mark.django_db
def test_the_first_administrator_of_an_installation_may_everything_without_a_grant(tmp_path: Path) -> None:
    ensure_people(tmp_path, ("admin",))
    assert access.may_administer(User.objects.get())
    assert not Grant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_update_leaves_those_who_saw_everything_their_sight() -> None:
    leaves = [node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] == "rollouts"]
    try:
        MigrationExecutor(connection).migrate([("rollouts", "0013_audit_trail")])
        User.objects.create_user("ann")
        User.objects.create_user("gone", is_active=False)
        User.objects.create_superuser("root")
    finally:
        MigrationExecutor(connection).migrate(leaves)
    assert [str(one) for one in Grant.objects.all()] == ["viewer on everything for ann"]

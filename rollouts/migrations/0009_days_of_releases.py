from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date
from typing import Any

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GRAIN = 10
ALIKE = (
    ("application", "hub"),
    ("cursor", "cluster"),
    ("curve", "release"),
    ("eventseen", "rollout"),
    ("measurement", "release"),
    ("objectcopy", "rollout"),
    ("release", "rollout"),
    ("rollout", "application"),
    ("rollout", "cluster"),
    ("routeseen", "cluster"),
    ("transition", "rollout"),
)
"""Models and foreign keys whose own index is the beginning of another one."""


def drop_indexes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """By name, since altering the field would make SQLite copy the whole table."""
    connection = schema_editor.connection
    for model, field in ALIKE:
        meta = apps.get_model("rollouts", model)._meta
        column = meta.get_field(field).column
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, meta.db_table)
        for name, about in found.items():
            if about["index"] and not about["unique"] and about["columns"] == [column]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    outcomes: dict[tuple[int, date], Counter[str]] = defaultdict(Counter)
    lasted: dict[tuple[int, date], Counter[int]] = defaultdict(Counter)
    releases = apps.get_model("rollouts", "Release").objects.using(alias)
    rows = releases.values_list("rollout__cluster_id", "outcome", "started_at", "ended_at")
    for cluster, outcome, started_at, ended_at in rows.iterator():
        key = cluster, started_at.astimezone(UTC).date()
        outcomes[key][outcome] += 1
        if outcome == "succeeded" and ended_at is not None:
            lasted[key][max(0, int((ended_at - started_at).total_seconds())) // GRAIN * GRAIN] += 1
    days = apps.get_model("rollouts", "DayOfReleases")
    days.objects.using(alias).bulk_create(
        (
            days(cluster_id=key[0], day=key[1], outcomes=dict(outcomes[key]), lasted=dict(lasted[key]))
            for key in sorted(outcomes)
        ),
        batch_size=1000,
    )


def parent(to: str, name: str, **more: Any) -> Any:
    given = {"on_delete": django.db.models.deletion.CASCADE, "db_index": False, **more}
    return models.ForeignKey(f"rollouts.{to}", related_name=name, **given)


class Migration(migrations.Migration):

    dependencies = [
        ("rollouts", "0008_order_of_applications"),
    ]

    operations = [
        migrations.AddField("curve", "thinned_at", models.DateTimeField(null=True)),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_indexes, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField("application", "hub", parent("cluster", "applications", null=True, blank=True)),
                migrations.AlterField("cursor", "cluster", parent("cluster", "cursors")),
                migrations.AlterField("curve", "release", parent("release", "curves")),
                migrations.AlterField("eventseen", "rollout", parent("rollout", "events")),
                migrations.AlterField("measurement", "release", parent("release", "measurements")),
                migrations.AlterField("objectcopy", "rollout", parent("rollout", "copies")),
                migrations.AlterField("release", "rollout", parent("rollout", "releases")),
                migrations.AlterField(
                    "rollout",
                    "application",
                    parent("application", "rollouts", null=True, on_delete=django.db.models.deletion.SET_NULL),
                ),
                migrations.AlterField("rollout", "cluster", parent("cluster", "rollouts")),
                migrations.AlterField("routeseen", "cluster", parent("cluster", "routes")),
                migrations.AlterField("transition", "rollout", parent("rollout", "transitions")),
            ],
        ),
        migrations.CreateModel(
            name="DayOfReleases",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("outcomes", models.JSONField(default=dict)),
                ("lasted", models.JSONField(default=dict)),
                ("cluster", parent("cluster", "days")),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="releases_by_day")],
                "constraints": [models.UniqueConstraint(fields=("cluster", "day"), name="one_row_per_day")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

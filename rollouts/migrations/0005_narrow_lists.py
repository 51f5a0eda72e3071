from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RUNNING = ("Waiting", "Progressing", "WaitingPromotion", "Promoting", "Finalising")


def settle(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rollouts = apps.get_model("rollouts", "Rollout").objects.using(schema_editor.connection.alias)
    rollouts.exclude(phase__in=RUNNING).update(settled_at=models.F("changed_at"))


def remember_release(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    releases = apps.get_model("rollouts", "Release").objects.using(schema_editor.connection.alias)
    running = releases.filter(ended_at__isnull=True, number=models.F("rollout__release_number"))
    for release in running.select_related("rollout").iterator():
        release.rollout.before_images = release.from_images
        release.rollout.trigger = release.trigger
        release.rollout.save(update_fields=["before_images", "trigger"])


class Migration(migrations.Migration):

    dependencies = [
        ("rollouts", "0004_application_troubles"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="rollout", name="rollout_lists"),
        migrations.AddField(
            model_name="rollout",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rollout",
            name="before_images",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="rollout",
            name="trigger",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.RunPython(remember_release, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="rollout",
            index=models.Index(
                fields=[
                    "rank",
                    "settled_at",
                    "severity",
                    "stuck_after",
                    "cluster",
                    "application",
                    "changed_at",
                    "namespace",
                    "name",
                    "phase",
                    "strategy",
                    "provider",
                    "owner_kind",
                    "search",
                    "deleted_at",
                    "id",
                ],
                condition=models.Q(("deleted_at__isnull", True)),
                name="rollout_lists",
            ),
        ),
    ]

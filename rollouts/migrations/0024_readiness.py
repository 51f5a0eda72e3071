
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0023_reversals_of_several_switches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Readiness",
            fields=[
                (
                    "cluster",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="readiness",
                        serialize=False,
                        to="rollouts.cluster",
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("light", models.CharField(blank=True, max_length=16)),
                ("lacking", models.PositiveSmallIntegerField(default=0)),
                ("findings", models.JSONField(default=list)),
                ("checked_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("tried_at", models.DateTimeField(null=True)),
                ("version", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ReadinessChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("prerequisite", models.CharField(max_length=32)),
                ("before", models.CharField(max_length=16)),
                ("after", models.CharField(max_length=16)),
                ("said", models.TextField()),
                (
                    "cluster",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readiness_changes",
                        to="rollouts.cluster",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["cluster", "-id"], name="readiness_changes")],
            },
        ),
    ]

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0024_readiness"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldsOfPolicies",
            fields=[
                (
                    "hub",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="fields_of_policies",
                        serialize=False,
                        to="rollouts.cluster",
                    ),
                ),
                ("places", models.JSONField(default=list)),
                ("read_at", models.DateTimeField()),
            ],
        ),
    ]

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0033_application_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="policydraft",
            name="rollout",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="drafts",
                to="rollouts.rollout",
            ),
        ),
    ]

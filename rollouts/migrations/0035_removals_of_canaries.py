from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0034_drafts_of_canaries"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="removal", name="one_open_removal_per_policy"),
        migrations.AddField(
            model_name="removal",
            name="rollout",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="removals",
                to="rollouts.rollout",
            ),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("rollout__isnull", True), ("state", "open")),
                fields=("application", "policy"),
                name="one_open_removal_per_policy",
            ),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("rollout",), name="one_open_removal_per_rollout"
            ),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(fields=["rollout", "-id"], name="removal_by_rollout"),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0029_inventories"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueryTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("question", models.JSONField(default=dict)),
                ("requested_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("good", models.BooleanField(default=False)),
                ("said", models.TextField(blank=True)),
                ("hint", models.TextField(blank=True)),
                (
                    "cluster",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="query_trials",
                        to="rollouts.cluster",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("cluster", "key"), name="one_trial_per_query")],
            },
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0026_policy_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="command",
            name="under",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="rollouts.command",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(fields=["under", "id"], name="command_by_whole"),
        ),
    ]

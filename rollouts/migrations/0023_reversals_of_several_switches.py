import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0022_blues_of_policies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="reversal",
            name="command",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reversals",
                to="rollouts.command",
            ),
        ),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.UniqueConstraint(fields=("command", "switch"), name="one_reversal_per_switch"),
        ),
    ]

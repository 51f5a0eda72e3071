from typing import Any

from django.db import migrations, models


def forget_unanswered(apps: Any, _: Any) -> None:
    """They are asked for again by whoever waits for them."""
    apps.get_model("rollouts", "QueryTrial").objects.filter(answered_at=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0031_policy_revisions"),
    ]

    operations = [
        migrations.RunPython(forget_unanswered, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="querytrial", name="question"),
        migrations.AddField(model_name="querytrial", name="sealed", field=models.TextField(blank=True)),
    ]

"""Releases have their first turn at their start; those that were stored before had none yet."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import F


def first_turns(apps: Any, schema_editor: Any) -> None:
    releases = apps.get_model("rollouts", "Release").objects.filter(measure_at=None, curves_kept_at=None)
    releases.update(measure_at=F("started_at"))


class Migration(migrations.Migration):
    dependencies = [("rollouts", "0006_summaries")]
    operations = [migrations.RunPython(first_turns, migrations.RunPython.noop)]

"""Brings an installation's database, static files and first people up to date."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from kurator_ui.run.passwords import Person
from kurator_ui.run.people import ensure_people


def prepare(state: Path, names: tuple[str, ...], *, roles: bool = False) -> list[Person]:
    settings.KUBECONFIG_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    return ensure_people(state, names, roles=roles)

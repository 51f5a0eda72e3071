"""`manage.py grants list | add | remove`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from rollouts.models import Application, Cluster, Covers, Grant, Role

THINGS = ("everything", "fleet", "cluster", "namespace", "application")
WITH_CLUSTER = (Covers.FLEET, Covers.NAMESPACE)


class Command(BaseCommand):
    help = "Say who may see and do what: list grants, give one or another role, take one away."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="does", required=True, metavar="list | add | remove")
        acts.add_parser("list", help="all grants, one a line")
        add = acts.add_parser("add", help="give a role; where there is one on the same thing it becomes this one")
        self._add_holder(add)
        add.add_argument("--role", choices=Role.values, required=True)
        add.add_argument("--edits-policies", action="store_true", help="which no role includes")
        self._add_thing(add)
        remove = acts.add_parser("remove", help="take away whatever role there is")
        self._add_holder(remove)
        self._add_thing(remove)

    def _add_holder(self, parser: CommandParser) -> None:
        holder = parser.add_mutually_exclusive_group(required=True)
        holder.add_argument("--person", type=_said, metavar="NAME")
        holder.add_argument("--group", type=_said, metavar="NAME")

    def _add_thing(self, parser: CommandParser) -> None:
        parser.add_argument("--everything", action="store_true")
        parser.add_argument("--fleet", type=_said, metavar="NAMESPACE/NAME", help="with --cluster: of that hub alone")
        parser.add_argument("--cluster", type=_said, metavar="NAME")
        parser.add_argument("--namespace", type=_said, metavar="NAME", help="with --cluster: in that one alone")
        parser.add_argument("--application", type=_said, metavar="NAMESPACE/NAME", help="or its id")

    def handle(self, *, does: str, **given: Any) -> None:
        options = {name: "" if value is None else value for name, value in given.items()}
        if does == "list":
            for one in Grant.objects.select_related("person", "group", "cluster", "application").order_by("pk"):
                self.stdout.write(f"{one}{', edits policies' if one.edits_policies else ''}")
            return
        meant = {**_holder(options), **_thing(options)}
        with transaction.atomic():
            known = Grant.objects.filter(**meant).first()
            if does == "remove":
                self._remove(known)
            else:
                self._add(known or Grant(**meant), options)

    def _remove(self, known: Grant | None) -> None:
        if known is None:
            raise CommandError("There is no such grant; `manage.py grants list` says which there are.")
        said = str(known)
        known.delete()
        self.stdout.write(f"Taken away: {said}.")

    def _add(self, grant: Grant, options: dict[str, Any]) -> None:
        grant.role, grant.edits_policies = options["role"], options["edits_policies"]
        try:
            grant.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        grant.save()
        self.stdout.write(f"Given: {grant}{', edits policies' if grant.edits_policies else ''}.")


def _said(value: str) -> str:
    """Refuses what is given and empty, as from a variable that is not set: the grant would reach too far."""
    if not value:
        raise ArgumentTypeError("it is empty; leave it out where nothing is meant")
    return value


def _holder(options: dict[str, Any]) -> dict[str, Any]:
    name = options["person"] or options["group"]
    if options["person"]:
        person = get_user_model().objects.filter(username=name).first()
        found: dict[str, Any] = {"person": person, "group": None}
    else:
        found = {"person": None, "group": Group.objects.filter(name=name).first()}
    if not any(found.values()):
        raise CommandError(f"There is no {'account' if options['person'] else 'group'} {name!r}.")
    return found


def _thing(options: dict[str, Any]) -> dict[str, Any]:
    """Every field, since of those that are empty there may be grants, too."""
    said = [name for name in THINGS if options[name]]
    kinds = [name for name in said if name != "cluster"] or said
    if len(kinds) != 1 or (len(said) > 1 and kinds[0] not in WITH_CLUSTER):
        ways = "--everything, --fleet, --cluster, --namespace or --application"
        raise CommandError(f"Say what it is on: {ways}. A fleet or a namespace may have --cluster beside it.")
    cluster = _cluster(options["cluster"]) if options["cluster"] else None
    application = _application(options["application"]) if options["application"] else None
    return {
        "covers": kinds[0], "fleet": options["fleet"], "cluster": cluster, "namespace": options["namespace"],
        "application": application,
    }  # fmt: skip


def _cluster(name: str) -> Cluster:
    found = Cluster.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no cluster {name!r}.")
    return found


def _application(place: str) -> Application:
    namespace, _, name = place.partition("/")
    by_id = place.isascii() and place.isdigit() and len(place) < 19
    known = Application.objects.select_related("hub").order_by("pk")
    found = list(known.filter(pk=int(place)) if by_id else known.filter(namespace=namespace, name=name))
    if not found:
        raise CommandError(f"There is no application {place!r}.")
    if len(found) > 1:
        each = ", ".join(f"{one.pk} ({one.hub.name if one.hub else 'plain Canaries'})" for one in found)
        raise CommandError(f"There are several applications {place}. Give the id of one: {each}.")
    return found[0]

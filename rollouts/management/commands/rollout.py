"""`manage.py rollout`: see and steer rollouts from a terminal or a pipeline, in the name of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rollouts import access, wiring
from rollouts.domain.authors import Author, acting, command_line
from rollouts.domain.errors import KuratorUIError
from rollouts.management import arguments, finding, requesting, telling
from rollouts.management.waiting import Exit, Pause, a_second, until_outcome
from rollouts.models import Rollout
from rollouts.queries import batches, clusters, commands, fleet, policies, rows
from rollouts.queries.filters import FleetFilter, Part, of_part
from rollouts.services import act as acts

A_READ = 500
TOO_LATE = "It was too late: it is being carried out already."
STOPPED_TOO_LATE = "It was too late: nothing of it is left to be stopped."


class Command(BaseCommand):
    help = "See and steer rollouts in the name of a person, who may exactly what that person may."

    def __init__(self, *args: Any, pause: Pause = a_second, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pause = pause

    def add_arguments(self, parser: CommandParser) -> None:
        arguments.add(parser)

    def handle(self, **options: Any) -> None:
        person = finding.person(options["who"] or settings.COMMAND_LINE_USER)
        author = Author(f"{person.get_username()}, by {command_line().name}", person.pk)
        words: dict[str, Callable[[Any, dict[str, Any]], None]] = {
            "list": self._list, "show": self._show, "watch": self._watch, "cancel": self._cancel, "stop": self._stop,
            "reason": self._say_why,
        }  # fmt: skip
        with acting(lambda: author):
            try:
                words.get(options["word"], self._act)(person, options)
            except KuratorUIError as error:
                raise CommandError(str(error), returncode=Exit.NOT_DONE) from error

    def _list(self, person: Any, options: dict[str, Any]) -> None:
        chosen = FleetFilter(
            clusters=tuple(options["cluster"]), namespaces=tuple(options["namespace"]),
            phases=tuple(options["phase"]), application=options["application"],
        )  # fmt: skip
        self._tell_rows(person, chosen, Part(options["part"]) if options["part"] else None)

    def _tell_rows(self, person: Any, chosen: FleetFilter, part: Part | None = None, **of: int) -> None:
        now = timezone.now()
        marks = {mark.id: mark for mark in clusters.marks(person, now)}
        selection = fleet.selected(person, chosen, marks).filter(**of)
        shown = of_part(selection, part, clusters.present(marks.values(), now))
        ids = list(shown.order_by("cluster__name", "namespace", "name").values_list("pk", flat=True))
        for start in range(0, len(ids), A_READ):
            for one in rows.by_ids(ids[start : start + A_READ], shown, marks, now):
                self.stdout.write(telling.columns(one))

    def _show(self, person: Any, options: dict[str, Any]) -> None:
        now = timezone.now()
        if options["application"]:
            one = finding.application(person, options["application"])
            self._tell_rows(person, FleetFilter(), application=one.pk)
            seen = policies.seen_by(person, one, policies.policies_of(one, now))
            asked = policies.commands_of(one, seen)
            for each in seen:
                for line in telling.policy_lines(each, asked, policies.may_not(person, one, each), now):
                    self.stdout.write(line)
            return
        rollout = finding.rollout(person, options["rollout"])
        newest = rollout.releases.order_by("-number").first()
        for line in telling.shown(rollout, newest, commands.may_not(person, rollout), now):
            self.stdout.write(line)

    def _watch(self, person: Any, options: dict[str, Any]) -> None:
        watched = self._watched(person, options)
        newest = {one.pk: one.releases.order_by("-number").values_list("number", flat=True).first() for one in watched}
        after = {id: number or 0 for id, number in newest.items()} if options["new"] else {}
        until_outcome(
            watched, wanted=options["until"], after=after, timeout=options["timeout"], pause=self.pause,
            tell=self.stdout.write,
        )  # fmt: skip

    def _watched(self, person: Any, options: dict[str, Any]) -> list[Rollout]:
        if not options["application"]:
            return [finding.rollout(person, options["rollout"])]
        found = list(batches.rollouts_of(person, finding.application(person, options["application"])))
        if not found:
            raise CommandError("It has no rollout in any cluster.", returncode=Exit.NOT_DONE)
        return found

    def _act(self, person: Any, options: dict[str, Any]) -> None:
        arguments.check(options)
        asked = requesting.Asked(
            act=options["act"], reason=options["reason"].strip(), confirm=options["confirm"],
            choice=dict(options["choose"]), dry_run=options["dry_run"],
            wait=options["timeout"] if options["wait"] else None, pause=self.pause, tell=self.stdout.write,
        )  # fmt: skip
        if not options["application"]:
            requesting.of_one(person, finding.rollout(person, options["rollout"]), asked)
            return
        one = finding.application(person, options["application"])
        if options["policy"]:
            requesting.of_policy(person, one, options["policy"], asked)
            return
        requesting.of_several(person, one, options["cluster"], arguments.pace(options), asked)

    def _cancel(self, person: Any, options: dict[str, Any]) -> None:
        now, one = timezone.now(), finding.command(person, options["id"])
        if sentence := commands.may_not_act_on(person, one, now):
            raise CommandError(sentence, returncode=Exit.NOT_DONE)
        if not acts.cancel(command=one, now=now, record=acts.to_trail, feed=wiring.change_feed()):
            raise CommandError(TOO_LATE, returncode=Exit.NOT_DONE)
        self.stdout.write("Cancelled.")

    def _say_why(self, person: Any, options: dict[str, Any]) -> None:
        now, one = timezone.now(), finding.command(person, options["id"])
        sentence = commands.may_not_act_on(person, one, now) or acts.give_reason(
            command=one, person=person, reason=options["reason"].strip(), now=now, record=acts.of_the_reason,
            feed=wiring.change_feed(),
        )  # fmt: skip
        if sentence:
            raise CommandError(sentence, returncode=Exit.NOT_DONE)
        self.stdout.write("The reason is kept.")

    def _stop(self, person: Any, options: dict[str, Any]) -> None:
        one = finding.batch(person, options["id"])
        if not batches.may_stop(person, one):
            raise CommandError(f"{batches.IN_SOME} {access.whom_to_ask()}", returncode=Exit.NOT_DONE)
        stopped = acts.stop(
            batch=one, sentence=f"Stopped by {person.get_username()}.", now=timezone.now(), record=acts.to_trail,
            record_batch=acts.batch_to_trail, feed=wiring.change_feed(),
        )  # fmt: skip
        if not stopped:
            raise CommandError(STOPPED_TOO_LATE, returncode=Exit.NOT_DONE)
        self.stdout.write("Stopped: what had not begun never will.")

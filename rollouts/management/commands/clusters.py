"""`manage.py clusters add | list | metrics | test | remove`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from rollouts import wiring
from rollouts.domain.errors import InvalidInput, KuratorUIError
from rollouts.domain.ports import Hint
from rollouts.models import Cluster
from rollouts.services import clusters
from rollouts.services.clusters.ways import read_limited


class Command(BaseCommand):
    help = "Add, list, test and remove the clusters whose rollouts are watched."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="add | list | metrics | test | remove")
        add = acts.add_parser("add", help="watch a cluster, or give a watched one another kubeconfig")
        add.add_argument("name")
        way = add.add_mutually_exclusive_group(required=True)
        way.add_argument("--kubeconfig", type=Path, metavar="FILE", help="with data only: no programs, no file names")
        way.add_argument("--in-cluster", action="store_true", help="the service account of the pod this runs in")
        add.add_argument("--context", default="", help="of the kubeconfig; else its current one")
        add.add_argument("--hub", action="store_true", help="a Kurator hub, whose Fleets give more clusters")
        self._add_metrics_arguments(add)
        add.add_argument(
            "--namespace", action="append", default=[], dest="namespaces", metavar="NS",
            help="only this one (repeat it), for an account without rights in the whole cluster",
        )  # fmt: skip
        add.add_argument(
            "--insecure-skip-tls-verify", action="store_true", dest="insecure",
            help="accept a kubeconfig that does not check certificates; of a hub, its members' too",
        )  # fmt: skip
        add.add_argument("--store", action="store_true", help="keep an encrypted copy instead of referring to the file")
        acts.add_parser("list", help="all clusters and how they are")
        metrics = acts.add_parser(
            "metrics",
            help="say anew where the values of checks are, of a hub's member too; what is not given is forgotten",
        )
        metrics.add_argument("name")
        self._add_metrics_arguments(metrics)
        test = acts.add_parser("test", help="reachability, versions and missing permissions of a cluster")
        test.add_argument("name")
        remove = acts.add_parser("remove", help="forget a cluster with its rollouts and their history")
        remove.add_argument("name")
        remove.add_argument("--yes", action="store_true", help="do not ask")

    def _add_metrics_arguments(self, act: CommandParser) -> None:
        act.add_argument(
            "--prometheus", default="", metavar="URL",
            help="where the values of checks are; else the address Flagger uses, through the API server",
        )  # fmt: skip
        act.add_argument("--prometheus-user", default="", metavar="NAME", help="else the secret is a bearer token")
        act.add_argument(
            "--prometheus-secret-file",
            type=Path,
            metavar="FILE",
            help="holds the password or token; it is stored encrypted",
        )
        act.add_argument(
            "--allow-metrics", nargs="+", default=[], metavar="ORIGIN",
            help="addresses that Canaries and MetricTemplates name and that may be reached directly",
        )  # fmt: skip

    def handle(self, *, act: str, **options: Any) -> None:
        if Cluster._meta.db_table not in connection.introspection.table_names():
            raise CommandError(
                "There is no database yet: start the dashboard once (`make run`), or `manage.py migrate`."
            )
        acts = {
            "add": self._add,
            "list": self._list,
            "metrics": self._metrics,
            "test": self._test,
            "remove": self._remove,
        }
        try:
            acts[act](options)
        except KuratorUIError as error:
            raise CommandError(str(error)) from None

    def _add(self, options: dict[str, Any]) -> None:
        added = clusters.add(
            name=options["name"],
            ways=wiring.ways(),
            kubeconfig=None if options["in_cluster"] else options["kubeconfig"],
            context=options["context"],
            hub=options["hub"],
            metrics=_metrics_given(options),
            namespaces=options["namespaces"],
            allow_insecure=options["insecure"],
            store=options["store"],
        )
        self._tell_pages()
        if added.replaced:
            self._done(f"{added.cluster} was known already and is reached with the new kubeconfig now.")
        elif added.warning:
            self.stdout.write(
                self.style.WARNING(f"Added {added.cluster}, but it cannot be reached now. {added.warning}")
            )
        else:
            self._done(f"Added {added.cluster}. `manage.py clusters test {added.cluster}` tells what it lacks.")

    def _list(self, options: dict[str, Any]) -> None:
        present = Count("rollouts", filter=Q(rollouts__deleted_at=None))
        rows = list(Cluster.objects.select_related("hub").annotate(present=present))
        if not rows:
            self.stdout.write("No clusters yet. `manage.py clusters add NAME --kubeconfig FILE` adds one.")
            return
        lines = [("NAME", "KIND", "STATE", "ROLLOUTS", "KUBERNETES", "FLAGGER", "REASON")]
        lines += [
            (
                row.name,
                "hub" if row.is_hub else f"of {row.hub}" if row.hub else "plain",
                "left" if row.left_at else row.state,
                str(row.present),
                row.server_version or "-",
                row.flagger_version or "-",
                row.reason,
            )
            for row in rows
        ]
        widths = [max(len(line[column]) for line in lines) for column in range(6)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, [*widths, 0], strict=True))
            self.stdout.write("  ".join(cells).rstrip())

    def _metrics(self, options: dict[str, Any]) -> None:
        cluster = self._cluster(options["name"])
        clusters.set_metrics(cluster=cluster, cipher=wiring.ways().cipher, metrics=_metrics_given(options))
        self._test_metrics(cluster)

    def _test(self, options: dict[str, Any]) -> None:
        cluster = self._cluster(options["name"])
        report = clusters.test(cluster=cluster, ways=wiring.ways(), now=timezone.now())
        if report.facts is not None:
            self._done(f"{cluster} is reachable.")
            self.stdout.write(f"Kubernetes  {report.facts.server_version or 'unknown'}")
            self.stdout.write(f"Flagger     {report.facts.flagger_version or 'not found'}")
            self.stdout.write(f"Provider    {report.facts.mesh_provider or 'unknown'}")
            self._test_metrics(cluster)
        for word, found in (
            ("Not installed", report.absent),
            ("Missing permission", report.missing),
            ("Missing for acting", report.missing_for_acting),
            ("Missing for gates", report.missing_for_gates),
            ("Missing for removing rollouts", report.missing_for_removing),
            ("Missing for setting up blue/green", report.missing_for_setting_up),
            ("Missing for making Canaries", report.missing_for_creating),
            ("Missing for making and deleting Applications", report.missing_for_applications),
            ("Missing for config values", report.missing_for_config_values),
        ):
            for one in found:
                self.stdout.write(self.style.WARNING(f"{word}: {one}"))
        if report.problem:
            raise CommandError(report.problem)
        if report.missing:
            raise CommandError(f"{len(report.missing)} permissions are missing; deploy/rbac/ grants them.")
        self._say_what_grants_it(report)

    def _say_what_grants_it(self, report: clusters.Report) -> None:
        if report.missing_for_acting:
            self.stdout.write("Everything can be seen, but not every act works; deploy/rbac/acting.yaml grants them.")
        if report.missing_for_gates:
            self.stdout.write("Not every gate can be opened; deploy/rbac/gates.yaml says how that is granted.")
        if report.missing_for_removing:
            self.stdout.write("No rollout of a policy can be removed; deploy/rbac/removing.yaml grants that.")
        if report.missing_for_setting_up:
            self.stdout.write("Not everything is offered to set up; deploy/rbac/ grants what is missing.")
        if report.missing_for_creating:
            self.stdout.write("No Canary is made; deploy/rbac/creating.yaml grants that.")
        if report.missing_for_applications:
            self.stdout.write("No Application is made or deleted; deploy/rbac/applications.yaml grants that.")
        if report.missing_for_config_values:
            self.stdout.write("No value of a ConfigMap can be changed; deploy/rbac/configs.yaml grants that.")
        if not report.is_missing_something:
            self.stdout.write("No permission is missing.")

    def _test_metrics(self, cluster: Cluster) -> None:
        found = clusters.try_metrics(cluster=cluster, open_metrics=wiring.open_metrics)
        if found is None:
            return
        self.stdout.write(f"Metrics     {found.source or 'no source'}")
        if found.problem:
            self.stdout.write(self.style.WARNING(f"No value of a check can be read. {found.problem}"))
        else:
            self.stdout.write(f"A query works. {found.check or 'There is no rollout with a check to ask for yet.'}")
        if found.doubts:
            self.stdout.write(self.style.WARNING(found.doubts))

    def _remove(self, options: dict[str, Any]) -> None:
        cluster = self._cluster(options["name"])
        for left_on in clusters.left_on_without(cluster):
            self.stdout.write(self.style.WARNING(f"Once it is removed nobody turns this off: {left_on}."))
        if not options["yes"] and sys.stdin.isatty():
            answer = input(f"Forget {cluster} with its {cluster.rollouts.count()} rollouts and their history? [y/N] ")
            if answer.strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was removed.")
        rollouts = clusters.remove(cluster=cluster)
        self._tell_pages()
        self._done(f"Removed {cluster} and {rollouts} rollouts.")

    def _cluster(self, name: str) -> Cluster:
        cluster = Cluster.objects.select_related("hub").filter(name=name).first()
        if cluster is None:
            raise CommandError(f"There is no cluster {name}. `manage.py clusters list` names them.")
        return cluster

    def _done(self, sentence: str) -> None:
        self.stdout.write(self.style.SUCCESS(sentence))

    def _tell_pages(self) -> None:
        wiring.change_feed().publish([Hint("fleet", int(timezone.now().timestamp() * 1000))])


def _metrics_given(options: dict[str, Any]) -> clusters.MetricsGiven:
    """Raises InvalidInput."""
    file: Path | None = options["prometheus_secret_file"]
    secret = read_limited(file).decode(errors="replace").strip() if file else ""
    if file and not secret:
        raise InvalidInput(f"{file} is empty.")
    return clusters.MetricsGiven(
        options["prometheus"], options["prometheus_user"], secret, tuple(options["allow_metrics"])
    )

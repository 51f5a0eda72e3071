"""Looks at one rollout of the demo fleet through the product's own adapters and rules, by the fleet's virtual clock."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.adapters.kubernetes.kubeconfig import credential_from_kubeconfig
from rollouts.adapters.prometheus.source import PrometheusSource
from rollouts.domain.asking import askings, templates_of
from rollouts.domain.causes import Cause, Kurator, Measured, Situation, Surroundings, causes, last_failure
from rollouts.domain.causes.novalues import NO_SUCH_METRIC, probe_of
from rollouts.domain.changes import unready
from rollouts.domain.checks import Verdict, judge
from rollouts.domain.errors import MetricsError, NotFound, Unreachable
from rollouts.domain.kurator import Application, concerning, entry_of
from rollouts.domain.metrics import Asking, ClusterMetrics
from rollouts.domain.observations import Canary, Deleted, Event, Kind, Observation, Workload
from rollouts.domain.pods import Pods
from rollouts.domain.ports import ClusterFacts
from rollouts.domain.replay import Key, Replay
from rollouts.services.observe import pods


def connect(fleet: DemoFleet, cluster: str) -> KubernetesConnection:
    return KubernetesConnection(credential_from_kubeconfig(fleet.kubeconfig(cluster, "viewer").read_bytes()))


class Looker:
    """Each look reads what the observer would read, and folds it."""

    def __init__(self, fleet: DemoFleet, cluster: str, rollout: str) -> None:
        self.fleet, self.cluster = fleet, cluster
        self.namespace, _, self.name = rollout.partition("/")
        self.connection = connect(fleet, cluster)
        self.hub = connect(fleet, "hub")
        self.replay = Replay()
        self.seen_at = self.now()
        self.without_metrics = False
        self.unreachable: tuple[str, ...] = ()

    def close(self) -> None:
        self.connection.close()
        self.hub.close()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fleet.call(self.fleet.fleet.clock.now), UTC)

    def look(self) -> tuple[Cause, ...]:
        now = self.now()
        try:
            facts = self.connection.facts()
        except Unreachable as error:
            return self._judged(now, Surroundings(self.cluster, self.seen_at, str(error)), ())
        self.seen_at = now
        events = self._fold(now)
        cluster = Surroundings(
            self.cluster,
            flagger_version=facts.flagger_version,
            flagger_ready=facts.flagger_ready,
            provider=facts.mesh_provider,
            probed_at=now,
        )
        return self._judged(now, cluster, events, self._measured(facts, now))

    def _fold(self, now: datetime) -> tuple[Event, ...]:
        """The Canary and its Events as they are watched; the sides and their pods as they are read."""
        seen: list[Observation | None] = [self._get(Kind.CANARY, self.name), self._get(Kind.VIRTUAL_SERVICE, self.name)]
        sides = [self._get(Kind.DEPLOYMENT, name) for name in (self.name, f"{self.name}-primary")]
        seen += sides
        seen += [pods.read(self.connection, one, now) for one in sides if isinstance(one, Workload) and unready(one)]
        listed = (one for page in self.connection.list(Kind.EVENT, self.namespace) for one in page.observations)
        events = [one for one in listed if isinstance(one, Event) and one.canary == self.name]
        events.sort(key=lambda event: event.last_at or now)
        for one in [*seen, *events]:
            if one is not None:
                self._apply(one, now)
        return tuple(reversed(events))

    def _get(self, kind: Kind, name: str) -> Observation | None:
        try:
            return self.connection.get(kind, self.namespace, name)
        except NotFound:
            return Deleted(kind, self.namespace, name, uid="")

    def _apply(self, seen: Observation, now: datetime) -> None:
        if isinstance(seen, Pods):  # no recording holds them
            self.replay._apply(self._key(), seen, now, False)
        else:
            self.replay.fold(self.cluster, seen, seen_at=now)

    def _key(self) -> Key:
        return Key(self.cluster, self.namespace, self.name)

    def _measured(self, facts: ClusterFacts, now: datetime) -> tuple[Measured, ...]:
        state = self.replay.states[self._key()]
        if self.without_metrics or not state.running:
            return ()
        canary = state.canary
        known = ClusterMetrics(
            flag=facts.metrics_server, flagger_namespace=facts.flagger_namespace, provider=facts.mesh_provider
        )
        templates = {}
        for key in templates_of(canary):
            try:
                templates[key] = self.connection.metric_template(*key)
            except NotFound:
                continue
        found = [self._asked(asking, now) for asking in askings(canary, templates, known)]
        return tuple(one for one in found if one is not None)

    def _asked(self, asking: Asking, now: datetime) -> Measured | None:
        if asking.place is None or asking.unreadable:
            return None
        source = PrometheusSource(asking.place.address, partial(self.connection.proxied, asking.place))
        values = []
        try:
            for query in (asking.green, asking.blue):
                answer = source.instant(query, now) if query else None
                values.append(answer.series[-1].samples[-1][1] * asking.scale if answer and answer.series else None)
        except (MetricsError, NotFound) as error:
            return Measured(asking.check.name, now, None, None, Verdict.UNREADABLE, str(error))
        probe = probe_of(asking.green)
        nowhere = values == [None, None] and probe and not source.instant(probe, now).series
        verdict = judge(asking.check, values[0])
        return Measured(asking.check.name, now, values[0], values[1], verdict, NO_SUCH_METRIC if nowhere else "")

    def _judged(
        self, now: datetime, cluster: Surroundings, events: tuple[Event, ...], measured: tuple[Measured, ...] = ()
    ) -> tuple[Cause, ...]:
        key = self._key()
        state, timeline = self.replay.states[key], self.replay.timelines[key]
        return causes(
            Situation(
                state=state,
                now=now,
                events=events,
                measured=measured,
                cluster=cluster,
                kurator=self._kurator(state.canary),
                failure=last_failure(timeline.of(state.releases)),
                workloads_at=now,
            )
        )

    def _kurator(self, canary: Canary) -> Kurator | None:
        """From the Application of the same name on the hub, as observers of hubs read it."""
        if not canary.policy:
            return None
        found = self.hub.get(Kind.APPLICATION, "default", canary.name)
        assert isinstance(found, Application)
        entry = entry_of(canary.policy, "AttachedCluster", self.cluster)
        return Kurator(f"default/{found.name}", concerning(found.troubles, canary.policy, entry), self.unreachable)

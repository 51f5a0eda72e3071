"""Flagger in the cluster, and the plugin of the Fleet that puts it there."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.kurator import Fleet
from rollouts.domain.observations import Canary
from rollouts.domain.readiness.finding import Finding, Point, Prerequisite, lacking, needless, ready, unknown
from rollouts.domain.readiness.least import at_least
from rollouts.domain.readiness.seen import Controller, Part, Seen, Unread

BREAKS_OFF = "1.36.1"
"""From here on a release that never becomes ready ends by itself (flagger.md 12)."""
INSTALL = "Turn on the rollout plugin of its Fleet (spec.plugin.flagger), or install Flagger's chart."


def flagger(seen: Seen) -> Finding:
    return Finding(Prerequisite.FLAGGER, tuple(_flagger(seen)))


def _flagger(seen: Seen) -> Iterator[Point]:
    found = seen.flagger
    if isinstance(found, Unread):
        yield unknown(f"Whether Flagger runs here could not be read. {found.why}", found.remedy)
    elif found is not None:
        yield from _found(found, seen)
    elif seen.is_hub:
        yield needless("A hub without rollouts of its own needs none.")
    else:
        yield lacking("No Deployment with Flagger's image was found.", INSTALL)


def _found(one: Controller, seen: Seen) -> Iterator[Point]:
    where = f"{one.namespace}/{one.name}"
    flags = f"-mesh-provider {one.provider}, -metrics-server {one.metrics_server or 'not given'}"
    said = f"Flagger {one.version or 'of a version that its image does not tell'} ({where}; {flags})"
    if one.ready:
        yield ready(f"{said} has a ready pod.")
    else:
        yield lacking(
            f"{said} has no ready pod: no release moves.",
            f"Look at the pods of {one.name} in namespace {one.namespace}.",
        )
    if at_least(one.version, BREAKS_OFF) is False:
        yield lacking(
            f"Before {BREAKS_OFF} a release whose pods never become ready may hang for ever.",
            f"Upgrade Flagger to {BREAKS_OFF} or newer.",
        )
    if one.watches and (outside := _watched_by_none(seen)):
        yield lacking(
            f"It looks at namespace {one.watches} alone (-namespace), and {len(outside)} Canaries are elsewhere.",
            "Take the flag -namespace away, or give those namespaces a Flagger of their own.",
        )


def _watched_by_none(seen: Seen) -> list[Canary]:
    known = () if isinstance(seen.controllers, Unread) else seen.controllers
    watched = {one.watches for one in known if one.part is Part.FLAGGER}
    return [canary for canary in seen.canaries if watched.isdisjoint({"", canary.namespace})]


def plugin(seen: Seen) -> Finding:
    return Finding(Prerequisite.PLUGIN, tuple(_plugin(seen)))


def _plugin(seen: Seen) -> Iterator[Point]:
    if seen.fleets is None:
        yield needless("A cluster of no Fleet has its Flagger from elsewhere.")
    elif isinstance(seen.fleets, Unread):
        yield unknown(f"The Fleets on the hub could not be read. {seen.fleets.why}", seen.fleets.remedy)
    elif not seen.fleets:
        yield (
            lacking("This hub has no Fleet.", "Make a Fleet that lists the clusters, with the rollout plugin.")
            if seen.is_hub
            else unknown("No Fleet of its hub lists this cluster any more.")
        )
    else:
        for fleet in seen.fleets:
            yield from _of_fleet(fleet)


def _of_fleet(fleet: Fleet) -> Iterator[Point]:
    name = f"{fleet.namespace}/{fleet.name}"
    if fleet.plugin is None:
        yield lacking(
            f"Fleet {name} has no rollout plugin.",
            "Give it spec.plugin.flagger with a trafficRoutingProvider (istio, nginx or kuma).",
        )
        return
    tester = "with" if fleet.plugin.public_load_tester else "without"
    yield ready(f"Fleet {name} has the plugin: provider {fleet.plugin.provider}, {tester} a public load tester.")
    if fleet.phase and fleet.phase != "Ready":
        yield lacking(
            f"Fleet {name} is {fleet.phase}.",
            "Kurator installs plugins in a Fleet that is Ready: see its status.reason.",
        )

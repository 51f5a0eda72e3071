"""Whether Flagger can lead the Services around a workload for a new Canary, and takes nothing of others by that."""

from __future__ import annotations

from collections.abc import Mapping

from rollouts.domain.errors import Forbidden, NotFound
from rollouts.domain.new_canaries.choosing import SIDES, leads_to
from rollouts.domain.new_canaries.making import Target
from rollouts.domain.observations import Kind
from rollouts.domain.policies.reading import at_place
from rollouts.domain.ports import ClusterConnection

NO_SERVICE = "There is no Service {}/{} in the cluster: users would not be led anywhere. Choose one that is there."
OTHER_PODS = (
    "Service {}/{} does not lead to the pods of {} {}: Flagger would take it from whom it serves. Choose another."
)
FOREIGN = (
    "Service {}/{} is there already, and Flagger has not made it: it would lead it to pods of this Canary, and never"
    " give it back. Rename or delete it, or choose another Service for the Canary."
)
FOREIGN_BLUE = (
    "{} {}/{} is there already, and Flagger has not made it: it would be taken for blue, users would be led to it, and"
    " versions copied into it. Rename it, or delete it once it serves nobody."
)
KINDS = {"Deployment": Kind.DEPLOYMENT, "DaemonSet": Kind.DAEMON_SET}


def not_to_be_led(target: Target, connection: ClusterConnection) -> str:
    """Why not; empty where it can. Of Services nothing is said where this account may not read them: the one of the
    users was chosen among those that were listed, or typed.
    """
    try:
        said = _of_the_users(target, connection) or _of_the_sides(target, connection)
    except Forbidden:
        said = ""
    return said or _of_blue(target, connection)


def _of_the_users(target: Target, connection: ClusterConnection) -> str:
    """Whether they would not be led to the workload, or others would be led away from theirs."""
    try:
        selector = connection.selector(target.namespace, target.service)
    except NotFound:
        return NO_SERVICE.format(target.namespace, target.service)
    found = connection.raw(KINDS[target.kind], target.namespace, target.name)
    if leads_to(selector, at_place(found, "spec.template.metadata.labels") or {}):
        return ""
    return OTHER_PODS.format(target.namespace, target.service, target.kind, target.name)


def _of_the_sides(target: Target, connection: ClusterConnection) -> str:
    """Flagger writes selector and ports of whatever has their names (flagger.md 9)."""
    for name in (target.service + side for side in SIDES):
        try:
            if not connection.made_for(target.namespace, name):
                return FOREIGN.format(target.namespace, name)
        except NotFound:
            continue
    return ""


def _of_blue(target: Target, connection: ClusterConnection) -> str:
    """Flagger makes blue only where nothing has its name (flagger.md 5.2)."""
    name = target.name + SIDES[0]
    try:
        found = connection.raw(KINDS[target.kind], target.namespace, name)
    except NotFound:
        return ""
    owners = at_place(found, "metadata.ownerReferences") or []
    made = any(isinstance(one, Mapping) and one.get("kind") == "Canary" for one in owners)
    return "" if made else FOREIGN_BLUE.format(target.kind, target.namespace, name)

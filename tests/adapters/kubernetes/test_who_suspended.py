"""Who owns `spec.suspend`, from the managed fields as API servers write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from rollouts.adapters.kubernetes.decode import observation
from rollouts.domain.observations import Canary, Kind
from tests.support import objects
from tests.support.objects import Object

SUSPEND: Object = {"f:spec": {".": {}, "f:suspend": {}, "f:provider": {}}}


def manager(name: str, fields: object, time: str = "2026-11-25T10:00:00Z") -> Object:
    return {"manager": name, "operation": "Update", "time": time, "fieldsType": "FieldsV1", "fieldsV1": fields}


def canary(*managers: Object, suspend: bool = True) -> Canary:
    made = objects.canary("shop", "checkout", spec={"suspend": suspend})
    made["metadata"]["managedFields"] = list(managers)
    found = observation(Kind.CANARY, json.dumps(made).encode())
    assert isinstance(found, Canary)
    return found


def test_the_manager_of_the_field_suspended_it() -> None:
    found = canary(manager("flagger", {"f:status": {"f:phase": {}}}), manager("kubectl-patch", SUSPEND))
    assert (found.suspended_by, found.suspended_at) == ("kubectl-patch", datetime(2026, 11, 25, 10, tzinfo=UTC))


def test_of_several_owners_the_last_one_is_named() -> None:
    later = manager("kustomize-controller", SUSPEND, "2026-11-25T11:00:00Z")
    assert canary(later, manager("kubectl-patch", SUSPEND)).suspended_by == "kustomize-controller"


def test_nobody_is_named_while_it_is_not_suspended() -> None:
    assert canary(manager("kubectl-patch", SUSPEND), suspend=False).suspended_by == ""


def test_fields_of_another_shape_name_nobody() -> None:
    found = canary(manager("a", {"f:spec": 7}), manager("b", {}), {"manager": "c"}, manager("d", ["f:spec"]))
    assert (found.suspended, found.suspended_by, found.suspended_at) == (True, "", None)

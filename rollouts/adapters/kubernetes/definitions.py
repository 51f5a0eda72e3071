"""What the fields of a kind are: the schema of its CustomResourceDefinition."""

from __future__ import annotations

from typing import Any

from rollouts.adapters.kubernetes.answers import WHOLE_OBJECT
from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.adapters.kubernetes.transport import Transport, decoded
from rollouts.domain.errors import NotFound
from rollouts.domain.observations import Kind


def schema_of(http: Transport, kind: Kind) -> dict[str, Any]:
    """In the version that is read here. Raises NotFound where the kind is not defined in it."""
    group, versions = PLACES[kind].group, PLACES[kind].versions
    what = f"get the definition of {kind}.{group}"
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{kind}.{group}"
    found = decoded(WHOLE_OBJECT, http.get(path, what=what), http.asked(what))
    for version in _inside(found, "spec", "versions", list):
        schema = _inside(version, "schema", "openAPIV3Schema", dict)
        if schema and version.get("name") in versions:
            return dict(schema)
    raise NotFound(f"{http.asked(what)}, and has none of version {' or '.join(versions)}.")


def _inside(found: Any, outer: str, inner: str, kind: type[Any]) -> Any:
    """Empty where it is not of this kind."""
    middle = found.get(outer) if isinstance(found, dict) else None
    value = middle.get(inner) if isinstance(middle, dict) else None
    return value if isinstance(value, kind) else kind()

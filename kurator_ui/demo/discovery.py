"""What kubectl asks before it does anything: versions, groups and resources."""

from __future__ import annotations

from kurator_ui.demo.errors import Obj, no_such_path
from kurator_ui.demo.resources import Resource
from kurator_ui.demo.scale import ENTRY

VERSION = {
    "major": "1",
    "minor": "33",
    "gitVersion": "v1.33.0-demo",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2025-04-23T13:00:00Z",
    "goVersion": "go1.24.2",
    "compiler": "gc",
    "platform": "linux/amd64",
}
REVIEWS = {
    "name": "selfsubjectaccessreviews",
    "singularName": "",
    "namespaced": False,
    "kind": "SelfSubjectAccessReview",
    "verbs": ["create"],
}


def discover(path: str, resources: dict[str, Resource]) -> Obj:
    """The document at `/api`, `/apis` or below. Raises 404."""
    match path.strip("/").split("/"):
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            return {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [_group(*found) for found in _groups(resources)],
            }
        case ["apis", name]:
            for group, version in _groups(resources):
                if group == name:
                    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, version)}
        case ["api", "v1"]:
            return _resources("v1", [resource for resource in resources.values() if not resource.group])
        case ["apis", "authorization.k8s.io", "v1"]:
            return {**_resources("authorization.k8s.io/v1", []), "resources": [REVIEWS]}
        case ["apis", group, version]:
            found = [
                resource for resource in resources.values() if (resource.group, resource.version) == (group, version)
            ]
            if found:
                return _resources(f"{group}/{version}", found)
    raise no_such_path()


def _groups(resources: dict[str, Resource]) -> list[tuple[str, str]]:
    named = [(resource.group, resource.version) for resource in resources.values() if resource.group]
    return list(dict.fromkeys([*named, ("authorization.k8s.io", "v1")]))


def _group(group: str, version: str) -> Obj:
    served = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [served], "preferredVersion": served}


def _resources(group_version: str, resources: list[Resource]) -> Obj:
    listed = [entry for resource in resources for entry in resource.discovery()]
    if group_version == "apps/v1":
        listed.append(ENTRY)
    if group_version == "v1":
        listed.append(
            {
                "name": "services/proxy",
                "singularName": "",
                "namespaced": True,
                "kind": "ServiceProxyOptions",
                "verbs": ["create", "get"],
            }
        )
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}

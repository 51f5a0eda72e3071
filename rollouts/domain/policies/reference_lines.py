"""Gateways that a route belongs to, and Services that get copies of requests, as lines: `infra/public https` is the
listener `https` of a Gateway, `audit/shadow:8080` a Service. What an API server fills in besides is not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rollouts.domain.policies.findings import is_label, is_name

Objects = tuple[Mapping[str, Any], ...]
GATEWAY, SERVICE = "infra/public https", "audit/shadow:8080"
FILLED_IN = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
FILLED_IN_OF_SERVICES = {"group": "", "kind": "Service"}
BACKEND = "backendRef"
_PORT = re.compile(r"[1-9]\d{0,4}", re.ASCII)


def gateways(found: Sequence[Mapping[str, Any]]) -> str | None:
    """None where lines cannot say it."""
    short = [_without(one, FILLED_IN) for one in found]
    made = "\n".join(" ".join(filter(None, (_name(one), str(one.get("sectionName") or "")))) for one in short)
    return made if parsed_gateways(made) == (tuple(short), "") else None


def parsed_gateways(written: str) -> tuple[Objects, str]:
    """And the sentence that says what is wrong; empty when nothing is."""
    found = []
    for line in _lines(written):
        name, *section = line.split()
        one = _named(name)
        if one is None or len(section) > 1 or not all(map(is_name, section)):
            return (), (
                f"“{line[:80]}” is no Gateway. Write namespace/name, or name, and its listener if only one is meant:"
                f" “{GATEWAY}”."
            )
        found.append(one | ({"sectionName": section[0]} if section else {}))
    return tuple(found), ""


def services(found: Sequence[Mapping[str, Any]]) -> str | None:
    """None where lines cannot say it."""
    short = [{**one, BACKEND: _without(one[BACKEND], FILLED_IN_OF_SERVICES)} for one in found if _is_service(one)]
    made = "\n".join(f"{_name(one[BACKEND])}:{one[BACKEND].get('port')}" for one in short)
    return made if len(short) == len(found) and parsed_services(made) == (tuple(short), "") else None


def parsed_services(written: str) -> tuple[Objects, str]:
    """As `parsed_gateways`."""
    found = []
    for line in _lines(written):
        name, _, port = line.rpartition(":")
        one = _named(name)
        if one is None or not _PORT.fullmatch(port) or int(port) > 65535:
            return (), f"“{line[:80]}” is no Service. Write namespace/name, or name, a colon and the port: “{SERVICE}”."
        found.append({BACKEND: one | {"port": int(port)}})
    return tuple(found), ""


def _is_service(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get(BACKEND), Mapping)


def _without(one: Mapping[str, Any], filled_in: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if filled_in.get(name) != value}


def _name(one: Mapping[str, Any]) -> str:
    return "/".join(str(one[name]) for name in ("namespace", "name") if name in one)


def _named(said: str) -> dict[str, Any] | None:
    namespace, slash, name = said.rpartition("/")
    if not is_name(name) or (slash and not is_label(namespace)):
        return None
    return ({"namespace": namespace} if slash else {}) | {"name": name}


def _lines(written: str) -> list[str]:
    return list(filter(None, (one.strip() for one in written.split("\n"))))

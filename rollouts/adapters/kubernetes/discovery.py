"""Which of our kinds an API server knows, and in which version."""

from __future__ import annotations

import threading

from rollouts.adapters.kubernetes.answers import RESOURCES, VERSIONS, Resources, Versions
from rollouts.adapters.kubernetes.paths import PLACES
from rollouts.adapters.kubernetes.transport import Transport, decoded
from rollouts.domain.errors import Forbidden, NotFound
from rollouts.domain.observations import Kind


class Discovery:
    def __init__(self, http: Transport) -> None:
        self._http = http
        self._lock = threading.Lock()
        self._served: dict[Kind, str] = {}

    def collection(self, kind: Kind, namespace: str) -> str:
        """The path of the collection; of a kind with several versions, in the one that was found served."""
        place = PLACES[kind]
        version = place.versions[0]
        if len(place.versions) > 1:
            with self._lock:
                known = self._served.get(kind, "")
            version = known or self.version(kind) or version
        return place.collection(kind, version, namespace)

    def version(self, kind: Kind) -> str | None:
        """Asks anew: the first of our versions that the kind is served in; None when it is served in none of them."""
        found = self._asked(kind)
        with self._lock:
            if found is None:
                self._served.pop(kind, None)
            else:
                self._served[kind] = found
        return found

    def _asked(self, kind: Kind) -> str | None:
        place = PLACES[kind]
        try:
            served = self._versions(place.group) if place.group else list(place.versions)
            known = (one for one in place.versions if one in served and self._knows(kind, one))
            return next(known, None)
        except NotFound:
            return None
        except Forbidden:
            return place.versions[0]  # discovery is closed to this account; the call itself will tell

    def _versions(self, group: str) -> list[str]:
        what = f"tell the versions of {group}"
        found: Versions = decoded(VERSIONS, self._http.get(f"/apis/{group}", what=what), self._http.asked(what))
        return [one.version for one in found.versions]

    def _knows(self, kind: Kind, version: str) -> bool:
        path, what = PLACES[kind].collection(kind, version).rpartition("/")[0], f"tell whether it knows {kind}"
        known: Resources = decoded(RESOURCES, self._http.get(path, what=what), self._http.asked(what))
        return any(resource.name == kind for resource in known.resources)

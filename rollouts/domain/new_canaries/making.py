"""What stands in the form of a new Canary at first, and the object that is made of what a person enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rollouts.domain.commands.patches import Form, Patch
from rollouts.domain.new_canaries.judging import Near
from rollouts.domain.observations import Kind
from rollouts.domain.policies.creating import DEADLINE, FAILURES, INTERVAL, TIMES, built_in
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.fields import Hook, RolloutPolicy
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import Obj, at_place, read
from rollouts.domain.policies.strategies import OF_INGRESSES, PROVIDERS, Provider, family
from rollouts.domain.policies.writing import applied, write
from rollouts.domain.whole.making import ASKED_FOR

ACT = "create-canary"
PLACES = ("targetRef.kind", "targetRef.name", "service.name")
SCALER_API, SCALER_KIND = "autoscaling/v2", "HorizontalPodAutoscaler"
INGRESS_API, INGRESS_KIND = "networking.k8s.io/v1", "Ingress"
CALL = "5s"
"""Of a load test: the tester answers at once, and goes on for the minute that it was told."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the Canary is for, which never changes afterwards. It is called as its workload."""

    kind: str
    namespace: str
    name: str
    service: str

    @property
    def base(self) -> dict[str, Any]:
        """What its spec says whatever is entered."""
        return {
            "targetRef": {"apiVersion": "apps/v1", "kind": self.kind, "name": self.name},
            "service": {"name": self.service},
        }

    @classmethod
    def of(cls, namespace: str, base: Obj) -> Target:
        kind, name, service = (str(at_place(base, place) or "") for place in PLACES)
        return cls(kind, namespace, name, service)


def begun(target: Target, port: int | None, near: Near) -> RolloutPolicy:
    """A policy that works, with the guide's values (kurator.md 18.2), as far as the cluster is known."""
    provider = near.provider if near.provider in PROVIDERS else ""
    scaler = near.offer.autoscaler if near.offer is not None else ""
    ingress = near.ingresses[0] if family(provider) in OF_INGRESSES and len(near.ingresses) == 1 else ""
    return replace(
        read(target.base, PLAIN),
        port=port,
        # Flagger takes the port of the Service else, where nobody may listen.
        target_port=near.target_port(target.service, port),
        # It calls the port http else, whatever an Ingress knows it by.
        port_name=near.port_name(target.service, port),
        app_protocol=near.protocol(target.service, port),
        port_discovery=len(near.ports(target.service)) > 1,
        scaler_api=SCALER_API if scaler else "",
        scaler_kind=SCALER_KIND if scaler else "",
        scaler=scaler,
        ingress_api=INGRESS_API if ingress else "",
        ingress_kind=INGRESS_KIND if ingress else "",
        ingress=ingress,
        provider=provider,
        times=TIMES,
        interval=INTERVAL,
        failures=FAILURES,
        # nginx counts nothing of green while iterations run (kurator.md 15): each of Flagger's own checks would fail.
        metrics=() if provider == Provider.NGINX else built_in(),
        hooks=_load_test(target, port, near),
        progress_deadline=DEADLINE,
        reverts=True,
    )


def spec_of(draft: Draft) -> dict[str, Any]:
    edit, base = draft.edit, draft.base or {}
    made: dict[str, Any] = applied(base, write(base, edit.before, edit.after, PLAIN))
    return made


def manifest(target: Target, spec: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """`mark` is of this one creation alone: a Canary that has it was made by it, whoever noted that."""
    return {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": target.name, "namespace": target.namespace, "annotations": {ASKED_FOR: mark}},
        "spec": dict(spec),
    }


def creation(manifest: Mapping[str, Any]) -> Patch:
    """Only ever a creation: the cluster refuses it where there is a Canary of the name."""
    meta = manifest["metadata"]
    return Patch(Kind.CANARY, meta["namespace"], meta["name"], Form.NEW, manifest, "the Canary")


def _load_test(target: Target, port: int | None, near: Near) -> tuple[Hook, ...]:
    """Without requests to green nothing can be measured of it."""
    tester = near.load_tester(target.namespace)
    if not tester:
        return ()
    green = f"http://{target.service}-canary.{target.namespace}:{port or 80}/"
    said = (("type", "cmd"), ("cmd", f"hey -z 1m -q 10 -c 2 {green}"))
    return (Hook(name="load-test", kind="rollout", url=tester, timeout=CALL, metadata=said),)

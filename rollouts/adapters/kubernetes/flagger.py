"""Which Flagger a cluster runs, and with which flags, read from the Deployment of Flagger itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.shapes import ListMeta, text
from rollouts.adapters.kubernetes.transport import Transport, decoded
from rollouts.domain.readiness import foremost

DEFAULT_PROVIDER = "istio"
ADDRESS_LIMIT = 1000
_IMAGE = re.compile(r"(?:^|/)flagger(?::(?P<tag>[\w.-]+))?(?:@|$)")


@dataclass(frozen=True, slots=True)
class Installed:
    """`metrics_server` is empty when the flag is not given; `ready` says whether a pod of it is."""

    version: str
    provider: str
    namespace: str
    metrics_server: str
    ready: bool
    name: str = ""
    watches: str = ""
    """The one namespace whose Canaries it looks at; empty for all."""

    @property
    def serves_all(self) -> bool:
        return self.ready and not self.watches


class Container(Struct):
    image: str | None = None
    args: list[str] | None = None
    command: list[str] | None = None


class PodSpec(Struct):
    containers: list[Container] | None = None


class Template(Struct):
    spec: PodSpec | None = None


class DeploymentSpec(Struct):
    template: Template | None = None


class DeploymentMeta(Struct):
    namespace: str | None = None
    name: str | None = None


class DeploymentStatus(Struct, rename="camel"):
    ready_replicas: int | None = None
    number_ready: int | None = None
    """Of a DaemonSet, which has the same shape otherwise."""


class Deployment(Struct):
    metadata: DeploymentMeta | None = None
    spec: DeploymentSpec | None = None
    status: DeploymentStatus | None = None


class DeploymentList(Struct):
    metadata: ListMeta
    items: list[Deployment] | None = None


DEPLOYMENTS = Decoder(DeploymentList, strict=False)


def of_cluster(http: Transport) -> Installed | None:
    """Found by its label, as charts set it. Unless that one serves the whole cluster, all Deployments are looked
    through: another may.
    """
    labelled = _chosen(http, {"labelSelector": "app.kubernetes.io/name=flagger"})
    return labelled if labelled is not None and labelled.serves_all else _chosen(http, {})


def _chosen(http: Transport, selector: Mapping[str, object]) -> Installed | None:
    return chosen(installed(_deployments(http, {"limit": 500, **selector})))


def _deployments(http: Transport, query: dict[str, object]) -> Iterator[Deployment]:
    what = "list deployments"
    while True:
        found: DeploymentList = decoded(
            DEPLOYMENTS, http.get("/apis/apps/v1/deployments", query, what=what), http.asked(what)
        )
        yield from found.items or ()
        if not found.metadata.continue_:
            return
        query["continue"] = found.metadata.continue_


def chosen(found: Iterable[Installed]) -> Installed | None:
    """The one that speaks for the cluster."""
    return foremost(found)


def installed(deployments: Iterable[Deployment]) -> Iterator[Installed]:
    """Those that are Flagger."""
    for deployment in deployments:
        template = (deployment.spec or DeploymentSpec()).template or Template()
        for container in (template.spec or PodSpec()).containers or ():
            image = _IMAGE.search(container.image or "")
            if image is not None:
                arguments = (container.command or []) + (container.args or [])
                yield _installed(deployment, text(image["tag"], 60), arguments)


def _installed(deployment: Deployment, version: str, arguments: Sequence[str]) -> Installed:
    meta = deployment.metadata or DeploymentMeta()
    return Installed(
        version=version,
        provider=text(_flag("mesh-provider", arguments, DEFAULT_PROVIDER), 60),
        namespace=text(meta.namespace),
        metrics_server=text(_flag("metrics-server", arguments), ADDRESS_LIMIT),
        ready=((deployment.status or DeploymentStatus()).ready_replicas or 0) > 0,
        name=text(meta.name),
        watches=text(_flag("namespace", arguments)),
    )


def _flag(name: str, arguments: Sequence[str], default: str = "") -> str:
    """As Go reads flags: one or two dashes, the value behind `=` or as the next argument."""
    for at, argument in enumerate(arguments):
        given, equals, value = argument.lstrip("-").partition("=")
        if given == name and argument.startswith("-"):
            return value if equals else next(iter(arguments[at + 1 :]), "")
    return default

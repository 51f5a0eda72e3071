"""Who keeps workload and Service of a new Canary, and so writes what Flagger writes too."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.ownership import Owner, OwnerKind
from rollouts.domain.policies.offering import LeadingService, Offer

EACH = {OwnerKind.ARGO_CD: "sync of Argo CD", OwnerKind.HELM: "upgrade by Helm", OwnerKind.FLUX: "upgrade by Flux"}
REMEDY = {
    OwnerKind.ARGO_CD: (
        "Let it ignore spec.selector and spec.ports of this Service (ignoreDifferences, with"
        " RespectIgnoreDifferences=true)."
    ),
    OwnerKind.HELM: "Give it the annotation helm.sh/resource-policy: keep, and take it out of the chart after that.",
}
REMEDY[OwnerKind.FLUX] = REMEDY[OwnerKind.HELM]


def kept_by_others(offer: Offer, service: LeadingService) -> Iterator[str]:
    """Beside a Kustomization, which leaves alone what Flagger has taken over."""
    if each := _each(offer.keeper):
        yield (
            f"Each {each} writes {offer.name} anew: leave replicas out of its manifest, else it starts green's pods"
            " again."
        )
    if each := _each(service.keeper):
        yield (
            f"Each {each} writes Service {service.name} anew, and leads its users away from blue until Flagger looks"
            f" again: to green, or to no pods at all. {REMEDY[service.keeper.kind]}"
        )


def _each(keeper: Owner) -> str:
    what = EACH.get(keeper.kind, "")
    return f"{what} ({keeper.name})" if what and keeper.name else what

"""Making a Canary where no policy of Kurator makes one: its cluster looks at it first, then it is confirmed, followed,
stopped.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollouts import access, wiring
from rollouts.api.change_shapes import ChangeConfirmedGiven, ChangedProblem, ChangeShape
from rollouts.api.confirming import confirmed
from rollouts.api.errors import Problem, Refused, answers
from rollouts.api.new_canary_shapes import CanaryGiven, FormShape, TargetGiven, new_canary_shape
from rollouts.api.paging import BIGGEST, only_known
from rollouts.domain.new_canaries.making import Target
from rollouts.domain.policies.findings import Finding
from rollouts.models import Cluster, NewCanary
from rollouts.queries import new_canaries as queries
from rollouts.queries.new_canary_entered import entered, first_texts, wrong_with
from rollouts.services import inventories, new_canaries

router = Router(tags=["new Canaries"])
NO_CLUSTER = "There is no such cluster."
NO_CANARY = "There is no such new Canary."
BEING_READ = "{} is being asked what is around the workload: ports, autoscalers, load testers. Ask again in a moment."
ENDED_ALREADY = "It has ended already: there was nothing to stop."


@router.get("/clusters/{int:id}/new-canaries/form", response=answers(FormShape, more={409: Problem}))
def show_form_of_new_canary(request: HttpRequest, id: int, chosen: Query[TargetGiven]) -> FormShape:
    """Every field, with what the form for this workload says at first. 409 with `being-read` while the cluster is asked
    what is around it.
    """
    only_known(request, chosen)
    cluster, target = _there(request, id, chosen)
    return FormShape(fields=first_texts(cluster, target, chosen.port))


@router.post(
    "/clusters/{int:id}/new-canaries", response=answers(ChangeShape, status=201, more={409: Problem})
)  # fmt: skip
def look_at_new_canary(request: HttpRequest, id: int, given: CanaryGiven) -> Status[ChangeShape]:
    """Makes nothing: what is entered is judged field by field as the form does, then the cluster tries it out. Ask for
    the change until its state is `looked`. 409 with `being-read` while the cluster is asked what is around it.
    """
    cluster, target = _there(request, id, given)
    draft, wrong = entered(cluster, target, given.port, given.fields)
    if wrong:
        raise _wrong([Finding(f"fields.{one.field}", one.said) for one in wrong])
    if sentence := queries.taken_by(cluster, target):
        raise Refused(409, sentence, code="not-possible")
    row = new_canaries.begin(
        cluster=cluster, target=target, draft=draft, person=request.user, now=timezone.now(), enqueue=wiring.enqueue
    )
    return Status(201, new_canary_shape(request.user, row))


@router.get("/new-canaries/{int:id}", response=answers(ChangeShape))
def show_new_canary(request: HttpRequest, id: int) -> ChangeShape:
    """What was seen, or how far it is. What nobody has asked for yet is told to whoever had it looked at alone."""
    return new_canary_shape(request.user, _find(request, id))


@router.post(
    "/new-canaries/{int:id}/confirm",
    response=answers(ChangeShape, more={409: ChangedProblem, 422: ChangedProblem}),
)
def confirm_new_canary(request: HttpRequest, id: int, given: ChangeConfirmedGiven) -> ChangeShape:
    """What the `review` has shown. Sent twice it is asked for once. 409 when it is no longer so, or cannot work."""
    row = _changeable(request, id)

    def ask() -> None:
        new_canaries.confirm(
            row=row, digest=given.digest, typed=given.typed, reason=given.reason.strip(), now=timezone.now(),
            enqueue=wiring.enqueue,
        )  # fmt: skip

    def now() -> ChangeShape:
        return new_canary_shape(request.user, _find(request, id))

    return confirmed(ask, now, was_shown=row.digest == given.digest)


@router.post("/new-canaries/{int:id}/look", response=answers(ChangeShape))
def look_at_new_canary_again(request: HttpRequest, id: int) -> ChangeShape:
    """Before it is asked for: by what is there now."""
    new_canaries.look_again(row=_changeable(request, id), now=timezone.now(), enqueue=wiring.enqueue)
    return new_canary_shape(request.user, _find(request, id))


@router.post("/new-canaries/{int:id}/stop", response=answers(ChangeShape, more={409: Problem}))
def stop_new_canary(request: HttpRequest, id: int) -> ChangeShape:
    """What the cluster has accepted goes on by itself, and nobody follows it here any more."""
    if not new_canaries.stop(row=_changeable(request, id), now=timezone.now()):
        raise Refused(409, ENDED_ALREADY)
    return new_canary_shape(request.user, _find(request, id))


def _there(request: HttpRequest, id: int, given: TargetGiven) -> tuple[Cluster, Target]:
    cluster = queries.find_cluster(request.user, id) if 0 < id <= BIGGEST else None
    if cluster is None:
        raise Http404(NO_CLUSTER)
    target = Target(given.kind, given.namespace, given.workload, given.service or given.workload)
    if not access.may_edit_in_cluster(request.user, cluster.pk):
        raise PermissionDenied(queries.MAY_NOT.format(access.whom_to_ask(cluster.name)))
    if wrong := list(wrong_with(target)):
        raise _wrong(wrong)
    if not queries.may_make(request.user, cluster.pk, target.namespace):
        raise PermissionDenied(queries.MAY_NOT.format(access.whom_to_ask(cluster.name)))
    if inventories.being_read(wanted=[cluster.pk], enqueue=wiring.enqueue, now=timezone.now()):
        raise Refused(409, BEING_READ.format(cluster.name), code="being-read")
    return cluster, target


def _wrong(found: Sequence[Finding]) -> Refused:
    fields = [{"where": f"body.{one.field}", "message": one.said} for one in found]
    return Refused(422, f"{fields[0]['where']}: {fields[0]['message']}", fields=fields)


def _find(request: HttpRequest, id: int) -> NewCanary:
    found = queries.seen_by(request.user, id) if 0 < id <= BIGGEST else None
    if found is None:
        raise Http404(NO_CANARY)
    return found


def _changeable(request: HttpRequest, id: int) -> NewCanary:
    row = _find(request, id)
    if not queries.may(request.user, row):
        raise PermissionDenied(queries.MAY_NOT.format(access.whom_to_ask(row.cluster.name)))
    return row

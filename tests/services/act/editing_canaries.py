"""Edits of a plain Canary against the demo fleet, from the review on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kurator_ui.demo.resources import CANARIES
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.commands import Act, Governed, Patch, Plan, Wanted
from rollouts.domain.errors import Refused
from rollouts.domain.observations import Kind
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.layouts import PLAIN
from rollouts.domain.policies.reading import read
from rollouts.models import Cluster, Command, DraftTrial, PolicyDraft
from rollouts.queries import canary_specs
from rollouts.services import act, copies, revisions
from tests.services.act.commanding import CLUSTER, NAME, NAMESPACE, Commanding


class EditingCanary(Commanding):
    """`account` is whose rights the tasks of a review have."""

    def __init__(self, fleet: DemoFleet) -> None:
        self.tasks: list[tuple[str, int]] = []
        self.account = "admin"
        self.stricter = False
        super().__init__(fleet)

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if "trial" in arguments:
            self.tasks.append((task, arguments["trial"]))
        elif "copy" in arguments:
            copies.fetch(copy=arguments["copy"], connect=self.connect, feed=self.feed, now=self.now)
        else:
            super().enqueue(task, arguments)

    @property
    def generation(self) -> int:
        return int(self._object(CANARIES)["metadata"]["generation"])

    def change(self, **fields: Any) -> None:
        """By somebody else."""
        self.fleet.patch(CLUSTER, CANARIES, NAMESPACE, NAME, {"spec": fields})

    def keep_text(self) -> None:
        """As whoever observes does."""
        found = self.connection.raw(Kind.CANARY, NAMESPACE, NAME)
        revisions.note_spec(rollout=self.rollout, spec=found["spec"], now=self.now())

    def read(self) -> Governed:
        """By a task, as the page wants it."""
        self.rollout.refresh_from_db()
        copies.request(rollout=self.rollout, kind=Kind.CANARY, name=NAME, enqueue=self.enqueue, now=self.now())
        found = canary_specs.kept(self.rollout, self.now())
        assert found is not None
        return found

    def review(self, **texts: str) -> PolicyDraft:
        """What a person reviews; the cluster is asked, and the task has run."""
        governed = self.read()
        assert governed.policy.rollout is not None
        base = dict(governed.policy.rollout)
        draft = Draft(base, {**shown(read(base, PLAIN)), **texts}, PLAIN)
        assert self.rollout.application is not None
        row = act.keep_draft(
            application=self.rollout.application, governed=governed, draft=draft, person=self.person, now=self.now()
        )  # fmt: skip
        act.ask_all(row=row, governed=governed, enqueue=self.enqueue, now=self.now())
        self.run_tasks()
        return row

    def run_tasks(self) -> None:
        while self.tasks:
            task, trial = self.tasks.pop(0)
            run = act.try_out if task.endswith("try_draft") else act.look
            run(trial=trial, connect=self.reach, now=self.now)

    def reach(self, _: Cluster) -> KubernetesConnection:
        made = self.connect(account=self.account)
        if self.stricter:
            made.patch = self._refuse  # type: ignore[method-assign]
        return made

    def _refuse(self, patch: Patch, *, dry_run: bool = False) -> str:
        assert dry_run
        raise Refused(f"strict decoding error: unknown field in {patch.name}, --password=opensesame")

    def answer(self, row: PolicyDraft) -> tuple[str, str]:
        found = DraftTrial.objects.get(draft=row)
        return found.answer, found.said

    def preview_draft(self, row: PolicyDraft) -> act.PolicyPreview:
        wanted = Wanted(Act.EDIT_POLICY, act.want(Act.EDIT_POLICY).mark, draft=act.draft_of(row))
        return act.preview_edit(governed=self.read(), wanted=wanted)

    def apply(self, row: PolicyDraft, seen: act.PolicyPreview | None = None, reason: str = "") -> Command:
        seen = seen or self.preview_draft(row)
        typed = seen.judged.typed if isinstance(seen.judged, Plan) else ""
        return act.request_edit(
            rollout=self.rollout, governed=seen.governed, wanted=seen.wanted, digest=seen.digest, person=self.person,
            reason=reason, typed=typed, now=self.now(), enqueue=self.enqueue, record=self.record, feed=self.feed,
            draft=row,
        )  # fmt: skip

    def followed(self, command: Command) -> Command:
        """A pass of the schedule, with the task that it asks for, and one more that sees what it found."""
        self.fleet.advance(3)
        self.settle(command)
        self.run_tasks()
        return self.settle(command)

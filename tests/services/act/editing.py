"""Edits of a policy against the demo fleet, from the review on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kurator_ui.demo.errors import Obj
from kurator_ui.demo.serve import DemoFleet
from rollouts.adapters.kubernetes.connection import KubernetesConnection
from rollouts.domain.commands import Act, Patch, Plan, Wanted
from rollouts.domain.errors import Refused
from rollouts.domain.policies.drafts import Draft
from rollouts.domain.policies.entering import shown
from rollouts.domain.policies.reading import read
from rollouts.models import Cluster, Command, DraftTrial, PolicyDraft
from rollouts.queries import policies
from rollouts.services import act
from tests.services.act.governing import POLICY, Governing


class Editing(Governing):
    def __init__(self, fleet: DemoFleet) -> None:
        self.tasks: list[tuple[str, int]] = []
        self.accounts: dict[str, str] = {}
        self.stricter: set[str] = set()
        super().__init__(fleet)

    def enqueue(self, task: str, arguments: Mapping[str, Any]) -> None:
        if "trial" in arguments:
            self.tasks.append((task, arguments["trial"]))
        else:
            super().enqueue(task, arguments)

    def reach(self, cluster: Cluster) -> KubernetesConnection:
        made = self._connection(cluster.name, self.accounts.get(cluster.name, "admin"))
        if cluster.name in self.stricter:
            made.patch = self._refuse  # type: ignore[method-assign]
        return made

    def _refuse(self, patch: Patch, *, dry_run: bool = False) -> str:
        """As a cluster does whose Flagger knows a field no more."""
        assert dry_run
        raise Refused(f"strict decoding error: unknown field in {patch.name}, --password=opensesame")

    @property
    def rollout(self) -> Obj:
        """As it is stored."""
        self.application.refresh_from_db()
        governed = policies.governed(self.application, POLICY, self.now())
        assert governed is not None
        assert governed.policy.rollout is not None
        return dict(governed.policy.rollout)

    def review(self, **texts: str) -> PolicyDraft:
        """What a person reviews; every cluster is asked, and the tasks have run."""
        row = self.begin_review(**texts)
        self.run_tasks()
        return row

    def begin_review(self, **texts: str) -> PolicyDraft:
        """As `review`, before any task has run."""
        base = self.rollout
        draft = Draft(base, {**shown(read(base)), **texts})
        governed = policies.governed(self.application, POLICY, self.now())
        assert governed is not None
        row = act.keep_draft(
            application=self.application, governed=governed, draft=draft, person=self.person, now=self.now()
        )  # fmt: skip
        act.ask_all(row=row, governed=governed, enqueue=self.enqueue, now=self.now())
        return row

    def run_tasks(self) -> None:
        while self.tasks:
            task, trial = self.tasks.pop(0)
            run = act.try_out if task.endswith("try_draft") else act.look
            run(trial=trial, connect=self.reach, now=self.now)

    def answers(self, row: PolicyDraft) -> dict[str, tuple[str, str]]:
        return {one.cluster.name: (one.answer, one.said) for one in DraftTrial.objects.filter(draft=row)}

    def preview_draft(self, row: PolicyDraft) -> act.PolicyPreview:
        self.application.refresh_from_db()
        wanted = Wanted(Act.EDIT_POLICY, act.want(Act.EDIT_POLICY).mark, draft=act.draft_of(row))
        seen = act.preview_policy(application=self.application, policy=POLICY, wanted=wanted, now=self.now())
        assert seen is not None
        return seen

    def apply(self, row: PolicyDraft, seen: act.PolicyPreview | None = None, reason: str = "") -> Command:
        seen = seen or self.preview_draft(row)
        self.application.refresh_from_db()
        typed = seen.judged.typed if isinstance(seen.judged, Plan) else ""
        return act.request_policy(
            application=self.application, policy=POLICY, wanted=seen.wanted, digest=seen.digest, person=self.person,
            reason=reason, typed=typed, now=self.now(), enqueue=self.enqueue, record=self.record, feed=self.feed,
            draft=row,
        )  # fmt: skip

    def followed(self, command: Command) -> Command:
        """A pass of the schedule, with the tasks that it asks for, and one more that sees what they found."""
        self.settle(command)
        self.run_tasks()
        return self.settle(command)

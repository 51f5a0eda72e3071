"""What is stored: constraints and indexes, no behaviour beyond the own row."""

from __future__ import annotations

from rollouts.models.audit import AuditCheckpoint, AuditEntry, AuditHead
from rollouts.models.batches import Batch
from rollouts.models.clusters import (
    Cluster,
    ClusterSource,
    ClusterState,
    Cursor,
    FieldsOfCanaries,
    FieldsOfPolicies,
    RouteSeen,
    Worker,
)
from rollouts.models.commands import Command, CommandState
from rollouts.models.drafts import Answer, DraftTrial, PolicyDraft
from rollouts.models.grants import Covers, Grant, Role
from rollouts.models.history import EventSeen, ObjectCopy, Release, Transition
from rollouts.models.inventories import Inventory
from rollouts.models.measurements import Curve, Measurement, RangeCopy
from rollouts.models.new_canaries import NewCanary
from rollouts.models.one_offs import ChangeState
from rollouts.models.readiness import Readiness, ReadinessChange
from rollouts.models.reasons import RequiredReason
from rollouts.models.removals import Removal, RemovalPart, RemovalState
from rollouts.models.reversals import Reversal, ReversalState
from rollouts.models.revisions import PolicyRevision
from rollouts.models.rollouts import Application, Rank, Rollout
from rollouts.models.sign_ins import FailedSignIn
from rollouts.models.tokens import Token, TokenScope
from rollouts.models.totals import DayOfReleases
from rollouts.models.trials import QueryTrial
from rollouts.models.whole import ApplicationChange, ChangeKind

__all__ = [
    "Answer",
    "Application",
    "ApplicationChange",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditHead",
    "Batch",
    "ChangeKind",
    "ChangeState",
    "Cluster",
    "ClusterSource",
    "ClusterState",
    "Command",
    "CommandState",
    "Covers",
    "Cursor",
    "Curve",
    "DayOfReleases",
    "DraftTrial",
    "EventSeen",
    "FailedSignIn",
    "FieldsOfCanaries",
    "FieldsOfPolicies",
    "Grant",
    "Inventory",
    "Measurement",
    "NewCanary",
    "ObjectCopy",
    "PolicyDraft",
    "PolicyRevision",
    "QueryTrial",
    "RangeCopy",
    "Rank",
    "Readiness",
    "ReadinessChange",
    "Release",
    "Removal",
    "RemovalPart",
    "RemovalState",
    "RequiredReason",
    "Reversal",
    "ReversalState",
    "Role",
    "Rollout",
    "RouteSeen",
    "Token",
    "TokenScope",
    "Transition",
    "Worker",
]

"""The admin site: clusters are added and changed, roles granted; what was observed can be looked at."""

from __future__ import annotations

from django.contrib import admin

from rollouts.admin.clusters import ClusterAdmin
from rollouts.admin.grants import GrantAdmin
from rollouts.admin.observed import ApplicationAdmin, EventSeenAdmin, ReleaseAdmin, RolloutAdmin, TransitionAdmin
from rollouts.admin.reasons import RequiredReasonAdmin
from rollouts.admin.tokens import TokenAdmin
from rollouts.models import Application, Cluster, EventSeen, Grant, Release, RequiredReason, Rollout, Token, Transition

admin.site.register(Cluster, ClusterAdmin)
admin.site.register(Grant, GrantAdmin)
admin.site.register(RequiredReason, RequiredReasonAdmin)
admin.site.register(Token, TokenAdmin)
admin.site.register(Application, ApplicationAdmin)
admin.site.register(Rollout, RolloutAdmin)
admin.site.register(Release, ReleaseAdmin)
admin.site.register(Transition, TransitionAdmin)
admin.site.register(EventSeen, EventSeenAdmin)

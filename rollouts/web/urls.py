from __future__ import annotations

from django.urls import path

from rollouts.web.views import (
    application_charts,
    applications,
    audit,
    causes,
    charts,
    clusters,
    commands,
    fleet,
    history,
    releases,
    rollouts,
    tokens,
)

urlpatterns = [
    path("", fleet.fleet_page, name="fleet"),
    path("rollouts/<int:id>/", rollouts.rollout_page, name="rollout"),
    path("rollouts/<int:id>/charts/", charts.rollout_charts, name="rollout-charts"),
    path("rollouts/<int:id>/check.csv", charts.check_csv, name="check-csv"),
    path("rollouts/<int:id>/steps.csv", charts.steps_csv, name="steps-csv"),
    path("rollouts/<int:id>/object/<slug:kind>/<str:name>/", rollouts.object_page, name="object"),
    path("rollouts/<int:id>/acts/<slug:act>/", commands.act_page, name="act"),
    path("rollouts/<int:id>/commands/<int:command>/", commands.command_page, name="command"),
    path("releases/<int:id>/", releases.release_page, name="release"),
    path("releases/<int:id>.json", releases.release_json, name="release-json"),
    path("releases/<int:id>.csv", releases.measurements_csv, name="release-measurements"),
    path("releases/<int:id>/transitions.csv", releases.transitions_csv, name="release-transitions"),
    path("releases/<int:id>/compare/<int:other>/", releases.comparison_page, name="release-comparison"),
    path("applications/<int:id>/", applications.application_page, name="application"),
    path("applications/<int:id>/charts/", application_charts.application_charts, name="application-charts"),
    path("applications/<int:id>/steps.csv", application_charts.steps_csv, name="application-steps-csv"),
    path("applications/<int:id>/check.csv", application_charts.check_csv, name="application-check-csv"),
    path("causes/", causes.causes_page, name="causes"),
    path("history/", history.history_page, name="history"),
    path("history.csv", history.history_csv, name="history-csv"),
    path("audit/", audit.audit_page, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit-csv"),
    path("audit.jsonl", audit.audit_jsonl, name="audit-jsonl"),
    path("tokens/", tokens.tokens_page, name="tokens"),
    path("tokens/<int:id>/revoke/", tokens.revoke_token, name="revoke-token"),
    path("clusters/", clusters.clusters_page, name="clusters"),
]

"""What each cause is called, and what usually helps."""

from __future__ import annotations

from dataclasses import dataclass

from rollouts.domain.causes.kinds import CauseKind


@dataclass(frozen=True, slots=True)
class Advice:
    title: str
    helps: str


ADVICE: dict[CauseKind, Advice] = {
    CauseKind.CLUSTER_UNSEEN: Advice(
        "The cluster cannot be seen",
        "Look at the page of clusters for the reason: the network, an expired credential, or a cluster that is"
        " down. Flagger goes on by itself meanwhile.",
    ),
    CauseKind.PROMOTION_FAILED: Advice(
        "The promotion failed, green was kept live",
        "Repair blue (the Deployment whose name ends in -primary) until its pods are ready. Do not put a new"
        " version on the target before that: Flagger would send the users to the broken blue and scale green to"
        " zero.",
    ),
    CauseKind.SUSPENDED: Advice(
        "It is suspended",
        "Resume it where it was suspended: with Kurator in the Application, otherwise spec.suspend of the Canary."
        " While it is suspended not even a rollback happens.",
    ),
    CauseKind.FLAGGER_DOWN: Advice(
        "Flagger is not running",
        "Look at Flagger's own Deployment and its logs. After its restart every rollout ticks once within ten seconds.",
    ),
    CauseKind.IMAGE_PULL: Advice(
        "The image cannot be pulled",
        "Check the tag and the registry's address, whether the image was pushed, and whether the pods may pull it"
        " (imagePullSecrets).",
    ),
    CauseKind.CRASH_LOOP: Advice(
        "A container keeps ending",
        "Read the container's last logs (kubectl logs --previous). OOMKilled means that its memory limit is too low.",
    ),
    CauseKind.CONTAINER_CONFIG: Advice(
        "A container cannot be started",
        "Usually a ConfigMap, a Secret or a key of one is missing in this namespace, or the command does not exist.",
    ),
    CauseKind.UNSCHEDULABLE: Advice(
        "No node takes the pods",
        "Blue and green run side by side, which takes room for both. Make room, or lower what the pods request;"
        " check node selectors, taints and volumes too.",
    ),
    CauseKind.QUOTA: Advice(
        "Pods are not created",
        "A quota, a limit range or an admission policy of the namespace refuses them. Both sides count towards a"
        " quota.",
    ),
    CauseKind.PROBE_FAILING: Advice(
        "The readiness probe fails",
        "Ask the probe's path in the pod yourself, and compare port, path and time limits with what the new"
        " version has.",
    ),
    CauseKind.SCALED_TO_ZERO: Advice(
        "Green was scaled to zero during its analysis",
        "Scale the target up again, or let the failing checks roll it back. Autoscalers belong into the Canary's"
        " autoscalerRef, so that Flagger pauses them.",
    ),
    CauseKind.NGINX_NO_VALUES: Advice(
        "No values: nginx in blue/green",
        "Use a metric of the pods themselves (a MetricTemplate that selects green's pods by name) and a load test"
        " that calls the -canary Service inside the cluster.",
    ),
    CauseKind.METRICS_UNREACHABLE: Advice(
        "Prometheus does not answer",
        "Check that Prometheus runs, and the address that Flagger uses: the Canary's metricsServer, else"
        " Flagger's flag -metrics-server. Every check counts as failed until it answers.",
    ),
    CauseKind.QUERY_ERROR: Advice(
        "The query fails",
        "Run the query in Prometheus yourself. A metric with a template needs an interval: without one the query"
        " has [] in it. A template must exist in the namespace that is named.",
    ),
    CauseKind.NO_SERIES: Advice(
        "No values: the name or the labels are wrong",
        "Look the metric up in Prometheus and compare its labels with the query: namespace, workload and pod"
        " names differ from one exporter to the next. Check that the pods are scraped, and have their sidecar.",
    ),
    CauseKind.NO_TRAFFIC: Advice(
        "No values: green gets no requests",
        "Send requests to the -canary Service while green is checked: users do not reach it before the switch. If"
        " they are sent, compare the labels of green's series with the query.",
    ),
    CauseKind.NO_VALUES: Advice(
        "No values, and why is not known",
        "Give this program a way to the cluster's metrics: it can then tell whether green gets no requests or the"
        " query finds nothing.",
    ),
    CauseKind.HOOK_FAILING: Advice(
        "A hook fails",
        "Check that what it calls (usually the load tester) runs and is reachable from Flagger. Only the answers"
        " 200, 201 and 202 count as success.",
    ),
    CauseKind.CHECK_FAILING: Advice(
        "A check fails",
        "Compare green with blue: if blue is as bad, the trouble is elsewhere. If only green is, let it roll back"
        " and look at green's logs.",
    ),
    CauseKind.GATE_CLOSED: Advice(
        "A gate is closed",
        "Somebody has to approve: Open gate does so where it is a gate of a load tester in the cluster. Flagger asks"
        " again at every tick, while it waits for promotion at every second one.",
    ),
    CauseKind.REVISION_LOST: Advice(
        "A revision got lost after a failure",
        "Change the target's pod template once more, for instance by an annotation in it; first see that blue is"
        " ready.",
    ),
    CauseKind.BLUE_BLOCKS: Advice(
        "An unhealthy blue blocks new versions",
        "Repair the Deployment whose name ends in -primary, by hand if need be. In an emergency skipAnalysis"
        " passes the check by; reset it afterwards.",
    ),
    CauseKind.PODS_NOT_READY: Advice(
        "Pods are not ready",
        "Pods take a while to start. If it lasts, describe the pods. Flagger rolls green back after the progress"
        " deadline.",
    ),
    CauseKind.OBSTACLE: Advice(
        "Flagger cannot go on",
        "Flagger's own words name the object. It tries again at every tick, so there is nothing to do but to put"
        " it right.",
    ),
    CauseKind.FLAGGER_SILENT: Advice(
        "Flagger does not tick",
        "Look at Flagger's pod and logs: a hook that answers slowly holds a tick up, and a busy or restarting"
        " Flagger misses some.",
    ),
    CauseKind.NAMES_DIFFER: Advice(
        "Kurator: serviceName and workload differ",
        "Give the Service and the workload the same name. Kurator creates the Canary by one and looks for it by"
        " the other.",
    ),
    CauseKind.POLICY_INCOMPLETE: Advice(
        "Kurator: the policy is incomplete",
        "Add the field to the Application. The documented defaults do not exist; without the field the controller"
        " fails before it reaches any cluster.",
    ),
    CauseKind.SYNC_FAILED: Advice(
        "Kurator: Git is not applied",
        "Correct what the message says in Git or in the Application. With interval 0s a failed apply is tried"
        " again only when something changes, or when it is asked for (annotation reconcile.fluxcd.io/requestedAt).",
    ),
    CauseKind.SIBLING_UNREACHABLE: Advice(
        "Kurator: another cluster does not answer",
        "Bring that cluster back, or take it out of the Fleet. Until then changes of the Application may not"
        " arrive here.",
    ),
    CauseKind.RELEASE_FAILED: Advice(
        "The last release failed",
        "Users are on blue, with the version from before. Put a corrected version on the target, or the old one"
        " back: Flagger does not try the same one again.",
    ),
    CauseKind.SPURIOUS_RUN: Advice(
        "A run without a change",
        "Let it run through, or skip its analysis: it brings the same version.",
    ),
    CauseKind.ANALYSIS_SKIPPED: Advice(
        "The analysis is switched off",
        "Reset skipAnalysis (with Kurator: skipTrafficAnalysis in the Application) unless this is meant to stay.",
    ),
    CauseKind.DRIFT: Advice(
        "The sides differ though nothing runs",
        "Put the version that blue has into Git, too, or release anew: the next promotion overwrites blue.",
    ),
    CauseKind.VERSION_UNNOTICED: Advice(
        "A new version is not noticed yet",
        "Wait for the next tick. If it never comes, look whether Flagger runs.",
    ),
    CauseKind.SCALED_BY_HAND: Advice(
        "The target was scaled up by hand",
        "Scale the target to zero; its pods get no users. Leave replicas out of what Git applies, and autoscalers"
        " to the Canary's autoscalerRef.",
    ),
    CauseKind.NOT_PROCESSED: Advice(
        "Flagger has not taken the Canary up",
        "Look whether Flagger runs and follows this namespace (its flag -namespace).",
    ),
    CauseKind.WAITS_FOR_TICK: Advice(
        "It waits for its next tick",
        "Nothing needs to be done.",
    ),
    CauseKind.UNKNOWN: Advice(
        "Not known",
        "Look at Flagger's logs for this Canary, and at the Events below.",
    ),
}

"""The definition of the kind Application: which fields of a rollout policy this Kurator knows."""

from __future__ import annotations

from kurator_ui.demo.errors import Obj
from kurator_ui.demo.resources import APPLICATIONS

TEXT: Obj = {"type": "string"}
WHOLE: Obj = {"type": "integer"}
NUMBER: Obj = {"type": "number"}
FLAG: Obj = {"type": "boolean"}
ANYTHING: Obj = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TEXTS: Obj = {"type": "object", "additionalProperties": TEXT}


def fields(**properties: Obj) -> Obj:
    return {"type": "object", "properties": properties}


def several(items: Obj) -> Obj:
    return {"type": "array", "items": items}


META = fields(labels=TEXTS, annotations=TEXTS)
HEADERS = fields(add=TEXTS, set=TEXTS, remove=several(TEXT))
CORS = fields(
    allowOrigin=several(TEXT),
    allowOrigins=several(fields(exact=TEXT, prefix=TEXT, suffix=TEXT, regex=TEXT)),
    allowMethods=several(TEXT),
    allowHeaders=several(TEXT),
    exposeHeaders=several(TEXT),
    maxAge=TEXT,
    allowCredentials=FLAG,
)
ROUTING = fields(
    timeoutSeconds=WHOLE,
    gateways=several(TEXT),
    hosts=several(TEXT),
    retries=fields(attempts=WHOLE, perTryTimeout=TEXT, retryOn=TEXT),
    headers=fields(request=HEADERS, response=HEADERS),
    corsPolicy=CORS,
    host=TEXT,
    protocol=TEXT,
    canaryStrategy=fields(maxWeight=WHOLE, stepWeight=WHOLE, stepWeights=several(WHOLE), stepWeightPromotion=WHOLE),
    analysisTimes=WHOLE,
    match=several(ANYTHING),
)
SOURCE = fields(type=TEXT, address=TEXT, region=TEXT, insecureSkipVerify=FLAG, secretRef=fields(name=TEXT))
METRIC = fields(
    name=TEXT,
    intervalSeconds=WHOLE,
    thresholdRange=fields(min=NUMBER, max=NUMBER),
    customMetric=fields(provider=SOURCE, query=TEXT),
)
ANALYSIS = fields(
    checkIntervalSeconds=WHOLE,
    checkFailedTimes=WHOLE,
    metrics=several(METRIC),
    webhooks=fields(command=several(TEXT), timeoutSeconds=WHOLE),
    sessionAffinity=fields(cookieName=TEXT, maxAge=WHOLE),
)
ROLLOUT = fields(
    testLoader=FLAG,
    trafficRoutingProvider=TEXT,
    workload=fields(apiVersion=TEXT, kind=TEXT, name=TEXT, namespace=TEXT),
    serviceName=TEXT,
    port=WHOLE,
    primary=META,
    preview=META,
    rolloutPolicy=fields(
        rolloutTimeoutSeconds=WHOLE,
        skipTrafficAnalysis=FLAG,
        revertOnDeletion=FLAG,
        suspend=FLAG,
        trafficRouting=ROUTING,
        trafficAnalysis=ANALYSIS,
    ),
)
POLICY = fields(name=TEXT, destination=ANYTHING, kustomization=ANYTHING, helm=ANYTHING, rollout=ROLLOUT)
SPEC = fields(source=ANYTHING, destination=ANYTHING, syncPolicies=several(POLICY))


def of_applications() -> Obj:
    schema = fields(apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, spec=SPEC, status=ANYTHING)
    kind, plural, group = APPLICATIONS.kind, APPLICATIONS.plural, APPLICATIONS.group
    version = {"name": APPLICATIONS.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }

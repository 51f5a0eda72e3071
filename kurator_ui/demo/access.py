"""Who may do what in one cluster: an administrator, a viewer with read rights, and accounts that tests add."""

from __future__ import annotations

from dataclasses import dataclass

from kurator_ui.demo.errors import Obj, forbidden, unauthorized

READ = frozenset({"get", "list", "watch"})
VIEWED = frozenset(
    {
        "flagger.app/canaries",
        "flagger.app/metrictemplates",
        "flagger.app/alertproviders",
        "apps/deployments",
        "apps/daemonsets",
        "apps/replicasets",
        "autoscaling/horizontalpodautoscalers",
        "/services",
        "/pods",
        "/events",
        "/namespaces",
        "networking.istio.io/virtualservices",
        "networking.istio.io/destinationrules",
        "networking.istio.io/gateways",
        "networking.k8s.io/ingresses",
        "kuma.io/trafficroutes",
        "gateway.networking.k8s.io/httproutes",
        "gateway.networking.k8s.io/gateways",
        "apiextensions.k8s.io/customresourcedefinitions",
        "apps.kurator.dev/applications",
        "fleet.kurator.dev/fleets",
        "cluster.kurator.dev/attachedclusters",
        "cluster.kurator.dev/clusters",
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """May somebody do this? The resource is `plural` or `plural/subresource`."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.group}/{self.resource}"


@dataclass(frozen=True, slots=True)
class Account:
    """A user and the rights of its token."""

    user: str
    everything: bool = False
    reads: frozenset[str] = frozenset()
    namespaces: frozenset[str] | None = None
    """None: all of them. Otherwise rights end at these namespaces, but for reading the namespace `kube-system`."""
    secrets: frozenset[str] = frozenset()
    """Names of Secrets that may be read, one by one."""
    writes: frozenset[str] = frozenset()
    """Resources (`group/plural`, `group/plural/subresource`) that may be patched, updated and created."""

    def may(self, question: Question) -> bool:
        if self.everything:
            return True
        if question.key == "/namespaces" and question.verb == "get" and question.name == "kube-system":
            return True
        if self.namespaces is not None and question.namespace not in self.namespaces:
            return False
        if question.key == "/secrets":
            return question.verb == "get" and question.name in self.secrets
        if question.key == "/services/proxy" and question.verb == "get":
            return bool(self.reads)
        if question.verb in ("patch", "update", "create"):
            return question.key in self.writes
        plain = question.key.removesuffix("/status")
        return question.verb in READ and plain in self.reads


class Accounts:
    """The tokens one cluster knows."""

    def __init__(self) -> None:
        self._known: dict[str, Account] = {}

    def add(self, token: str, account: Account) -> None:
        self._known[token] = account

    def revoke(self, token: str) -> None:
        self._known.pop(token, None)

    def of(self, headers: dict[str, str]) -> Account:
        """Raises 401 for a missing or unknown token."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        account = self._known.get(token.strip()) if scheme.lower() == "bearer" else None
        if account is None:
            raise unauthorized()
        return account


def require(account: Account, question: Question) -> None:
    if not account.may(question):
        raise forbidden(
            account.user, question.verb, question.group, question.resource, question.namespace, question.name
        )


def review(account: Account, body: Obj) -> Obj:
    """Answer a SelfSubjectAccessReview."""
    asked = (body.get("spec") or {}).get("resourceAttributes") or {}
    resource = asked.get("resource", "")
    if asked.get("subresource"):
        resource += "/" + asked["subresource"]
    question = Question(
        asked.get("verb", ""), asked.get("group", ""), resource, asked.get("namespace", ""), asked.get("name", "")
    )
    allowed = account.may(question)
    status = {"allowed": True, "reason": "RBAC: allowed"} if allowed else {"allowed": False}
    return {
        **body,
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "status": status,
    }

"""The errors that may cross a layer. Each carries a sentence for a person; none carries headers, tokens or bodies."""

from __future__ import annotations


class KuratorUIError(Exception):
    """Base of all errors of this program. `str(error)` is a sentence that can be shown to a person."""


class InvalidInput(KuratorUIError):
    """What a person gave cannot be used; the sentence names what was wrong and what to do."""


class ClusterError(KuratorUIError):
    """A call to a cluster did not succeed."""


class Unreachable(ClusterError):
    """No answer, or not a whole one: refused, reset, timed out, TLS, 5xx."""


class Unfinished(Unreachable):
    """It was reached, but has not answered to the end: that took too long, or became too much."""


class Throttled(Unreachable):
    """The API server asked for patience (429, or 503 with Retry-After)."""

    def __init__(self, sentence: str, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unauthenticated(ClusterError):
    """401: the credential is not accepted (expired, revoked, of another cluster)."""


class Forbidden(ClusterError):
    """403: the account lacks a right; the sentence names verb and resource."""


class NotFound(ClusterError):
    """404: the object, or the kind itself, does not exist there."""


class Gone(ClusterError):
    """410: the resource version or continue token is too old; list again."""


class Conflict(ClusterError):
    """409: the object has changed since it was read."""


class Refused(ClusterError):
    """Any other refusal (400, 422, …), with the API server's own message."""


class MetricsError(KuratorUIError):
    """A question to a metrics source was not answered."""


class MetricsUnreachable(MetricsError):
    """No answer, or not a whole one: refused, timed out, 5xx, the way through the API server was closed."""


class MetricsUnfinished(MetricsUnreachable):
    """The source was reached, but has not answered to the end, as above: that may be so for this question only."""


class MetricsDenied(MetricsError):
    """401 or 403: of the source itself or of the API server in between."""


class QueryRefused(MetricsError):
    """The source did not accept the query (400, 422); the sentence carries what it said."""


class CredentialError(ClusterError):
    """The kubeconfig or Secret cannot be used; the sentence says what to do instead."""

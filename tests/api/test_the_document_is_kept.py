"""The API answers as its OpenAPI document says, whatever is sent: requests are made from the document, and broken."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from rollouts.api.site import PREFIX, document
from rollouts.domain import observations
from rollouts.models import Role
from tests.support.bare import make_inventory
from tests.support.builders import CHECKS as OF_ROLLOUT
from tests.support.builders import make_batch, make_cluster, make_command, make_rollout
from tests.support.governed import POLICY, make_policy, make_removal
from tests.support.measured import make_measured
from tests.support.new_canaries import make_new_canary
from tests.support.people import grant, make_person, make_token
from tests.support.whole import make_change

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asked")]
OPERATIONS = [(path, method) for path, methods in document()["paths"].items() for method in methods]
EXAMPLES = 30
FIELDS: dict[str, Any] = {"name": "cards", "url": "https://git.example.test/cards/deploy.git", "ref": "main"}
NEEDED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
load_all_checks()
WANTED: list[Any] = [one for one in CHECKS.get_all() if one.__name__ in NEEDED]


class Inside:
    """The program as a WSGI server calls it, within the transaction of the test: Django's own client does the same."""

    def __init__(self) -> None:
        self.application = get_wsgi_application()

    def __call__(self, environ: Any, start: Any) -> Any:
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            answer = self.application(environ, start)
            body = list(answer)
            answer.close()
            return body
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)


@pytest.fixture
def root() -> User:
    person = make_person("root")
    grant(person, Role.ADMIN, edits_policies=True)
    return person


@pytest.fixture
def known(root: User) -> dict[str, int]:
    """One of each thing, by the first word of its address."""
    rollout = make_rollout(make_cluster(), phase=observations.Phase.PROGRESSING, iterations=1, checks=OF_ROLLOUT)
    make_inventory(rollout.cluster.name)
    governed = make_policy("governed", phase=observations.Phase.PROGRESSING)
    return {
        "clusters": rollout.cluster_id,
        "rollouts": rollout.pk,
        "applications": rollout.application_id or 0,
        "releases": make_measured(rollout).pk,
        "commands": make_command(rollout, act="pause", state="requested", person=root).pk,
        "batches": make_batch([rollout], act="retry").pk,
        "policies": governed.pk,
        "removals": make_removal(governed).pk,
        "new-canaries": make_new_canary(rollout.cluster, root).pk,
        "application-changes": make_change(governed, root).pk,
    }


@pytest.mark.parametrize("broken", [False, True], ids=["fitting", "broken"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_sent_the_answer_is_one_of_the_document(
    path: str, method: str, broken: bool, known: dict[str, int], root: User
) -> None:
    """What fits is sent to things that are there."""
    secret = make_token(root, "operate").secret
    schema = schemathesis.openapi.from_dict(document())
    schema.app = Inside()
    mode = schemathesis.GenerationMode.NEGATIVE if broken else schemathesis.GenerationMode.POSITIVE

    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def check(case: schemathesis.Case[Any]) -> None:
        if not broken and "id" in case.path_parameters:
            of_kurator = ("applications/{id}/removals", "applications/{id}/deletions")
            of_policy = "/policies" in path or path.removeprefix(PREFIX).startswith(of_kurator)
            case.path_parameters["id"] = known["policies" if of_policy else path.split("/")[3]]
            if of_policy and "deletions" not in path and isinstance(case.body, dict):
                case.body["policy"] = POLICY
        if not broken and path.endswith("/new-canaries/form"):
            case.query |= {"namespace": "shop", "workload": "search"}
        if not broken and path.endswith("/new-canaries") and isinstance(case.body, dict):
            case.body |= {"namespace": "shop", "workload": "search", "service": "", "fields": {}}
        if not broken and path.endswith("/application-changes") and isinstance(case.body, dict):
            case.body["fields"] = FIELDS
        answered.append(case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=WANTED))

    answered: list[schemathesis.Response] = []
    check()
    assert broken or any(one.status_code in (200, 201, 409) for one in answered)

"""Whatever a request is made of: nothing is asked for, and what was stays as it is. The same for all that acts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.test import Client

from rollouts.models import Covers, Role
from tests.api.asking import API, bearer
from tests.support.builders import make_cluster, make_rollout
from tests.support.people import grant, make_person, make_token

Tries = list[tuple[str, dict[str, Any]]]
"""Addresses, and what is sent there."""


class Refuses:
    """To be a base of tests which have a fixture `tries`. `right`: what has to be granted beside the role."""

    right: ClassVar[dict[str, bool]] = {}

    def stays(self) -> None:
        """Asserts that nothing came of it."""
        raise NotImplementedError

    def statuses(self, client: Client, tries: Tries) -> set[int]:
        sent = [client.post(f"{API}{to}", given, content_type="application/json") for to, given in tries]
        self.stays()
        return {one.status_code for one in sent}

    def test_a_viewer(self, tries: Tries) -> None:
        viewer = make_person("viewer", Role.VIEWER)
        assert self.statuses(bearer(make_token(viewer, "operate").secret), tries) == {403}

    def test_a_token_for_looking(self, tries: Tries) -> None:
        root = make_person("root", is_superuser=True)
        assert self.statuses(bearer(make_token(root, "read").secret), tries) == {403}

    def test_an_operator_of_something_else_does_not_even_find_it(self, tries: Tries) -> None:
        person = make_person("bob")
        grant(person, Role.OPERATOR, Covers.NAMESPACE, namespace="bank")
        make_rollout(make_cluster(), namespace="bank", name="vault")
        assert self.statuses(bearer(make_token(person, "operate").secret), tries) == {404}

    def test_nobody(self, tries: Tries, client: Client) -> None:
        assert self.statuses(client, tries) == {401}
        assert self.statuses(bearer("kui_made-up"), tries) == {401}

    def test_a_session_of_who_may(self, tries: Tries, client: Client) -> None:
        client.force_login(make_person("olga", Role.OPERATOR))
        assert self.statuses(client, tries) == {401}

    def test_whose_grant_was_taken_away(self, tries: Tries) -> None:
        person = make_person("bob")
        grant(person, Role.OPERATOR, Covers.EVERYTHING, **self.right)
        client = bearer(make_token(person, "operate").secret)
        grant(person, Role.VIEWER)
        assert self.statuses(client, tries) == {403}

"""Programs with tokens: what each kind may, and which are not accepted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.models import Covers, Role, Rollout, Token
from rollouts.services import sign_ins, tokens
from tests.api.asking import API, bearer, get, names
from tests.support.builders import make_rollout
from tests.support.people import grant, make_person, make_token

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scope", ["read", "operate"])
def test_a_token_sees_what_its_person_sees(scope: str) -> None:
    ann = make_person("ann")
    make_rollout(namespace="shop", name="cart")
    make_rollout(namespace="bank", name="vault")
    grant(ann, Role.OPERATOR, Covers.NAMESPACE, namespace="shop")
    assert names(get(bearer(make_token(ann, scope).secret), "/rollouts")) == ["cart"]


def test_one_for_looking_is_told_that_its_person_may_not_act(running: Rollout) -> None:
    admin = make_person("ann", is_superuser=True)
    by = {scope: bearer(make_token(admin, scope, name=scope).secret) for scope in ("read", "operate")}
    said = {scope: get(client, f"/rollouts/{running.pk}")["may_not"] for scope, client in by.items()}
    assert (bool(said["read"]), said["operate"]) == (True, "")


def test_one_for_looking_reads_the_trail_if_its_person_may() -> None:
    admin, viewer = make_person("ann", Role.ADMIN), make_person("bob", Role.VIEWER)
    assert get(bearer(make_token(admin).secret), "/audit")["items"]
    get(bearer(make_token(viewer).secret), "/audit", 403)


class TestNotAccepted:
    @pytest.fixture
    def token(self) -> tokens.Made:
        return make_token(make_person("ann", Role.VIEWER))

    def test_an_unknown_one(self) -> None:
        response = bearer("kui_made-up").get(f"{API}/rollouts")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json()["error"]["code"] == "unauthenticated"

    def test_a_revoked_one(self, token: tokens.Made) -> None:
        client = bearer(token.secret)
        get(client, "/rollouts")
        tokens.revoke(token=token.token)
        get(client, "/rollouts", 401)

    def test_an_expired_one(self, token: tokens.Made) -> None:
        Token.objects.update(expires_at=timezone.now())
        get(bearer(token.secret), "/rollouts", 401)

    def test_one_of_a_stopped_account(self, token: tokens.Made) -> None:
        token.token.person.is_active = False
        token.token.person.save()
        get(bearer(token.secret), "/rollouts", 401)

    def test_one_whose_person_has_lost_every_grant(self, token: tokens.Made) -> None:
        token.token.person.grants.all().delete()
        get(bearer(token.secret), "/rollouts", 403)

    def test_a_session_beside_it_does_not_help(self, visitor: Client) -> None:
        response = visitor.get(f"{API}/rollouts", headers={"Authorization": "Bearer kui_made-up"})
        assert response.status_code == 401

    def test_a_session_alone_changes_nothing(self, operator: Client, running: Rollout) -> None:
        response = operator.post(f"{API}/rollouts/{running.pk}/preview", {}, content_type="application/json")
        assert response.status_code == 401

    def test_a_page_does_not_take_tokens(self, token: tokens.Made) -> None:
        assert bearer(token.secret).get("/").status_code == 302

    def test_guessing_ends_and_harms_no_token_that_is_good(self, token: tokens.Made) -> None:
        for _ in range(sign_ins.BY_ADDRESS):
            get(bearer("kui_made-up"), "/rollouts", 401)
        refused = bearer("kui_made-up").get(f"{API}/rollouts")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too-many")
        assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
        get(bearer(token.secret), "/rollouts")


def test_when_it_was_last_used_is_written_once_a_minute() -> None:
    now = timezone.now()
    made = make_token(make_person("ann", Role.VIEWER))
    seen = []
    for seconds in (0, 59, 60):
        tokens.use(secret=made.secret, now=now + timedelta(seconds=seconds))
        made.token.refresh_from_db()
        seen.append(made.token.used_at)
    assert seen == [now, now, now + timedelta(minutes=1)]

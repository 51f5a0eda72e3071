from __future__ import annotations

import pytest
from django.test import Client

from rollouts import access
from rollouts.queries import clusters


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_says_so(client: Client) -> None:
    response = client.get("/no-such-page")
    assert response.status_code == 404
    assert "This page does not exist" in response.content.decode()


@pytest.mark.django_db
def test_who_may_not_enter_is_told_so(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "may_enter", lambda person: False)
    response = visitor.get("/")
    assert response.status_code == 403
    assert "Nothing granted yet" in response.content.decode()


@pytest.mark.django_db
def test_an_error_of_the_program_needs_no_database_to_be_told(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **arguments: object) -> None:
        raise RuntimeError("the secret is 4711")

    monkeypatch.setattr(clusters, "marks", fail)
    visitor.raise_request_exception = False
    response = visitor.get("/")
    html = response.content.decode()
    assert response.status_code == 500
    assert "Something went wrong here" in html
    assert "4711" not in html


@pytest.mark.django_db
def test_the_sign_in_page_tells_nothing_of_who_exists(client: Client, django_user_model: type) -> None:
    django_user_model.objects.create_user("operator", password="correct horse battery")  # type: ignore[attr-defined]
    answers = [
        client.post("/sign-in/", {"username": name, "password": "wrong"}).content.decode().count("do not belong")
        for name in ("operator", "nobody")
    ]
    assert answers == [1, 1]

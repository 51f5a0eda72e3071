from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_answered_without_a_sign_in_under_any_host_name(client: Client, path: str) -> None:
    response = client.get(path, headers={"host": "10.1.2.3"})
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_a_stranger_is_sent_to_the_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert "/sign-in/" in response.headers["Location"] or "/login/" in response.headers["Location"]


def test_every_answer_carries_the_content_security_policy(client: Client) -> None:
    policy = client.get("/admin/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;")
    assert "unsafe" not in policy


def test_static_files_need_no_sign_in_and_are_answered_whole(client: Client) -> None:
    response = client.get("/static/admin/css/base.css")
    assert (response.status_code, response.streaming) == (200, False)
    assert response.headers["Content-Type"].startswith("text/css")
    assert len(response.content) == int(response.headers["Content-Length"]) > 1000
    assert client.get("/static/nothing.css").status_code == 404
    head = client.head("/static/admin/css/base.css")
    assert (head.content, head.headers["Content-Length"]) == (b"", response.headers["Content-Length"])
    unchanged = client.get(
        "/static/admin/css/base.css", headers={"if-modified-since": response.headers["Last-Modified"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    part = client.get("/static/admin/css/base.css", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, response.content[10:20])


def test_static_files_cannot_be_left_upwards(client: Client) -> None:
    for path in ("/static/../manage.py", "/static/%2e%2e/manage.py", "/static//etc/passwd"):
        assert client.get(path).status_code in {302, 404}


def test_the_icon_is_found_by_the_name_that_browsers_guess(client: Client) -> None:
    response = client.get("/favicon.ico", follow=True)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/svg+xml")

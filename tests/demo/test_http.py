from __future__ import annotations

import pytest

from kurator_ui.demo.http import MAX_BODY, take_request


def test_a_request_is_taken_only_when_it_is_whole() -> None:
    whole = b"POST /a?x=1&x=2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    for cut in range(len(whole)):
        assert take_request(bytearray(whole[:cut])) is None
    buffer = bytearray(whole + b"GET /next")
    request = take_request(buffer)
    assert request is not None
    assert (request.method, request.path, request.query, request.body) == ("POST", "/a", {"x": ["1", "2"]}, b"hello")
    assert buffer == b"GET /next"


def test_a_chunked_body_is_put_together() -> None:
    head = b"PATCH /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    for cut in range(len(whole)):
        assert take_request(bytearray(whole[:cut])) is None
    request = take_request(bytearray(whole))
    assert request is not None
    assert request.body == b"abcde"


@pytest.mark.parametrize(
    "wrong",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"x" * 70_000,
    ],
)
def test_what_is_no_request_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError):
        take_request(bytearray(wrong))

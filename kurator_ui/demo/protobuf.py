"""SelfSubjectAccessReview as kubectl sends it: built-in kinds travel as protobuf, and the answer may still be JSON."""

from __future__ import annotations

from collections.abc import Iterator

from kurator_ui.demo.errors import Obj, bad_request

MAGIC = b"k8s\x00"
RAW, SPEC, RESOURCE_ATTRIBUTES = 2, 2, 1
ATTRIBUTES = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}


def access_review(body: bytes) -> Obj:
    """The review as an object. Raises 400."""
    try:
        raw = _field(body[len(MAGIC) :], RAW)
        attributes = _field(_field(raw, SPEC), RESOURCE_ATTRIBUTES)
        asked = {ATTRIBUTES[number]: value.decode() for number, value in _fields(attributes) if number in ATTRIBUTES}
    except (IndexError, UnicodeDecodeError) as error:
        raise bad_request("unable to decode the protobuf body") from error
    return {"spec": {"resourceAttributes": asked}}


def _field(message: bytes, wanted: int) -> bytes:
    return next((value for number, value in _fields(message) if number == wanted), b"")


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of every length-delimited field; the kinds read here have no others but numbers."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        length, at = _number(message, at)
        if key & 7 == 2:
            yield key >> 3, message[at : at + length]
            at += length


def _number(message: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at

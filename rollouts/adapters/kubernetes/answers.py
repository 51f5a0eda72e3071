"""The shapes of what an API server answers around the objects themselves."""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct
from msgspec.json import Decoder

from rollouts.adapters.kubernetes.shapes import ListMeta, ObjectWithMeta


class Items(Struct):
    metadata: ListMeta
    items: list[Raw] | None = None


class Change(Struct):
    """A line of a watch."""

    type: str
    object: Raw = Raw(b"{}")


class Versions(Struct):
    class Version(Struct):
        version: str

    versions: list[Version]


class Resources(Struct):
    class Resource(Struct):
        name: str

    resources: list[Resource]


class ServerVersion(Struct, rename="camel"):
    git_version: str


class Review(Struct):
    class Status(Struct):
        allowed: bool = False

    status: Status


class SecretObject(Struct):
    data: dict[str, str | None] | None = None


ITEMS = Decoder(Items, strict=False)
CHANGE = Decoder(Change, strict=False)
ONE_OBJECT = Decoder(ObjectWithMeta, strict=False)
WHOLE_OBJECT = Decoder(dict[str, Any])
VERSIONS = Decoder(Versions)
RESOURCES = Decoder(Resources)
SERVER_VERSION = Decoder(ServerVersion)
REVIEW = Decoder(Review)
SECRET = Decoder(SecretObject)

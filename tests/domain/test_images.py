"""What is a reference to an image, and what is said of anything else."""

from __future__ import annotations

import pytest

from rollouts.domain import images

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "reference",
    [
        "nginx",
        "nginx:1.27",
        "library/nginx:1.27-alpine",
        "registry.example.test/shop/checkout:v2.0.0",
        "localhost:5000/checkout",
        "localhost/checkout:1",
        "10.0.0.1:5000/a__b/c--d.e_f:T_1.2-x",
        f"ghcr.io/shop/checkout@{DIGEST}",
        f"ghcr.io/shop/checkout:2.0.0@{DIGEST}",
        "Registry.Example.test/checkout:1",
    ],
)
def test_what_registries_take_is_taken(reference: str) -> None:
    assert images.trouble(reference) == ""


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "Give the whole image"),
        ("ngi nx", "no spaces"),
        ("nginx:1 ", "no spaces"),
        ("Nginx:1", "“Nginx” cannot stand"),
        ("shop/Checkout:1", "“Checkout” cannot stand"),
        ("https://registry.example.test/checkout", "is not the name of a registry"),
        ("registry.example.test//checkout", "An empty part"),
        ("registry.example.test/", "An empty part"),
        ("-x.example.test/checkout", "is not the name of a registry"),
        ("nginx:", "“” is not a tag"),
        ("nginx:-1", "“-1” is not a tag"),
        (f"nginx:{'x' * 129}", "is not a tag"),
        ("nginx@", "is not a digest"),
        ("nginx@sha256:abc", "is not a digest"),
        (f"nginx@{DIGEST[:-1]}", "64 hexadecimal"),
        (f"nginx@{DIGEST}:1", "is not a digest"),
        (f"{'a' * 256}:1", "longer than 255"),
        ("nginx:1\n", "no spaces"),
        ("<b>", "“<b>” cannot stand"),
    ],
)
def test_anything_else_is_answered_with_what_is_wrong(reference: str, words: str) -> None:
    assert words in images.trouble(reference)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("localhost:5000/a", ("localhost:5000/a", None, None)),
        ("a:1@sha256:x", ("a", "1", "sha256:x")),
        ("r:5000/a:1", ("r:5000/a", "1", None)),
    ],
)
def test_a_port_is_no_tag(reference: str, found: tuple[str, str | None, str | None]) -> None:
    assert images.parts(reference) == found

from __future__ import annotations

import pytest

from rollouts.queries.versions import name_of, tag_of, versions


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("podinfo:6.5.0", "podinfo", "6.5.0"),
        ("registry.example.test:5000/team/podinfo:6.5.0", "podinfo", "6.5.0"),
        ("registry.example.test:5000/team/podinfo", "podinfo", "latest"),
        ("podinfo@sha256:0123456789abcdef0123", "podinfo", "0123456789ab"),
        ("podinfo:6.5.0@sha256:0123456789abcdef0123", "podinfo", "6.5.0"),
        ("podinfo", "podinfo", "latest"),
        ("", "", "latest"),
    ],
)
def test_an_image_has_a_name_and_a_tag(image: str, name: str, tag: str) -> None:
    assert (name_of(image), tag_of(image)) == (name, tag)


def test_the_container_that_differs_gives_the_version() -> None:
    blue, green = versions(["proxy:1", "app:2.0"], ["proxy:1", "app:2.1"])
    assert blue is not None
    assert green is not None
    assert (blue.short, green.short) == ("2.0", "2.1")
    assert green.full == "proxy:1\napp:2.1"


def test_another_image_with_the_same_tag_is_told_apart_by_its_name() -> None:
    blue, green = versions(["shop/cart:1.0"], ["shop/basket:1.0"])
    assert blue is not None
    assert green is not None
    assert (blue.short, green.short) == ("cart:1.0", "basket:1.0")


@pytest.mark.parametrize(("blue", "green"), [([], []), ([], ["app:1"]), (["app:1"], []), (["a:1", "b:1"], ["a:1"])])
def test_a_side_that_was_not_read_has_no_version(blue: list[str], green: list[str]) -> None:
    found = versions(blue, green)
    assert [one is not None for one in found] == [bool(blue), bool(green)]

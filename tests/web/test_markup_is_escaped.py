from __future__ import annotations

import pytest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given, settings
from hypothesis import strategies as some

from rollouts.templatetags.show import breakable
from rollouts.web.markup import markup

VALUES = some.one_of(some.text(), some.text("<>&\"'{}%"), some.integers(), some.floats(), some.none(), some.booleans())


@settings(deadline=None)
@given(VALUES, VALUES)
def test_values_are_escaped_as_django_escapes_them(one: object, other: object) -> None:
    text = '<b title="{}">{}</b>'
    assert markup(text, one, other) == format_html(text, one, other)
    assert markup('<b title="{a}">{b}</b>', a=one, b=other) == format_html(text, one, other)


def test_markup_is_put_into_markup_as_it_is() -> None:
    inner = markup("<i>{}</i>", "<script>")
    assert markup("<p>{}</p>", inner) == "<p><i>&lt;script&gt;</i></p>"
    assert markup("<p>{}</p>", mark_safe("<hr>")) == "<p><hr></p>"
    assert isinstance(inner, SafeString)


def test_a_value_is_no_template() -> None:
    assert markup("{} {}", "{0.__class__}", "{}") == "{0.__class__} {}"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(IndexError):
        markup("<p>{}</p>")


def test_what_may_be_broken_between_its_parts_is_escaped_all_the_same() -> None:
    assert breakable("registry.test:5000/shop/cart:1.2.3") == (
        "registry.<wbr>test:<wbr>5000/<wbr>shop/<wbr>cart:<wbr>1.2.3"
    )
    assert breakable("x/<b>&'y") == "x/&lt;b&gt;&amp;&#x27;y"
    assert breakable("took 1.5 s") == "took 1.5 s"

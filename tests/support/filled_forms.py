"""What a browser sends of a form that nobody has touched, by the rules of HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


def untouched(html: str) -> dict[str, str]:
    """The last of each name, as the program reads it. Buttons are not pressed."""
    form = _Form()
    form.feed(html.replace("\r\n", "\n").replace("\r", "\n"))  # so does whoever reads HTML
    form.close()
    return {name: "\r\n".join(said.split("\n")) for name, said in form.sent}


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self._area: tuple[str, list[str]] | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attributes)
        name = given.get("name", "")
        if tag == "textarea":
            self._area = name, []
        elif tag == "select":
            self._select = name, []
        elif tag == "option" and self._select is not None:
            self._select[1].append((given.get("value") or "", "selected" in given))
        elif tag == "input" and name:
            self._input(name, given)

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            name, said = self._area
            self.sent.append((name, "".join(said).removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._select is not None:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [value for value, _ in options]
            self.sent.append((name, chosen[0]))
            self._select = None

    def _input(self, name: str, given: dict[str, Any]) -> None:
        value, kind = given.get("value") or "", given.get("type", "text")
        if kind == "checkbox" and "checked" not in given:
            return
        self.sent.append((name, value.replace("\n", "").replace("\r", "") if kind == "text" else value))

"""What a person reads when everything is up."""

from __future__ import annotations

from collections.abc import Iterable

from kurator_ui.run.passwords import Person


def welcome(host: str, port: int, people: Iterable[Person], hint: str) -> None:
    near = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    lines = [f"kurator-ui is ready: http://{near}:{port}/", ""]
    lines += [f"  {person.name:<10} {person.password}" for person in people]
    lines += ["", hint, "Ctrl-C ends it; the next start continues from here."]
    print("\n".join(lines), flush=True)

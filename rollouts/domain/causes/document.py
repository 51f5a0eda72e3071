"""All causes as a text in Markdown: `docs/causes.md`, for who reads without the program."""

from __future__ import annotations

from collections.abc import Iterator

from rollouts.domain.causes.examples import Entry, catalogue

INTRODUCTION = """# Why is it here?
Every cause that kurator-ui can tell, in the order in which it tells them. The examples are judged by the same rules as
your rollouts; the page `/causes/` shows the same. Written by `manage.py causes > docs/causes.md`.

What Flagger meets is read from the Canary, its Events and its two sides. Kurator writes no Events about an Application:
what it meets is read from the policy, as Kurator would read it, and from the statuses of Flux that Kurator copies to
it. What Kurator keeps to its own log (a member cluster that refuses it, for one) cannot be seen from here.
"""


def markdown() -> str:
    return "\n".join([INTRODUCTION, *(line for entry in catalogue() for line in _entry(entry))])


def _entry(entry: Entry) -> Iterator[str]:
    yield f'<a id="{entry.kind.value}"></a>\n\n## {entry.title}'
    yield f"> {entry.example.sentence}\n"
    yield "Drawn from:\n"
    for one in entry.example.evidence:
        yield f"* {one.object}, {one.field}: `{one.said}`"
    yield f"\nWhat usually helps: {entry.helps}\n"
    yield f"Where it can be seen: {entry.seen.where}\n"
    if entry.seen.commands:
        yield from ("```sh", *entry.seen.commands, "```\n")

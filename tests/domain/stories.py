"""What the recordings tell, written down from the raw streams.

A row is one transition: time (of Flagger's write, or of arrival), phase, iterations, failed checks, green's share of
the users, live side, suspended, why.
"""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[str, str, int, int, int, str, bool, str | None]


@dataclass(frozen=True)
class Run:
    """One release: what triggered it, how it ended, from and to which tag of podinfo, from when to when."""

    trigger: str
    outcome: str
    analysis: str
    versions: tuple[str, str]
    times: tuple[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Story:
    runs: tuple[Run, ...] = ()
    between: tuple[Row, ...] = ()


NEW = "new revision detected, green scaled up"
NEWER = "newer revision, analysis restarted"
ONE, TWO, THREE = (f"iteration {number} of 3" for number in (1, 2, 3))
TO_GREEN, TO_BLUE = "all traffic routed to green", "all traffic routed to blue"
COPIED = "green's version copied to blue"
DONE = "promotion completed, green scaled down"
ROLLED_BACK = "rolled back: failed checks threshold reached 2"


def on_blue(
    time: str,
    phase: str,
    iterations: int = 0,
    failed: int = 0,
    *,
    why: str | None = None,
    suspended: bool = False,
) -> Row:
    return (time, phase, iterations, failed, 0, "blue", suspended, why)


def on_green(time: str, phase: str, iterations: int, *, why: str | None = None) -> Row:
    return (time, phase, iterations, 0, 100, "green", False, why)


STORIES = {
    "plain-success": Story(
        (
            Run(
                "image",
                "succeeded",
                "completed",
                ("6.5.0", "6.50354.0"),
                ("16:13:03", "16:14:13"),
                (
                    on_blue("16:13:03", "Progressing", why=NEW),
                    on_blue("16:13:13", "Progressing", 1, why=ONE),
                    on_blue("16:13:23", "Progressing", 2, why=TWO),
                    on_blue("16:13:33", "Progressing", 3, why=THREE),
                    on_green("16:13:43", "Progressing", 3, why=TO_GREEN),
                    on_green("16:13:43", "Progressing", 4),
                    on_green("16:13:53", "Promoting", 4, why=COPIED),
                    on_blue("16:14:03", "Promoting", 4, why=TO_BLUE),
                    on_blue("16:14:03", "Finalising"),
                    on_blue("16:14:13", "Succeeded", why=DONE),
                ),
            ),
        )
    ),
    "plain-failure": Story(
        (
            Run(
                "image",
                "failed",
                "completed",
                ("6.50354.0", "6.50355.0"),
                ("16:14:23", "16:15:03"),
                (
                    on_blue("16:14:23", "Progressing", why=NEW),
                    on_blue("16:14:33", "Progressing", 1, why=ONE),
                    on_blue("16:14:43", "Progressing", 1, 1, why="success rate 65.62% < 99%"),
                    on_blue("16:14:53", "Progressing", 1, 2, why="success rate 67.50% < 99%"),
                    on_blue("16:15:03", "Failed", why=ROLLED_BACK),
                ),
            ),
        )
    ),
    "plain-abort": Story(
        (
            Run(
                "image",
                "failed",
                "aborted",
                ("6.50354.0", "6.50356.0"),
                ("16:15:13", "16:15:33"),
                (
                    on_blue("16:15:13", "Progressing", why=NEW),
                    on_blue("16:15:23", "Progressing", 1, why=ONE),
                    on_blue("16:15:23", "Progressing", 1, 2, why="failedChecks set to 2, not by Flagger"),
                    on_blue("16:15:33", "Failed", why=ROLLED_BACK),
                ),
            ),
        )
    ),
    "plain-fast-forward": Story(
        (
            Run(
                "image",
                "succeeded",
                "completed",
                ("6.50354.0", "6.50357.0"),
                ("16:15:43", "16:16:33"),
                (
                    on_blue("16:15:43", "Progressing", why=NEW),
                    on_blue("16:15:53", "Progressing", 1, why=ONE),
                    on_blue("16:15:53", "Progressing", 3, why="iterations set to 3, not by Flagger"),
                    on_green("16:16:03", "Progressing", 3, why=TO_GREEN),
                    on_green("16:16:03", "Progressing", 4),
                    on_green("16:16:13", "Promoting", 4, why=COPIED),
                    on_blue("16:16:23", "Promoting", 4, why=TO_BLUE),
                    on_blue("16:16:23", "Finalising"),
                    on_blue("16:16:33", "Succeeded", why=DONE),
                ),
            ),
        )
    ),
    # The rate limit of Events had been reached: the recording holds few of Flagger's.
    "plain-skip-analysis": Story(
        (
            Run(
                "image",
                "succeeded",
                "skipped",
                ("6.50357.0", "6.50359.0"),
                ("16:17:43", "16:18:03"),
                (
                    on_blue("16:17:43", "Progressing"),
                    on_blue("16:17:53", "Progressing", 1),
                    on_blue("16:18:03", "Succeeded"),
                ),
            ),
        )
    ),
    "plain-suspended-aborted-resumed": Story(
        (
            Run(
                "image",
                "failed",
                "aborted",
                ("6.50359.0", "6.50360.0"),
                ("16:18:13", "16:19:13"),
                (
                    on_blue("16:18:13", "Progressing"),
                    on_blue("16:18:23", "Progressing", 1),
                    on_blue("16:18:23", "Progressing", 1, suspended=True),
                    on_blue(
                        "16:18:48", "Progressing", 1, 2, suspended=True, why="failedChecks set to 2, not by Flagger"
                    ),
                    on_blue("16:19:03", "Progressing", 1, 2),
                    on_blue("16:19:13", "Failed", why=ROLLED_BACK),
                ),
            ),
        )
    ),
    "plain-failed-retried": Story(
        (
            Run(
                "image",
                "failed",
                "completed",
                ("6.50359.0", "6.50361.0"),
                ("16:19:23", "16:20:03"),
                (
                    on_blue("16:19:23", "Progressing"),
                    on_blue("16:19:33", "Progressing", 1),
                    on_blue("16:19:43", "Progressing", 1, 1, why="success rate 53.75% < 99%"),
                    on_blue("16:19:53", "Progressing", 1, 2, why="success rate 50.00% < 99%"),
                    on_blue("16:20:03", "Failed", why=ROLLED_BACK),
                ),
            ),
            Run(
                "template",
                "succeeded",
                "completed",
                ("6.50359.0", "6.50361.0"),
                ("16:20:13", "16:21:23"),
                (
                    on_blue("16:20:13", "Progressing"),
                    on_blue("16:20:23", "Progressing", 1),
                    on_blue("16:20:33", "Progressing", 2),
                    on_blue("16:20:43", "Progressing", 3),
                    on_green("16:20:53", "Progressing", 3),
                    on_green("16:20:53", "Progressing", 4),
                    on_green("16:21:03", "Promoting", 4),
                    on_blue("16:21:13", "Promoting", 4),
                    on_blue("16:21:13", "Finalising"),
                    on_blue("16:21:23", "Succeeded"),
                ),
            ),
        )
    ),
    "plain-never-ready": Story(
        (
            Run(
                "image",
                "failed",
                "aborted",
                ("6.50901.0", "broken"),
                ("16:26:23", "16:27:13"),
                (
                    on_blue("16:26:23", "Progressing"),
                    on_blue("16:26:35", "Progressing", 0, 2, why="failedChecks set to 2, not by Flagger"),
                    on_blue("16:27:13", "Failed", why=ROLLED_BACK),
                ),
            ),
            Run(
                "image",
                "succeeded",
                "completed",
                ("6.50901.0", "6.50902.0"),
                ("16:27:23", "16:28:33"),
                (
                    on_blue("16:27:23", "Progressing"),
                    on_blue("16:27:33", "Progressing", 1),
                    on_blue("16:27:43", "Progressing", 2, why=TWO),
                    on_blue("16:27:53", "Progressing", 3),
                    on_green("16:28:03", "Progressing", 3),
                    on_green("16:28:03", "Progressing", 4),
                    on_green("16:28:13", "Promoting", 4),
                    on_blue("16:28:23", "Promoting", 4),
                    on_blue("16:28:23", "Finalising"),
                    on_blue("16:28:33", "Succeeded"),
                ),
            ),
        )
    ),
    "plain-gate": Story(
        (
            Run(
                "image",
                "succeeded",
                "completed",
                ("6.50902.0", "6.51341.0"),
                ("16:29:03", "16:30:53"),
                (
                    on_blue("16:29:03", "Progressing"),
                    on_blue("16:29:13", "Progressing", 1),
                    on_blue("16:29:23", "Progressing", 2),
                    on_blue("16:29:33", "Progressing", 3),
                    on_blue("16:29:43", "WaitingPromotion", 2, why="promotion waits for approval by gate"),
                    on_blue("16:29:53", "WaitingPromotion", 3),
                    on_blue("16:30:03", "WaitingPromotion", 2),
                    on_blue("16:30:13", "WaitingPromotion", 3),
                    on_green("16:30:23", "WaitingPromotion", 3),
                    on_green("16:30:23", "WaitingPromotion", 4),
                    on_green("16:30:33", "Promoting", 4),
                    on_blue("16:30:43", "Promoting", 4),
                    on_blue("16:30:43", "Finalising"),
                    on_blue("16:30:53", "Succeeded"),
                ),
            ),
        )
    ),
}

"""What the recordings made through a Kurator Application tell. See `stories.py`."""

from __future__ import annotations

from tests.domain.stories import (
    COPIED,
    DONE,
    NEW,
    NEWER,
    ONE,
    THREE,
    TO_BLUE,
    TO_GREEN,
    TWO,
    Run,
    Story,
    on_blue,
    on_green,
)

KURATOR_STORIES = {
    "kurator-success": Story(
        (
            Run(
                "image",
                "succeeded",
                "completed",
                ("6.5.0", "6.54599.0"),
                ("17:23:25", "17:24:35"),
                (
                    on_blue("17:23:25", "Progressing", why=NEW),
                    on_blue("17:23:35", "Progressing", 1, why=ONE),
                    on_blue("17:23:45", "Progressing", 2, why=TWO),
                    on_blue("17:23:55", "Progressing", 3, why=THREE),
                    on_green("17:24:05", "Progressing", 3, why=TO_GREEN),
                    on_green("17:24:05", "Progressing", 4),
                    on_green("17:24:15", "Promoting", 4, why=COPIED),
                    on_blue("17:24:25", "Promoting", 4, why=TO_BLUE),
                    on_blue("17:24:25", "Finalising"),
                    on_blue("17:24:35", "Succeeded", why=DONE),
                ),
            ),
        ),
        (on_blue("17:24:35", "Succeeded", suspended=True),),
    ),
    "kurator-overwrite": Story(between=(on_blue("17:24:39", "Succeeded"),)),
    "kurator-suspend": Story(
        between=(on_blue("17:24:40", "Succeeded", suspended=True), on_blue("17:24:40", "Succeeded"))
    ),
    "kurator-skip-analysis": Story(
        (
            Run(
                "image",
                "succeeded",
                "skipped",
                ("6.54599.0", "6.54601.0"),
                ("17:25:15", "17:25:35"),
                (
                    on_blue("17:25:15", "Progressing", why=NEW),
                    on_blue("17:25:25", "Progressing", 1, why=ONE),
                    on_blue("17:25:35", "Succeeded", why="promotion completed, analysis skipped"),
                ),
            ),
        )
    ),
    "kurator-newer-version": Story(
        (
            Run(
                "image",
                "superseded",
                "running",
                ("6.5.0", "6.54866.0"),
                ("17:29:05", "17:29:35"),
                (
                    on_blue("17:29:05", "Progressing", why=NEW),
                    on_blue("17:29:15", "Progressing", 1, why=ONE),
                    on_blue("17:29:25", "Progressing", 2, why=TWO),
                ),
            ),
            Run(
                "image",
                "succeeded",
                "completed",
                ("6.5.0", "6.54867.0"),
                ("17:29:35", "17:30:45"),
                (
                    on_blue("17:29:35", "Progressing", why=NEWER),
                    on_blue("17:29:45", "Progressing", 1, why=ONE),
                    on_blue("17:29:55", "Progressing", 2, why=TWO),
                    on_blue("17:30:05", "Progressing", 3, why=THREE),
                    on_green("17:30:15", "Progressing", 3, why=TO_GREEN),
                    on_green("17:30:15", "Progressing", 4),
                    on_green("17:30:25", "Promoting", 4, why=COPIED),
                    on_blue("17:30:35", "Promoting", 4, why=TO_BLUE),
                    on_blue("17:30:35", "Finalising"),
                    on_blue("17:30:45", "Succeeded", why=DONE),
                ),
            ),
        )
    ),
    "kurator-rollout-removed": Story(),
}

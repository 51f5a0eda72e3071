"""The command line of `kurator_ui.run`. Troubles are one line and exit code 1."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from kurator_ui.run.preflight import Trouble, sole_use, usable_folder

TOUR = "default/gift-cards"
"""The Application of the demo fleet that nothing releases by itself."""
ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m kurator_ui.run", description=__doc__)
    parser.add_argument("what", choices=["demo", "own", "stack", "serve", "prepare"])
    what: str = parser.parse_args(arguments).what
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kurator_ui.settings")
    try:
        return _run(what)
    except Trouble as trouble:
        print(f"kurator-ui: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(what: str) -> int:
    host = os.environ.get("KURATOR_UI_HOST") or "127.0.0.1"
    text = os.environ.get("KURATOR_UI_PORT") or "8080"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Trouble("KURATOR_UI_PORT must be a port number.")
    port = int(text)
    if what == "serve":
        return _serve(host, port)
    if what == "prepare":
        return _prepare()
    state = usable_folder(Path(os.environ.get("KURATOR_UI_STATE") or ROOT / ".state").absolute())
    os.environ["KURATOR_UI_STATE"] = str(state)
    with sole_use(state):
        if what == "stack":
            from kurator_ui.run.stack import run_stack  # noqa: PLC0415

            return run_stack(host, port, state)
        return _run_embedded(what, host, port, state)


def _run_embedded(what: str, host: str, port: int, state: Path) -> int:
    if os.environ.get("KURATOR_UI_REDIS_URL"):
        raise Trouble("KURATOR_UI_REDIS_URL is set, but this starts an installation of one process. Unset it.")
    if what == "demo":
        if os.environ.get("KURATOR_UI_DATABASE_URL"):
            raise Trouble("KURATOR_UI_DATABASE_URL is set: the demo does not write to a database of yours. Unset it.")
        os.environ.setdefault("KURATOR_UI_LOG_LEVEL", "WARNING")  # the terminal is for the sign-ins
        os.environ.setdefault("KURATOR_UI_TOUR", TOUR)
    _set_django_up()
    from kurator_ui.run.embedded import run_demo, run_own  # noqa: PLC0415  (needs Django)

    return (run_demo if what == "demo" else run_own)(host, port, state)


def _serve(host: str, port: int) -> int:
    """Only the ASGI server, for an installation whose other processes run elsewhere."""
    from kurator_ui.run.preflight import demand_port  # noqa: PLC0415
    from kurator_ui.run.server import serve  # noqa: PLC0415

    demand_port(host, port)
    _set_django_up()
    return serve(host, port, when_ready=lambda: print(f"Serving on http://{host}:{port}/", flush=True))


def _prepare() -> int:
    """What must be done once before the processes of an installation start."""
    _set_django_up()
    from django.conf import settings  # noqa: PLC0415

    from kurator_ui.run.prepare import prepare  # noqa: PLC0415  (needs Django)

    prepare(settings.STATE_DIR, ("admin",))
    return 0


def _set_django_up() -> None:
    import django  # noqa: PLC0415
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415

    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise Trouble(str(error)) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

RECORDINGS = Path(__file__).parent.parent / "recordings"
SUCCESS, FAILURE = (str(RECORDINGS / f"plain-{name}.jsonl") for name in ("success", "failure"))


def replay(*arguments: str) -> str:
    out = StringIO()
    call_command("replay", *arguments, stdout=out)
    return out.getvalue()


def test_the_json_form_is_the_documented_one() -> None:
    [release] = json.loads(replay(FAILURE, "--json"))["releases"]
    transitions = release.pop("transitions")
    assert release == {
        "cluster": "kurator-member1",
        "namespace": "webapp",
        "name": "backend",
        "strategy": "blue-green",
        "trigger": "image",
        "outcome": "failed",
        "analysis": "completed",
        "started_at": "2026-11-23T16:14:23Z",
        "start_approximate": False,
        "ended_at": "2026-11-23T16:15:03Z",
        "from": ["ghcr.io/stefanprodan/podinfo:6.50354.0"],
        "to": ["ghcr.io/stefanprodan/podinfo:6.50355.0"],
    }
    assert len(transitions) == 5
    assert transitions[2] == {
        "at": "2026-11-23T16:14:43Z",
        "seen_at": "2026-11-23T16:14:43.095Z",
        "phase": "Progressing",
        "iterations": 1,
        "failed_checks": 1,
        "weight": 0,
        "live_side": "blue",
        "live_source": "routing",
        "suspended": False,
        "why": "success rate 65.62% < 99%",
    }


def test_several_files_are_one_history_in_whatever_order_they_are_given() -> None:
    told = json.loads(replay(FAILURE, SUCCESS, "--json"))
    assert [release["outcome"] for release in told["releases"]] == ["succeeded", "failed"]


def test_a_release_that_is_not_over_has_no_end(tmp_path: Path) -> None:
    lines = Path(SUCCESS).read_text(encoding="utf-8").splitlines(keepends=True)
    cut = tmp_path / "cut.jsonl"
    cut.write_text("".join(lines[:12]), encoding="utf-8")
    [release] = json.loads(replay(str(cut), "--json"))["releases"]
    assert (release["outcome"], release["analysis"], release["ended_at"]) == ("running", "running", None)


def test_the_text_form_tells_releases_and_what_happened_between_them() -> None:
    told = replay(str(RECORDINGS / "kurator-success.jsonl"))
    assert "release 1 (blue-green): succeeded, analysis completed, trigger image" in told
    assert "between releases" in told and "suspended" in told
    assert "all traffic routed to green" in told


def test_a_history_without_releases_is_told_too() -> None:
    assert json.loads(replay(str(RECORDINGS / "kurator-suspend.jsonl"), "--json")) == {"releases": []}
    assert "nothing changed" in replay(str(RECORDINGS / "kurator-rollout-removed.jsonl"))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "not a line of a recording"),
        ('{"cluster": "a"}', "'event' is missing"),
        ('{"cluster": "a", "path": "/x", "at": 1, "event": {"type": "SEEN", "object": {}}}', "not 'SEEN'"),
        ('{"cluster": "a", "path": "/x", "at": "soon", "event": {"type": "ADDED", "object": {}}}', "not a line"),
        ('{"cluster": "a", "path": "/x", "at": 1e300, "event": {"type": "ADDED", "object": {}}}', "not a line"),
    ],
)
def test_a_bad_line_is_named_by_file_and_number(tmp_path: Path, line: str, complaint: str) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(CommandError) as raised:
        replay(str(bad))
    assert str(raised.value).startswith(f"{bad}, line 2: ")
    assert complaint in str(raised.value) and "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        replay(str(tmp_path / "nothing.jsonl"))


def test_an_object_that_cannot_be_read_is_reported_and_stops_nothing(tmp_path: Path) -> None:
    broken = {"metadata": {"namespace": "webapp", "name": "odd"}, "spec": "none"}
    line = {
        "cluster": "a",
        "path": "/apis/flagger.app/v1beta1/canaries",
        "at": 1,
        "event": {"type": "ADDED", "object": broken},
    }
    odd, errors, out = tmp_path / "odd.jsonl", StringIO(), StringIO()
    odd.write_text(json.dumps(line), encoding="utf-8")
    call_command("replay", str(odd), SUCCESS, "--json", stdout=out, stderr=errors)
    assert "webapp/odd is unreadable" in errors.getvalue()
    assert len(json.loads(out.getvalue())["releases"]) == 1


def test_bookmarks_and_collections_that_do_not_matter_are_passed_over(tmp_path: Path) -> None:
    lines = [
        {"cluster": "a", "path": "/api/v1/pods", "at": 1, "event": {"type": "ADDED", "object": {}}},
        {
            "cluster": "a",
            "path": "/apis/flagger.app/v1beta1/canaries",
            "at": 2,
            "event": {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "7"}}},
        },
    ]
    quiet = tmp_path / "quiet.jsonl"
    quiet.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    assert replay(str(quiet)).strip() == "No Canary in this recording."

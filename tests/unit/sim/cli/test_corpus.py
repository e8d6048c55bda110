"""`initd-sim corpus`: what is kept, what is added, what is there already."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from sim.cli import main
from sim.generate import scenario
from sim.scenario import Scenario, from_json, to_json
from sim.stage import core, sieges
from sim.stage.siege import siege_of

KEPT = sorted(Path("tests/property/corpus").glob("*.json"))


@pytest.fixture
def folder(tmp_path):
    """A corpus with two files of ours."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in KEPT[:2]:
        shutil.copy(path, corpus)
    return corpus


def run(capsys, folder, *words):
    status = main(["corpus", *words, "--directory", str(folder)])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def written(tmp_path, case):
    path = tmp_path / "given.json"
    path.write_text(to_json(case) if isinstance(case, Scenario) else sieges.to_json(case))
    return str(path)


def test_the_corpus_of_the_checkout_goes_well(capsys):
    assert main(["corpus", "run"]) == 0
    assert f"{len(KEPT) + len(list(Path('tests/property/sieges').glob('*.json')))} passed" in capsys.readouterr().out


def test_it_is_listed_with_what_is_in_it(capsys, folder):
    status, lines, _ = run(capsys, folder, "list")
    assert status == 0 and len(lines) == 2
    assert lines[0].startswith(f"{folder / KEPT[0].name}: ")


def test_what_fails_in_it_is_named_and_told_to_ci(capsys, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(core, "play", lambda played: [])
    status, lines, _ = run(capsys, folder, "run", "--junit", str(tmp_path / "x.xml"))
    assert status == 1
    assert lines[0].startswith(f"FAILED {folder / KEPT[0].name}: ") and lines[1].startswith("  must hold: ")
    assert lines[-1].startswith("0 passed, 2 failed in ")
    assert ElementTree.parse(tmp_path / "x.xml").getroot().get("failures") == "2"


def test_what_passes_is_added_as_it_is_under_a_name_that_says_what_is_done_in_it(capsys, folder, tmp_path):
    case = scenario(3, "plain")
    status, lines, _ = run(capsys, folder, "add", written(tmp_path, case))
    assert status == 0 and lines[1] == "  it passes, so it was not shrunk"
    (new,) = [path for path in folder.iterdir() if path.name not in {each.name for each in KEPT}]
    assert new.name.startswith("passes-")
    assert from_json(new.read_text()) == case


def test_what_fails_is_shrunk_first_and_named_after_who_noticed(capsys, folder, tmp_path, monkeypatch):
    honest = core.play
    monkeypatch.setattr(core, "play", lambda played: [e for e in honest(played) if e[3] != "RUNNING"])
    status, lines, _ = run(capsys, folder, "add", written(tmp_path, scenario(3, "plain")))
    assert status == 0 and lines[1].startswith("  fails: V1 fail at ")
    new = from_json((folder / "v1-alone.json").read_text())
    assert len(new.programs()) == 1 and not new.ops


def test_what_is_there_is_refused_under_any_name_of_its_programs(capsys, folder, tmp_path):
    case = from_json(KEPT[0].read_text())
    groups = tuple(
        group.replace(name=f"x{group.name}", programs=tuple(each.replace(name=f"y{each.name}") for each in group.programs))
        for group in case.groups
    )
    ops = tuple(op.replace(target=f"x{op.target}".replace(":", ":y") if op.target else "") for op in case.ops)
    for same in (case, case.replace(groups=groups, ops=ops)):
        status, _, err = run(capsys, folder, "add", written(tmp_path, same))
        assert status == 2 and f"is there already: {folder / KEPT[0].name}" in err
    assert len(list(folder.iterdir())) == 2


def test_a_name_that_is_taken_gets_a_number(capsys, folder, tmp_path):
    for seed in (3, 4, 5):
        assert run(capsys, folder, "add", written(tmp_path, scenario(seed, "plain")), "--name", "mine")[0] == 0
    assert {"mine.json", "mine-2.json", "mine-3.json"} <= {path.name for path in folder.iterdir()}


def test_a_siege_is_kept_as_well(capsys, folder, tmp_path):
    assert run(capsys, folder, "add", written(tmp_path, siege_of(3)))[0] == 0
    assert run(capsys, folder, "run")[1][-1].startswith("3 passed, 0 failed in ")
    assert run(capsys, folder, "add", written(tmp_path, siege_of(3)))[0] == 2


def test_no_corpus_is_a_usage_error(capsys, tmp_path):
    for words in (["list"], ["run"], ["add", written(tmp_path, siege_of(3))]):
        assert run(capsys, tmp_path / "none", *words)[0] == 2

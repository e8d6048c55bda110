"""`--html` of the commands writes a page that can be read, or says why not."""

from __future__ import annotations

import os

import pytest

from sim.cli import main
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario, to_json
from sim.stage import core
from tests.unit.sim.pages import Page

A = "a:a"
FORGETS = Scenario(
    (Group("a", (Program("a", (Life(None, 0, 3 * SECOND_NS),)),)),),
    (Op(3 * SECOND_NS, Kind.STOP, A), Op(4 * SECOND_NS, Kind.START, A)),
    20 * SECOND_NS,
)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "in.json").write_text(to_json(FORGETS))
    return str(tmp_path / "in.json"), str(tmp_path / "out.html")


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    Page(text)
    return text


def test_replay_writes_the_lanes_of_ours_and_of_whoever_is_asked_for(files, capsys):
    source, page = files
    assert main(["replay", source, "--oracle", "--model", "--html", page]) == 0
    text = read(page)
    assert text.count("<i>supervisor 4.3.0</i>") == text.count("<i>reference model</i>") == 1
    assert "D20" in text and "kind&quot;: &quot;start" in text
    assert main(["replay", source, "--html", page]) == 0
    assert "supervisor 4.3.0" not in read(page)


def test_a_page_that_cannot_be_written_is_a_usage_error(files, tmp_path, capsys):
    assert main(["replay", files[0], "--html", str(tmp_path)]) == 2
    assert "could not write the page" in capsys.readouterr().err


def test_seeds_write_a_page_with_the_lanes_of_every_failure(files, capsys, monkeypatch):
    page = files[1]
    assert main(["run", "--seeds", "0:20", "--html", page]) == 0
    assert ">20</td>" in read(page)

    tells = core.play

    def hasty(played):
        return [entry for entry in tells(played) if entry[2:] != ("state", "RUNNING")]

    monkeypatch.setattr("sim.judges.core.play", hasty)
    words = ["run", "--seeds", "0:3", "--profile", "plain"]
    assert main([*words, "--html", page, "--save", f"{page}.saved"]) == 1
    text = read(page)
    failed = [name.removeprefix("plain-").removesuffix(".json") for name in sorted(os.listdir(f"{page}.saved"))]
    assert f"{len(failed)} failed" in capsys.readouterr().out
    assert failed and text.count('<div class="lanes">') == len(failed)
    assert all(f"profile plain seed {seed}: failed" in text for seed in failed)


def test_the_page_of_everything_has_the_lanes_of_a_case_and_plays_each_scenario_by_its_own_stage(files, capsys, monkeypatch):
    page = files[1]
    monkeypatch.setattr("sim.kernel.SimKernel.pending", lambda kernel, fd: 0)
    assert main(["run", "--seeds", "0:14", "--html", page, "--save", f"{page}.saved"]) == 1
    failed = os.listdir(f"{page}.saved")
    assert failed and read(page).count('<div class="lanes">') == len(failed)
    assert "lost tail of a log" in read(page)


def test_a_comparison_writes_the_page_of_its_case_or_of_all_its_cases(files, capsys, monkeypatch):
    source, page = files
    assert main(["diff", source, "--html", page]) == 0
    assert "<i>supervisor 4.3.0</i>" in read(page) and "D20" in read(page)
    assert main(["diff", "--cases", "10", "--html", page]) == 0
    text = read(page)
    assert "against supervisor 4.3.0" in text and "D26 restarts_without_limit" in text and 'class="heat"' in text


def test_the_page_of_a_recording_is_that_of_judge(files, capsys):
    with open(files[0], "wb") as file:
        file.write(b"initd-recording 1\n")
    assert main(["replay", files[0], "--html", files[1]]) == 2
    assert "comes from: initd-sim judge" in capsys.readouterr().err

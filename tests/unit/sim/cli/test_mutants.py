"""`initd-sim mutants`: what is printed and told to CI; what is tried is `sim.mutants`'s."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from sim import mutants
from sim.cli import main
from sim.mutants import Verdict


def test_every_mutant_is_a_case_and_one_that_nobody_noticed_a_failure(tmp_path, capsys, monkeypatch):
    def run(chosen, root, jobs, told):
        verdicts = [Verdict(mutant, "survived core S4" if mutant.number == 2 else "", 0.5) for mutant in chosen]
        for verdict in verdicts:
            told(verdict)
        return verdicts

    monkeypatch.setattr(mutants, "run", run)
    xml = tmp_path / "x.xml"
    assert main(["mutants", "--only", "1", "2", "--junit", str(xml)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAILED 2 ") and lines[0].endswith("survived core S4")
    assert lines[-1].startswith("1 passed, 1 failed in ")
    first, second = ElementTree.parse(xml).getroot()[0]
    assert first.get("name").startswith("1 ") and len(first) == 0
    assert second.find("failure").text == "survived core S4"
    assert main(["mutants", "--only", "1"]) == 0

"""`initd-sim explain`."""

from __future__ import annotations

from sim.cli import main
from sim.scenario import SECOND_NS, Group, Kind, Life, Op, Program, Scenario, to_json

CASE = Scenario(
    (Group("a", (Program("a", (Life(None, 0, None),), stopwaitsecs=1), Program("b", autostart=False))),),
    (Op(3 * SECOND_NS, Kind.STOP, "a:a"), Op(9 * SECOND_NS, Kind.SHUTDOWN)),
    20 * SECOND_NS,
)

PATIENCE = "stopwaitsecs=1 are over and it is still there; killasgroup=false"
END = "it ended (terminated by signal 9); a stop ends STOPPED whatever the status"


def test_each_program_is_told_with_causes_and_with_what_demands_them(tmp_path, capsys):
    path = tmp_path / "x.json"
    path.write_text(to_json(CASE))
    assert main(["explain", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "done, in order: #0 3.000000000 stop a:a",
        "                #1 9.000000000 shutdown",
        "",
        "a:a  stopwaitsecs=1  lives: for ever, ignores signals",
        "   0.000000000  STOPPED -> STARTING  boot, and autostart=true   [V4 S13 T6, §2.4 §2.9]",
        "   1.000000001  STARTING -> RUNNING  it has been up for more than startsecs=1   [S4, §2.4]",
        "   3.000000000  RUNNING -> STOPPING  a client stops it (op #0)   [T1, §2.4]",
        "   3.000000000  signal 15            a client stops it (op #0)   [T1, §2.4]",
        f"   4.000000000  signal 9             {PATIENCE}   [T2 T3, §2.4 D7]",
        f"   4.000000000  STOPPING -> STOPPED  {END}   [T4, §2.4 D20]",
        "",
        "a:b  autostart=false  lives: for ever",
        "                nothing happens to it: autostart=false, and nobody starts it",
        "",
        "the daemon ends at 9.000000000 with status 0   [R7, §2.8]",
        "",
        "supervisor 4.3.0 tells the same story",
    ]


def test_what_takes_a_kernel_is_left_to_replay(tmp_path, capsys):
    path = tmp_path / "x.json"
    behaves = CASE.groups[0].programs[0].replace(lives=(Life(),), behaviour="run forever")
    path.write_text(to_json(Scenario((Group("a", (behaves,)),), (), SECOND_NS)))
    assert main(["explain", str(path)]) == 2
    assert "initd-sim replay --stage daemon plays it" in capsys.readouterr().err

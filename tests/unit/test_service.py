"""The running daemon as clients see it: names, outcomes and configuration, over the real RPC."""

from __future__ import annotations

import errno
import re
import xmlrpc.client

import pytest

from initd.control.faults import Fault
from initd.errors import ConfigError, ProtocolFault
from initd.service import answering, unreadable
from initd.supervise.effects import Outcome, Reply
from tests.property.worlds import CONF, MAIN_LOG, TERM, World, ns, program

TWO = program("p", stdout_logfile="/var/log/p.log") + program("q", autostart="false")


def asked(*calls, text=TWO, behaviours=None, disturb=lambda world: None, seconds=20):
    """The answers to calls made one after the other, a second apart from 3 s on: values, or fault texts."""
    world = World(text, behaviours, servers=True)
    disturb(world)
    made = [world.call(3 + at, *call) for at, call in enumerate(calls)]
    world.run(3 + len(calls) + seconds)
    values = [call.value for call in made]
    return world, [value.faultString if isinstance(value, xmlrpc.client.Fault) else value for value in values]


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.DONE])
def test_every_outcome_of_the_core_is_the_fault_of_its_name(outcome):
    answers = []
    answering(answers.append)(Reply(1, outcome, "why" if outcome is Outcome.FAILED else ""))
    (answer,) = answers
    assert isinstance(answer, ProtocolFault)
    assert answer.code == Fault[outcome.name]
    assert answer.text == ("FAILED: why" if outcome is Outcome.FAILED else outcome.name)


def test_done_is_true():
    answers = []
    answering(answers.append)(Reply(1, Outcome.DONE))
    assert answers == [True]


def test_a_configuration_that_cannot_be_read_is_cant_reread_with_the_reason():
    assert unreadable(ConfigError("no such section")).text == "CANT_REREAD: no such section"
    assert unreadable(OSError(errno.EIO, "Input/output error")).text == "CANT_REREAD: [Errno 5] Input/output error"


def test_a_command_that_cannot_work_is_refused_before_the_state_is_looked_at():
    text = program("p", command="'/no/such'", startretries=99) + program("d", command="/tmp", autostart="false")
    _, answers = asked(("startProcess", "p"), ("startProcess", "d"), text=text)
    assert answers == ["NO_FILE: can't find command '/no/such'", "NOT_EXECUTABLE: command at '/tmp' is a directory"]


def test_an_error_in_looking_a_command_up_is_failed():
    def disturb(world):
        world.at(2, lambda: world.files.fail("/usr/bin/q", errno.EIO, "executable"))

    _, answers = asked(("startProcess", "q"), disturb=disturb)
    assert answers[0].startswith("FAILED: ")


def test_stdin_reaches_the_program_and_is_refused_where_there_is_none():
    text = TWO + program("gone", stdout_logfile="/var/log/gone.log")
    behaviours = {"p": "copy stdin", "gone": [["close", 0], ["pause"]]}
    world, answers = asked(
        ("sendProcessStdin", "p", "hallo"),
        ("sendProcessStdin", "q", "x"),
        ("sendProcessStdin", "gone", "x"),
        ("sendProcessStdin", "nobody", "x"),
        text=text,
        behaviours=behaviours,
    )
    assert answers == [True, "NOT_RUNNING: q", "NO_FILE: gone", "BAD_NAME: nobody"]
    assert world.files.data("/var/log/p.log") == b"hallo"


def test_stdin_that_is_full_is_failed_and_what_was_taken_is_not_lost():
    behaviours = {"p": [["sleep", 9], ["copy"]]}
    world, answers = asked(
        ("sendProcessStdin", "p", "a" * 200_000),
        ("sendProcessStdin", "p", "b" * 200_000),
        ("sendProcessStdin", "p", "c" * 50_000),
        behaviours=behaviours,
    )
    assert answers == [True, "FAILED: stdin is full: the program does not read it", True]
    assert world.files.data("/var/log/p.log") == b"a" * 200_000 + b"c" * 50_000


def test_a_group_can_be_added_once_only_if_configured_and_removed_only_if_stopped():
    _, answers = asked(
        ("addProcessGroup", "p"),
        ("addProcessGroup", "nobody"),
        ("removeProcessGroup", "p"),
        ("removeProcessGroup", "nobody"),
        ("stopProcess", "p"),
        ("removeProcessGroup", "p"),
        ("addProcessGroup", "p"),
    )
    assert answers == ["ALREADY_ADDED: p", "BAD_NAME: nobody", "STILL_RUNNING: p", "BAD_NAME: nobody", True, True, True]


def test_two_clients_that_add_the_same_group_at_once_add_it_once():
    world = World(program("p"), servers=True)
    for at, call in ((3, "stopProcess"), (4, "removeProcessGroup")):
        world.call(at, call, "p")
    world.kernel.delay_lane("auto-logs", ns(1))
    adds = [world.call(5, "addProcessGroup", "p"), world.call(5.5, "addProcessGroup", "p")]
    world.run(20)
    assert [add.fault for add in adds] == ["", "ALREADY_ADDED"]
    assert len(world.spawned("p")) == 2
    assert world.state("p") == "RUNNING"


def test_a_reread_names_what_was_added_changed_and_removed_and_touches_nothing():
    def disturb(world):
        new = program("p", stdout_logfile="/var/log/other.log") + program("r")
        world.at(2, lambda: world.write_config(new))

    world, answers = asked(("reloadConfig",), ("addProcessGroup", "r"), disturb=disturb)
    assert answers == [[[["r"], ["p"], ["q"]]], True]
    assert world.simulation.states().keys() == {"p", "q", "r"}
    assert len(world.spawned("p")) == 1


def test_a_reread_of_what_cannot_be_read_is_refused_and_the_old_configuration_stays():
    def disturb(world):
        world.at(2, lambda: world.files.put(CONF, b"[supervisord]\n[program:x]\n"))

    world, answers = asked(("reloadConfig",), ("addProcessGroup", "p"), ("addProcessGroup", "x"), disturb=disturb)
    assert answers[0].startswith("CANT_REREAD: program section program:x does not specify a command")
    assert answers[1:] == ["ALREADY_ADDED: p", "BAD_NAME: x"]


def test_a_broken_configuration_is_told_to_who_asks_for_a_restart_and_nothing_is_touched():
    def disturb(world):
        world.at(2, lambda: world.files.put(CONF, b"nonsense"))

    world, answers = asked(("restart",), disturb=disturb)
    assert answers[0].startswith("CANT_REREAD: ")
    assert world.path("p") == ["STARTING", "RUNNING"]


def test_restart_and_shutdown_are_done_after_they_are_answered():
    world, answers = asked(("restart",), ("shutdown",))
    assert answers == [True, True]
    assert world.entered("p", "STARTING") == [0, ns(3)]
    assert world.status == 0


def test_the_logs_of_a_running_program_can_be_cleared_and_for_another_it_is_true_and_nothing():
    behaviours = {"p": "print hello every 100s"}
    world, answers = asked(("clearProcessLogs", "p"), ("clearProcessLogs", "q"), ("clearLog",), behaviours=behaviours)
    assert answers == [True, True, True]
    assert world.files.data("/var/log/p.log") == b""
    assert "spawned" not in world.log()


def test_a_log_that_cannot_be_cleared_is_failed_or_no_file():
    def disturb(world):
        world.at(2, lambda: world.files.fail("/var/log/p.log", errno.EACCES, "unlink"))
        world.at(2, lambda: world.files.unlink(MAIN_LOG))

    _, answers = asked(("clearProcessLogs", "p"), ("clearLog",), disturb=disturb)
    assert answers[0].startswith("FAILED")
    assert answers[1] == "NO_FILE"


def test_while_it_stops_every_call_is_refused_but_the_one_that_asks_how_it_is():
    def disturb(world):
        world.signal(2, TERM)

    world, answers = asked(
        ("startProcess", "q"), ("getAllProcessInfo",), ("addProcessGroup", "q"), text=TWO, behaviours={"p": "ignore TERM"},
        disturb=disturb,
    )  # fmt: skip
    assert [answer.partition(":")[0] for answer in answers] == ["SHUTDOWN_STATE"] * 3
    assert world.status == 0


def test_a_page_hears_of_every_state_a_program_enters_and_of_groups_that_go():
    world = World(program("p", startsecs=1, autorestart="false"), {"p": "crash after 6s exit 0"}, servers=True)
    page = []

    def open_page():
        page.append(world.connect())
        page[0].send(b"GET /live/programs HTTP/1.1\r\nHost: s\r\n\r\n")

    world.at(2, open_page)
    world.call(10, "removeProcessGroup", "p")
    world.run(12)
    received = bytes(page[0].received)
    kinds = re.findall(rb"event: (\w+)", received)
    states = re.findall(rb'data-state="(\w+)"', received)
    assert (kinds, states) == ([b"whole", b"rows", b"whole"], [b"exited"])
    told = [at / 1e9 for at in page[0].received.times]
    assert any(6 <= at < 6.5 for at in told) and any(10 <= at < 10.5 for at in told)


def test_the_pages_of_the_daemon_restart_a_program():
    world = World(program("p"), servers=True)
    made = []

    def ask(request):
        made.append(world.connect())
        made[-1].send(request)

    world.at(2, lambda: ask(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n"))

    def restart():
        token = re.search(rb'name="token" value="(\w+)"', made[0].received)[1]
        body = b"action=restart&processname=p&token=" + token
        ask(b"POST /index.html HTTP/1.1\r\nHost: s\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    world.at(3, restart)
    world.run(8)
    assert b"Location: ./?message=Process%20p%20restarted" in made[1].received
    assert len(world.spawned("p")) == 2 and world.state("p") == "RUNNING"

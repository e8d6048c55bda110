"""The system log: whoever receives it may be missing, restarted, full or stuck; that costs lines at most, each counted."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.property.worlds import HUP, TERM, World, ns, program

LINE = "hello"
PROGRAMS = program("p", stdout_logfile="/var/log/p.log", stdout_syslog="true") + program(
    "q", stdout_logfile="/var/log/q.log", stderr_syslog="true"
)
BEHAVIOURS = {"p": f"print {LINE} every 0.25s", "q": f"print {LINE} every 1s"}
RECORD = re.compile(rb"<14>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d supervisord: p hello")
RECORD_BYTES = len(b"<14>Jan  1 00:00:00 supervisord: p hello")
TROUBLE, BETTER = "could not write to log target '/dev/log'", r"takes output again, (\d+) bytes were lost"


class Machine(World):
    """A machine whose system log is received by `syslogds`, one after the other."""

    def __init__(self, text: str = PROGRAMS, loglevel: str = "info") -> None:
        super().__init__(text, BEHAVIOURS, servers=True, loglevel=loglevel)
        self.syslogds = [self.files.syslogd()]

    def gone(self) -> None:
        self.syslogds[-1].close()

    def missing(self) -> None:
        self.gone()
        self.files.unlink("/dev/log")

    def stalled(self) -> None:
        self.syslogds[-1].stall()

    def stuck(self) -> None:
        self.files.hang("/dev/log")

    def well(self) -> None:
        self.files.release("/dev/log")
        self.syslogds[-1].resume()
        if self.syslogds[-1].gone:
            self.syslogds.append(self.files.syslogd())

    @property
    def received(self) -> list[bytes]:
        return [record for syslogd in self.syslogds for record in syslogd.received]


def test_what_a_program_writes_is_in_its_file_and_line_by_line_in_the_system_log() -> None:
    machine = Machine()
    machine.run(3.1)
    written = machine.files.data("/var/log/p.log")
    assert written == b"hello\n" * len(machine.received)
    assert len(machine.received) > 10
    assert all(RECORD.fullmatch(record) for record in machine.received)
    assert not machine.lines("/dev/log")


ILLS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from(["gone", "missing", "stalled", "stuck"])), min_size=1, max_size=4
)


@given(ILLS)
def test_every_line_is_received_or_counted_and_nobody_else_notices(ills) -> None:
    machine, plain, at = Machine(), Machine(), 1.0
    for quarters, ill in ills:
        machine.at(at, getattr(machine, ill))
        at += quarters / 4 + 0.1
        machine.at(at, machine.well)
        at += 0.3
    for world in (machine, plain):
        world.run(at + 4)
    assert machine.simulation.changes == plain.simulation.changes
    for path in ("/var/log/p.log", "/var/log/q.log"):
        assert machine.files.data(path) == plain.files.data(path)
    assert all(RECORD.fullmatch(record) for record in machine.received)
    written = machine.files.data("/var/log/p.log").count(b"\n")
    lost = sum(int(re.search(BETTER, line)[1]) for line in machine.lines("takes output again"))
    assert lost == RECORD_BYTES * (written - len(machine.received))
    assert len(machine.lines(TROUBLE)) == len(machine.lines("takes output again")) <= len(ills)
    assert machine.kernel.open_count() == plain.kernel.open_count()


@given(st.sampled_from(["gone", "missing", "stalled", "stuck"]), st.sampled_from([0.1, 1.3, 5]), st.booleans())
def test_a_shutdown_ends_in_time_whatever_becomes_of_the_system_log(ill, after, main) -> None:
    machine = Machine(loglevel="info\nlogfile=syslog" if main else "info")
    machine.at(2, lambda: getattr(machine, ill)())
    machine.signal(2 + after, TERM)
    machine.run(60, clean=False)
    assert machine.status == 0
    assert machine.kernel.now <= ns(2 + after + 2)
    assert not machine.kernel.processes()


def test_the_main_log_may_be_the_system_log_and_cannot_be_read_or_cleared_there() -> None:
    machine = Machine(program("p", stdout_syslog="true", stdout_logfile="NONE"), loglevel="debug\nlogfile=syslog")
    machine.files.put("/syslog", b"of somebody else\n")
    calls = [machine.call(2, "readLog", 0, 0), machine.call(2, "clearLog")]
    machine.run(3)
    assert machine.log() == ""
    heading = rb"<14>... .. ..:..:.. supervisord: \d{4}-..-.. ..:..:..,... "
    told = [record for record in machine.received if not RECORD.fullmatch(record)]
    assert all(re.fullmatch(heading + rb"(INFO|DEBG|WARN|CRIT) [^\n]*\n", record) for record in told)
    assert any(record.endswith(b"INFO spawned: 'p' with pid 2\n") for record in told)
    assert sum(record.endswith(b"DEBG hello\n") for record in told) == len(machine.received) - len(told) > 0
    assert [call.fault for call in calls] == ["NO_FILE", "NO_FILE"]
    assert machine.files.data("/syslog") == b"of somebody else\n"


def test_what_a_listener_answers_is_not_for_the_system_log_and_what_it_complains_of_is() -> None:
    text = program("p", command="/usr/bin/p", events="TICK_3600", stdout_syslog="true", stderr_syslog="true")
    said = [["write", "out", "READY\n"], ["write", "err", "hello\n"], ["pause"]]
    machine = Machine(text.replace("[program:", "[eventlistener:"))
    machine.kernel.programs = {"p": said}
    machine.run(3)
    assert len(machine.received) == 1
    assert RECORD.fullmatch(machine.received[0])


@given(st.sampled_from(["info", "info\nlogfile=syslog"]), st.sampled_from([None, "gone", "stalled", "stuck"]))
def test_a_reload_goes_on_with_a_connection_of_its_own_and_leaves_none_behind(level, ill) -> None:
    machine = Machine(loglevel=level)
    counts = []
    machine.at(2, lambda: counts.append(machine.kernel.open_count()))
    if ill is not None:
        machine.at(2.5, getattr(machine, ill))
        machine.at(4.5, machine.well)
    machine.signal(3, HUP)
    machine.run(9)
    records = [RECORD.fullmatch(record) for record in machine.syslogds[-1].received]
    assert len(machine.spawned("p")) == 2
    assert sum(record is not None for record in records) > 3 * 4
    assert counts == [machine.kernel.open_count()]

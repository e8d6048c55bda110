"""Event listeners on the real thing: one of our own that writes down what it is told, and superlance's, unchanged."""

from __future__ import annotations

import os
import re
import signal
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.instance import Instance, until

HEAD = """
[supervisord]
logfile = %(here)s/main.log
loglevel = debug
pidfile = %(here)s/main.pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
LISTENER = """
import os, sys
told = open(sys.argv[1], "a")
while True:
    sys.stdout.write("READY\\n")
    sys.stdout.flush()
    header = sys.stdin.readline()
    words = dict(word.split(":") for word in header.split())
    payload = sys.stdin.read(int(words["len"]))
    told.write(f"{words['serial']} {words['poolserial']} {words['eventname']} {payload!r}\\n")
    told.flush()
    if "die" in payload and not os.path.exists(sys.argv[1] + ".died"):
        open(sys.argv[1] + ".died", "w").close()
        sys.exit(1)
    if "reject" in payload and not os.path.exists(sys.argv[1] + ".rejected"):
        open(sys.argv[1] + ".rejected", "w").close()
        answer = "FAIL"
    else:
        answer = "OK"
    sys.stdout.write(f"RESULT {len(answer)}\\n{answer}")
    sys.stdout.flush()
"""


def pool(name: str, events: str, more: str = "") -> str:
    command = f"{sys.executable} %(here)s/listener.py %(here)s/{name}.told"
    return f"[eventlistener:{name}]\ncommand = {command}\nevents = {events}\nbuffer_size = 100\n{more}"


@pytest.fixture
def daemon(instance: Callable[[str], Instance]) -> Callable[[str], Instance]:
    """Starts one with these sections and our listener beside it."""

    def start(sections: str) -> Instance:
        made = instance(HEAD + sections)
        (made.folder / "listener.py").write_text(LISTENER)
        made.start("-n")
        return made

    return start


def told(daemon: Instance, name: str) -> list[tuple[int, int, str, str]]:
    """(serial, poolserial, event, payload) of everything a listener was told."""
    path = daemon.folder / f"{name}.told"
    lines = path.read_text().splitlines() if path.exists() else []
    found = [line.split(" ", 3) for line in lines if line.count(" ") >= 3]
    return [(int(serial), int(number), event, payload[1:-1]) for serial, number, event, payload in found]


def call(daemon: Instance, method: str, *params: object) -> object:
    import xmlrpc.client

    from supervisor.xmlrpc import SupervisorTransport

    transport = SupervisorTransport(None, None, f"unix://{daemon.folder}/s.sock")
    return getattr(xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor, method)(*params)


def test_a_listener_is_told_what_happens_in_order_and_numbered(daemon: Callable[[str], Instance]) -> None:
    running = daemon(
        pool("all", "EVENT")
        + "[program:crash]\ncommand = sh -c 'sleep 0.2; exit 3'\nstartsecs = 0\nautostart = false\nautorestart = false\n"
    )
    running.until_running("all")
    assert call(running, "startProcess", "crash") is True
    until("the end of the program", lambda: any("EXITED" in event for _, _, event, _ in told(running, "all")))
    assert call(running, "sendRemoteCommEvent", "kind", "text \u00e9") is True
    until("the client's event", lambda: any("REMOTE" in event for _, _, event, _ in told(running, "all")))
    heard = [each for each in told(running, "all") if not each[2].startswith("TICK")]
    assert [(event, re.sub(r"pid:\d+", "pid:N", payload)) for _, _, event, payload in heard] == [
        ("PROCESS_GROUP_ADDED", "groupname:all\\n"),
        ("PROCESS_GROUP_ADDED", "groupname:crash\\n"),
        ("SUPERVISOR_STATE_CHANGE_RUNNING", ""),
        ("PROCESS_STATE_STARTING", "processname:all groupname:all from_state:STOPPED tries:0"),
        ("PROCESS_STATE_RUNNING", "processname:all groupname:all from_state:STARTING pid:N"),
        ("PROCESS_STATE_STARTING", "processname:crash groupname:crash from_state:STOPPED tries:0"),
        ("PROCESS_STATE_RUNNING", "processname:crash groupname:crash from_state:STARTING pid:N"),
        ("PROCESS_STATE_EXITED", "processname:crash groupname:crash from_state:RUNNING expected:0 pid:N"),
        ("REMOTE_COMMUNICATION", "type:kind\\ntext \u00e9"),
    ]
    everything = told(running, "all")
    assert [serial for serial, *_ in everything] == list(range(len(everything)))
    assert [number for _, number, *_ in everything] == list(range(len(everything)))


def test_the_numbers_go_on_over_a_reload_and_those_of_a_pool_begin_again(daemon: Callable[[str], Instance]) -> None:
    running = daemon(pool("all", "SUPERVISOR_STATE_CHANGE"))
    running.until_running("all")
    until("the first event", lambda: told(running, "all"))
    os.kill(running.pid, signal.SIGHUP)

    def started_twice() -> bool:
        return [event for _, _, event, _ in told(running, "all")].count("SUPERVISOR_STATE_CHANGE_RUNNING") == 2

    until("the second start", started_twice)
    first, *_, last = told(running, "all")
    assert first[:2] == (0, 0)
    assert last[0] > 0 and last[1] == 0


def test_what_a_listener_rejects_or_dies_of_is_told_again(daemon: Callable[[str], Instance]) -> None:
    running = daemon(pool("all", "REMOTE_COMMUNICATION", "startsecs = 0\n"))
    for text in ("reject this", "die of this", "and this"):
        call(running, "sendRemoteCommEvent", "x", text)
    until("the last event", lambda: told(running, "all")[-1:] and "and this" in told(running, "all")[-1][3])
    heard = [(serial, payload.partition("\\n")[2]) for serial, _, _, payload in told(running, "all")]
    first = heard[0][0]
    assert heard == [
        (first, "reject this"),
        (first, "reject this"),
        (first + 1, "die of this"),
        (first + 1, "die of this"),
        (first + 2, "and this"),
    ]
    log = (running.folder / "main.log").read_text()
    assert "WARN all: event was rejected" in log and f"DEBG event {first} sent to listener all" in log


# Its first life takes events and closes its standard input, so that none can be sent; the next one is the listener above.
DEAF = """
import os, signal, sys
if os.path.exists(sys.argv[1] + ".deaf"):
    os.execv(sys.executable, [sys.executable, sys.argv[2], sys.argv[1]])
os.close(0)
os.write(1, b"READY\\n")
open(sys.argv[1] + ".deaf", "w").close()
signal.pause()
"""


def test_what_two_could_not_be_sent_is_told_in_the_order_it_happened(daemon: Callable[[str], Instance]) -> None:
    command = f"{sys.executable} %(here)s/deaf.py %(here)s/%(process_num)d.told %(here)s/listener.py"
    both = "".join(f"<!--XSUPERVISOR:BEGIN-->{text}<!--XSUPERVISOR:END-->" for text in ("one", "two"))
    running = daemon(
        f"[eventlistener:all]\ncommand = {command}\nevents = PROCESS_COMMUNICATION\nnumprocs = 2\n"
        "process_name = %(process_num)d\nautostart = false\nstartsecs = 0\n"
        f"[program:says]\ncommand = printf '{both}'\nautostart = false\nstdout_capture_maxbytes = 1000\n"
    )
    (running.folder / "deaf.py").write_text(DEAF)
    assert call(running, "startProcessGroup", "all")
    log = running.folder / "main.log"
    until("two that take events", lambda: log.read_text().count("ACKNOWLEDGED -> READY") == 2)
    assert call(running, "startProcess", "says", False)
    until("two broken pipes", lambda: log.read_text().count("epipe occurred while sending event") >= 2)
    assert call(running, "stopProcess", "all:0") and call(running, "startProcess", "all:0")
    until("two events", lambda: len(told(running, "0")) == 2)
    assert [payload.rpartition("\\n")[2] for *_, payload in told(running, "0")] == ["one", "two"]


def test_what_a_listener_that_has_closed_its_stdin_could_not_be_sent_is_not_overtaken(
    daemon: Callable[[str], Instance],
) -> None:
    """Both are READY, and both messages are there in one turn: the one who hears is told the first of them first."""
    heard = f"{sys.executable} %(here)s/listener.py %(here)s/ears.told"
    begin, end = "<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->"
    running = daemon(
        f"[eventlistener:ears]\nevents = PROCESS_COMMUNICATION\nnumprocs = 2\nprocess_name = ears_%(process_num)d\n"
        f"command = sh -c '[ %(process_num)d = 1 ] && exec {heard}; exec <&-; echo READY; exec sleep 1000'\n"
        f"[program:talker]\ncommand = sh -c 'printf %%s \"$0\"; sleep 1000' {begin}one{end}{begin}two{end}\n"
        "stdout_capture_maxbytes = 1000\nautostart = false\n"
    )
    log = running.folder / "main.log"
    running.until_running("ears:ears_0", "ears:ears_1")
    until("both to be ready", lambda: log.read_text().count("ACKNOWLEDGED -> READY") == 2)
    assert call(running, "startProcess", "talker", False) is True
    until("both messages", lambda: len(told(running, "ears")) == 2)
    assert [payload.partition("\\n")[2] for *_, payload in told(running, "ears")] == ["one", "two"]
    assert "epipe occurred while sending event 0 to listener ears_0, listener state unchanged" in log.read_text()


def test_captured_output_is_an_event_and_in_no_log(daemon: Callable[[str], Instance]) -> None:
    running = daemon(
        pool("all", "PROCESS_COMMUNICATION,PROCESS_LOG", "startsecs = 0\n")
        + "[program:talker]\nautostart = false\nstartsecs = 0\nautorestart = false\nstdout_events_enabled = true\n"
        + "command = echo 'before <!--XSUPERVISOR:BEGIN-->the message<!--XSUPERVISOR:END--> and after it more than a token'\n"
        + "stdout_logfile = %(here)s/talker.log\nstdout_capture_maxbytes = 1MB\n"
    )
    running.until_running("all")
    call(running, "startProcess", "talker")
    until("all of it", lambda: len(told(running, "all")) == 4)
    texts = [(event, payload.partition("\\n")[2]) for _, _, event, payload in told(running, "all")]
    assert texts == [
        ("PROCESS_LOG_STDOUT", "before "),
        ("PROCESS_LOG_STDOUT", "the message"),
        ("PROCESS_COMMUNICATION_STDOUT", "the message"),
        ("PROCESS_LOG_STDOUT", " and after it more than a token\\n"),
    ]
    until("the log", lambda: (running.folder / "talker.log").read_text() == "before  and after it more than a token\n")


def superlance(program: str) -> str:
    return f"{Path(sys.executable).parent / program}"


def test_crashmail_mails_of_a_crash(daemon: Callable[[str], Instance]) -> None:
    running = daemon(
        f"[eventlistener:crashmail]\nevents = PROCESS_STATE_EXITED\ncommand = {superlance('crashmail')} -a -m you@x -s "
        "%(here)s/sendmail\n"
        "[program:crash]\ncommand = sh -c 'exit 3'\nstartsecs = 0\nautostart = false\nautorestart = false\n"
    )
    sendmail = running.folder / "sendmail"
    sendmail.write_text(
        f"#!/bin/sh\ncat > {running.folder}/mail.new && mv {running.folder}/mail.new {running.folder}/mail\n"
    )
    sendmail.chmod(0o755)
    running.until_running("crashmail")
    call(running, "startProcess", "crash")
    mail = until("the mail", lambda: (running.folder / "mail").exists() and (running.folder / "mail").read_text())
    assert "Process crash in group crash exited unexpectedly (pid" in mail


@pytest.mark.parametrize("arguments", ["memmon -p victim=1KB", "httpok -p victim -t 1 http://127.0.0.1:1/"])
def test_a_listener_that_calls_back_restarts_a_program(daemon: Callable[[str], Instance], arguments: str) -> None:
    name, _, rest = arguments.partition(" ")
    running = daemon(
        f"[eventlistener:watch]\nevents = TICK_5\ncommand = {superlance(name)} {rest}\n"
        "[program:victim]\ncommand = sleep 1000\nstartsecs = 0\n"
    )
    running.until_running("victim", "watch")
    running.until_replaced("victim", running.pid_of("victim"))


class _Mailbox(socketserver.StreamRequestHandler):
    """The least of a mail server: keeps what comes between DATA and the dot."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line.split()[0].upper()
            self.wfile.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 fine\r\n"))
            if verb == b"DATA":
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(mail.decode())  # type: ignore[attr-defined]
                self.wfile.write(b"250 taken\r\n")


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """The address of a mail server, and what it has got."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailbox) as server:
        server.mails = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield f"127.0.0.1:{server.server_address[1]}", server.mails  # type: ignore[attr-defined]
        server.shutdown()


def test_fatalmailbatch_mails_of_a_program_that_cannot_be_started(
    daemon: Callable[[str], Instance], mailbox: tuple[str, list[str]]
) -> None:
    host, mails = mailbox
    running = daemon(
        "[eventlistener:fatal]\nevents = PROCESS_STATE,TICK_5\nbuffer_size = 100\n"
        f"command = {superlance('fatalmailbatch')} -t you@x -f me@x -H {host} -e TICK_5 -i 0.01\n"
        "[program:never]\ncommand = sh -c 'exit 1'\nstartretries = 0\nautostart = false\n"
    )
    running.until_running("fatal")
    until("a failure", lambda: running.ctl("start", "never").returncode != 0)
    mail = until("the mail", lambda: mails and mails[0])
    assert "Fatal start alert from supervisord" in mail
    assert "Process never:never failed to start too many times" in mail


def test_supervisor_stdlog_relays_output_through_a_result_handler_of_its_own(daemon: Callable[[str], Instance]) -> None:
    running = daemon(
        "[eventlistener:stdlog]\nevents = PROCESS_LOG\nbuffer_size = 100\nresult_handler = supervisor_stdlog:log_handler\n"
        f"command = {superlance('supervisor-stdlog')}\n"
        "[program:talker]\ncommand = sh -c 'echo to the one; echo to the other >&2; cat'\nautostart = false\n"
        "stdout_events_enabled = true\nstderr_events_enabled = true\n"
    )
    running.until_running("stdlog")
    call(running, "startProcess", "talker")
    until("what went to stderr", lambda: re.search(r"talker *\| .*to the other", running.output()))
    processed = "DEBG stdlog: event was processed"
    until("both", lambda: (running.folder / "main.log").read_text().count(processed) == 2)
    call(running, "shutdown")
    assert running.wait() == 0
    assert re.search(r"talker *\| .*to the one", running.output())


def test_supervisord_dependent_startup_starts_programs_one_after_the_other(daemon: Callable[[str], Instance]) -> None:
    def program(name: str, after: str = "") -> str:
        waits = f"dependent_startup_wait_for = {after}:running\n" if after else ""
        return f"[program:{name}]\ncommand = cat\nautostart = false\ndependent_startup = true\n{waits}"

    running = daemon(
        "[eventlistener:order]\nevents = PROCESS_STATE\nbuffer_size = 100\nstartretries = 0\nexitcodes = 0,3\n"
        f"command = {sys.executable} -m supervisord_dependent_startup -c %(here)s/supervisord.conf\n"
        + program("third", "second")
        + program("second", "first")
        + program("first")
    )
    running.until_running("first", "second", "third")
    started = re.findall(r"spawned: '(\w+)'|success: (\w+) entered", (running.folder / "main.log").read_text())
    order = [first or second for first, second in started]
    assert [name for name in order if name != "order"] == ["first", "first", "second", "second", "third", "third"]

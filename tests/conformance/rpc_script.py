"""The conversation that `test_rpc` has with both daemons: one call after the other, in this order.

`Call` is compared; `Await` only lets a state come about, so that the next answer does not depend on who is faster.
"""

from __future__ import annotations

from typing import Any, NamedTuple

PROGRAMS = """
[program:cat]
command = /bin/cat
priority = 5
stdout_logfile = %(here)s/cat.out
[program:later]
command = /bin/sleep 1000
autostart = false
startsecs = 0
stopsignal = QUIT
directory = /
[program:missing]
command = /nonexistent/program --with args
autostart = false
[program:nowhere]
command = not-in-any-path-entry
autostart = false
[program:folder]
command = /etc
autostart = false
[program:plain]
command = /etc/passwd
autostart = false
[program:open]
command = /bin/echo "unclosed
autostart = false
[program:quick]
command = /bin/sh -c "exit 3"
autostart = false
startretries = 0
[program:once]
command = /bin/sh -c "sleep 1.6"
autostart = false
autorestart = false
[program:silent]
command = /bin/sleep 1000
autostart = false
startsecs = 0
stdout_logfile = NONE
stderr_logfile = NONE
[program:talk]
command = /bin/sh -c "printf 1234567; printf 'a&<b>' >&2; exec sleep 1000"
stdout_logfile = %(here)s/talk.out
stderr_logfile = %(here)s/talk.err
stdout_logfile_maxbytes = 0
stderr_logfile_backups = 3
[program:latin]
command = /bin/sh -c "printf 'a\\303\\251z\\377'; exec sleep 1000"
stdout_logfile = %(here)s/latin.out
[program:colour]
command = /bin/sh -c "printf '\\033[1mx'; exec sleep 1000"
stdout_logfile = %(here)s/colour.out
[program:many]
command = /bin/sleep 1000
process_name = %(program_name)s_%(process_num)d
numprocs = 2
autostart = false
startsecs = 0
[program:m1]
command = /bin/sleep 1000
autostart = false
startsecs = 0
priority = 20
[program:m2]
command = /bin/sleep 1000
autostart = false
startsecs = 0
priority = 10
redirect_stderr = true
exitcodes = 0,2
[program:m3]
command = /nonexistent/member
autostart = false
priority = 15
[group:mixed]
programs = m1,m2,m3
priority = 50
[program:device]
command = /bin/sleep 1000
autostart = false
startsecs = 0
stdout_logfile = /dev/stdout
stdout_logfile_maxbytes = 0
"""


class Call(NamedTuple):
    """A method with its parameters; without a namespace it is `supervisor.*`."""

    method: str
    params: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.method}{self.params!r}"


class Await(NamedTuple):
    """Wait until a process is in that state."""

    name: str
    state: str


def call(method: str, *params: Any) -> Call:
    return Call(method, params)


METHODS = [
    "addProcessGroup",
    "clearAllProcessLogs",
    "clearLog",
    "clearProcessLog",
    "clearProcessLogs",
    "getAPIVersion",
    "getAllConfigInfo",
    "getAllProcessInfo",
    "getIdentification",
    "getPID",
    "getProcessInfo",
    "getState",
    "getSupervisorVersion",
    "getVersion",
    "readLog",
    "readMainLog",
    "readProcessLog",
    "readProcessStderrLog",
    "readProcessStdoutLog",
    "reloadConfig",
    "removeProcessGroup",
    "restart",
    "sendProcessStdin",
    "sendRemoteCommEvent",
    "shutdown",
    "signalAllProcesses",
    "signalProcess",
    "signalProcessGroup",
    "startAllProcesses",
    "startProcess",
    "startProcessGroup",
    "stopAllProcesses",
    "stopProcess",
    "stopProcessGroup",
    "tailProcessLog",
    "tailProcessStderrLog",
    "tailProcessStdoutLog",
]

INTROSPECTION = [
    call("system.listMethods"),
    *(call("system.methodSignature", f"supervisor.{name}") for name in METHODS),
    *(call("system.methodSignature", f"system.{name}") for name in ("listMethods", "methodHelp", "multicall")),
    call("system.methodSignature", "supervisor.nope"),
    call("system.methodSignature", ""),
    call("system.methodSignature"),
    call("system.methodHelp", "nope"),
    call("system.methodHelp", 5),
    call("system.listMethods", 1),
]

DISPATCH = [
    call("getState"),
    call("getAPIVersion"),
    call("getVersion"),
    call("getSupervisorVersion"),
    call("getIdentification"),
    call("getState", 1),
    call("nope"),
    call("_update", "x"),
    call("system._listMethods"),
    call("other.getState"),
    call("getState.more"),
    call("bare."),
    call("getProcessInfo"),
    call("getProcessInfo", "cat", 1),
    call("readLog", 0),
    call("sendRemoteCommEvent", "type", "data"),
    call("sendRemoteCommEvent", 1, True),
    call("sendRemoteCommEvent", "type"),
]

INFO = [
    call("getAllConfigInfo"),
    Await("cat", "RUNNING"),
    Await("talk", "RUNNING"),
    Await("latin", "RUNNING"),
    Await("colour", "RUNNING"),
    call("getAllProcessInfo"),
    call("getProcessInfo", "cat"),
    call("getProcessInfo", "cat:cat"),
    call("getProcessInfo", "later"),
    call("getProcessInfo", "mixed:m1"),
    call("getProcessInfo", "many:many_1"),
    call("getProcessInfo", "silent"),
    call("getProcessInfo", "m1"),
    call("getProcessInfo", "many"),
    call("getProcessInfo", "cat:*"),
    call("getProcessInfo", "cat:"),
    call("getProcessInfo", ""),
    call("getProcessInfo", ":"),
    call("getProcessInfo", "nope"),
    call("getProcessInfo", "a:b:c"),
    call("getProcessInfo", "n\u00e9 <&>"),
]

START_AND_STOP = [
    call("startProcess", "nope"),
    call("startProcess", "nope:*"),
    call("startProcess", "cat"),
    call("startProcess", "cat:cat"),
    call("startProcess", "missing"),
    call("startProcess", "nowhere"),
    call("startProcess", "folder"),
    call("startProcess", "plain"),
    call("startProcess", "open"),
    call("getProcessInfo", "missing"),
    call("startProcess", "later"),
    call("startProcess", "later", False),
    call("getProcessInfo", "later"),
    call("stopProcess", "later"),
    call("getProcessInfo", "later"),
    call("stopProcess", "later"),
    call("stopProcess", "nope"),
    call("stopProcess", "nope", False),
    call("startProcess", "later", False),
    call("stopProcess", "later", False),
    Await("later", "STOPPED"),
    call("startProcess", "quick"),
    Await("quick", "FATAL"),
    call("getProcessInfo", "quick"),
    call("stopProcess", "quick"),
    call("startProcess", "once"),
    Await("once", "EXITED"),
    call("getProcessInfo", "once"),
    call("startProcess", "mixed:*"),
    call("startProcess", "mixed:", False),
    call("getProcessInfo", "mixed:m2"),
    call("startProcessGroup", "mixed"),
    call("startProcessGroup", "nope"),
    call("startProcessGroup", "mixed:m1"),
    call("startProcessGroup"),
    call("stopProcess", "mixed:*"),
    call("stopProcess", "mixed:*"),
    call("stopProcessGroup", "mixed"),
    call("stopProcessGroup", "nope", False),
    call("startProcessGroup", "many", False),
    call("stopProcessGroup", "many", False),
    Await("many:many_0", "STOPPED"),
    Await("many:many_1", "STOPPED"),
    call("stopProcessGroup", "quick"),
]

SIGNALS = [
    call("signalProcess", "cat", "CONT"),
    call("signalProcess", "cat", "sigcont"),
    call("signalProcess", "cat", 18),
    call("signalProcess", "cat", "18"),
    call("signalProcess", "cat", 0),
    call("signalProcess", "cat", " SIGCONT "),
    call("signalProcess", "cat", "NOPE"),
    call("signalProcess", "cat", ""),
    call("signalProcess", "cat", 35),
    call("signalProcess", "cat", -1),
    call("signalProcess", "later", "NOPE"),
    call("signalProcess", "later", "HUP"),
    call("signalProcess", "nope", "HUP"),
    call("signalProcess", "cat:*", "CONT"),
    call("signalProcess", "cat:*", "NOPE"),
    call("signalProcess", "nope:*", "NOPE"),
    call("signalProcessGroup", "cat", "CONT"),
    call("signalProcessGroup", "mixed", "CONT"),
    call("signalProcessGroup", "mixed", "NOPE"),
    call("signalProcessGroup", "nope", "CONT"),
    call("signalAllProcesses", "CONT"),
    call("signalAllProcesses", "NOPE"),
    call("signalProcess", "cat"),
]

SLICES = [
    (-5, 0),
    (0, 0),
    (0, 3),
    (2, 3),
    (2, 0),
    (7, 1),
    (100, 0),
    (100, 3),
    (-100, 0),
    (-1, 1),
    (0, -1),
    (3, -2),
    (-1, -1),
]
TAILS = [
    (0, 0),
    (0, 3),
    (0, 100),
    (7, 100),
    (-5, 3),
    (3, 0),
    (0, 1),
    (6, 1),
    (6, 2),
    (8, 0),
    (8, 5),
    (-1, -1),
    (100, -100),
]

LOGS = [
    *(call("readProcessStdoutLog", "talk", *slice_) for slice_ in SLICES),
    *(call("tailProcessStdoutLog", "talk", *tail) for tail in TAILS),
    call("readProcessLog", "talk", "2", "3"),
    call("readProcessLog", "talk", True, False),
    call("readProcessLog", "talk", 1.9, 2.9),
    call("readProcessStderrLog", "talk", 0, 0),
    call("tailProcessStderrLog", "talk", 0, 100),
    call("tailProcessLog", "talk", 0, 100),
    call("readProcessStdoutLog", "talk:*", 0, 0),
    call("readProcessStdoutLog", "nope", 0, 0),
    call("readProcessStdoutLog", "silent", 0, 0),
    call("readProcessStderrLog", "silent", "x", 0),
    call("tailProcessStdoutLog", "silent", 3, 4),
    call("tailProcessStdoutLog", "nope", 0, 0),
    call("readProcessStdoutLog", "latin", 0, 3),
    call("readLog", 0, 2),
    call("readMainLog", 0, 2),
    call("readLog", -1, 1),
    call("readLog", 1, -1),
    call("readLog", 10_000_000, 0),
    call("readLog", 10_000_000, 5),
    call("clearProcessLogs", "talk"),
    call("readProcessStdoutLog", "talk", 0, 0),
    call("tailProcessStdoutLog", "talk", 0, 100),
    call("clearProcessLog", "later"),
    call("clearProcessLogs", "nope"),
    call("clearProcessLogs", "mixed:*"),
    call("clearAllProcessLogs"),
    call("clearLog"),
]

STDIN = [
    call("sendProcessStdin", "cat", "h\u00e9llo\n"),
    Await("cat", "RUNNING"),
    call("sendProcessStdin", "cat", 5),
    call("sendProcessStdin", "nope", 5),
    call("sendProcessStdin", "nope", "x"),
    call("sendProcessStdin", "later", "x"),
    call("sendProcessStdin", "cat:*", "x"),
    call("sendProcessStdin", "cat"),
]

GROUPS = [
    call("reloadConfig"),
    call("addProcessGroup", "cat"),
    call("addProcessGroup", "nope"),
    call("addProcessGroup", 5),
    call("removeProcessGroup", "nope"),
    call("removeProcessGroup", 5),
    call("removeProcessGroup", [1]),
    call("removeProcessGroup", "cat"),
    call("removeProcessGroup", "mixed"),
    call("getProcessInfo", "mixed:m1"),
    call("startProcess", "mixed:*"),
    call("reloadConfig"),
    call("getAllConfigInfo"),
    call("addProcessGroup", "mixed"),
    call("getProcessInfo", "mixed:m1"),
    call("startProcessGroup", 5),
    call("startProcessGroup", [1]),
]

MULTICALL = [
    call("system.multicall", []),
    call("system.multicall", [{"methodName": "supervisor.getState", "params": []}]),
    call("system.multicall", [{"methodName": "supervisor.getState"}, {"methodName": "supervisor.getAPIVersion"}]),
    call("system.multicall", [{}]),
    call("system.multicall", [{"params": []}]),
    call("system.multicall", [{"methodName": "system.multicall", "params": [[]]}]),
    call("system.multicall", [{"methodName": "nope", "params": []}]),
    call("system.multicall", [{"methodName": "supervisor.getState", "params": [1]}]),
    call("system.multicall", [{"methodName": "supervisor.getState", "params": 1}]),
    call("system.multicall", 5),
    call("system.multicall"),
    call(
        "system.multicall",
        [
            {"methodName": "supervisor.startProcess", "params": ["later"]},
            {"methodName": "supervisor.startProcess", "params": ["later"]},
            {"methodName": "supervisor.getProcessInfo", "params": ["later"]},
            {"methodName": "supervisor.stopProcess", "params": ["later"]},
            {"methodName": "supervisor.stopProcess", "params": ["later"]},
            {"methodName": "supervisor.startProcessGroup", "params": ["many"]},
            {"methodName": "supervisor.stopProcess", "params": ["many:*"]},
            {"methodName": "supervisor.readProcessStdoutLog", "params": ["talk", 0, 3]},
            {"methodName": "supervisor.tailProcessStdoutLog", "params": ["talk", 0, 3]},
            {"methodName": "supervisor.getAllProcessInfo"},
        ],
    ),
]

SHUTDOWN = [
    call("stopAllProcesses"),
    call("stopAllProcesses"),
    call("startProcess", "stubborn", False),
    call("shutdown"),
    call("getState"),
    call("system.methodSignature", "supervisor.shutdown"),
    call("shutdown"),
    call("restart"),
    call("startProcess", "cat"),
    call("startProcess"),
    call("getProcessInfo", "nope"),
    call("sendRemoteCommEvent", "a", "b"),
    call("system.multicall", [{"methodName": "supervisor.getState"}, {"methodName": "system.listMethods"}]),
]

STUBBORN = """
[program:stubborn]
command = /bin/sh -c "trap '' TERM; touch %(here)s/stubborn; while :; do sleep 1000; done"
autostart = false
startsecs = 0
stopwaitsecs = 1000
"""

SCRIPT: list[Call | Await] = [
    *INTROSPECTION,
    *DISPATCH,
    *INFO,
    *START_AND_STOP,
    *SIGNALS,
    *LOGS,
    *STDIN,
    *GROUPS,
    *MULTICALL,
]

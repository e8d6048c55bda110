"""The lines of the main log that people search for, and scenarios for those that no other table makes appear."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import sys

from tests.conformance.lifecycle_daemons import boot, own, running, shutdown
from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    lines,
    program,
    rpc,
    signal_daemon,
    until_log,
    up,
)

# Answers an event as its data asks for, and what it has refused once it takes the second time.
MOODY = """\
import os, sys
refused = set()
while True:
    os.write(1, b"READY\\n")
    head = dict(pair.split(":") for pair in sys.stdin.readline().split())
    word = sys.stdin.read(int(head["len"])).rpartition("\\n")[2]
    if word in ("FAIL", "other") and word not in refused:
        refused.add(word)
        os.write(1, f"RESULT {len(word)}\\n{word}".encode())
    elif word == "garbage":
        os.write(1, b"RESULTS none\\n")
    else:
        os.write(1, b"RESULT 2\\nOK")
"""
SHARED_FILES = {"moody.py": (MOODY, 0o644)}
ADOPTING = "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"

SEARCHED = {
    name: re.compile(pattern)
    for name, pattern in {
        "spawned": r"INFO spawned: '\S+' with pid ",
        "success": r"INFO success: \S+ entered RUNNING state, process has stayed up for > than \d+ seconds \(startsecs\)$",
        "exited, expected": r"INFO exited: \S+ \(exit status 0; expected\)$",
        "exited, not expected": r"WARN exited: \S+ \(exit status \d+; not expected\)$",
        "exited by signal": r"WARN exited: \S+ \(terminated by SIG\w+; not expected\)$",
        "stopped": r"WARN stopped: \S+ \(terminated by SIGTERM\)$",
        "stopped by itself": r"INFO stopped: \S+ \(exit status \d+\)$",
        "gave up": r"INFO gave up: \S+ entered FATAL state, too many start retries too quickly$",
        "spawn error": r"INFO spawnerr: can't find command ",
        "socket made": r"INFO Creating socket unix://\S+$",
        "socket closed": r"INFO Closing socket unix://\S+$",
        "waiting to die": r"INFO waiting for .*\S+ to die$",
        "waiting to stop": r"INFO waiting for \S+ to stop$",
        "killing": r"WARN killing '\S+' \(N\) with SIGKILL$",
        "signal sent": r"DEBG sending \S+ \(pid N\) sig SIG",
        "stop sent": r"DEBG killing \S+ \(pid N\) with signal SIGTERM$",
        "child quit": r"DEBG received SIGCHLD indicating a child quit$",
        "stranger reaped": r"INFO reaped unknown pid N? ?",
        "output": r"DEBG '\S+' stdout output:$",
        "comm event": r"DEBG '\S+' stdout emitted a comm event$",
        "started": r"INFO supervisord started with pid N$",
        "exit asked": r"WARN received SIGTERM indicating exit request$",
        "restart asked": r"WARN received SIGHUP indicating restart request$",
        "restart ignored": r"WARN ignored SIGHUP indicating restart request \(shutdown in progress\)$",
        "reopen asked": r"INFO received SIGUSR2 indicating log reopen request$",
        "logs reopened": r"INFO supervisord logreopen$",
        "rpc interface": r"INFO RPC interface 'supervisor' initialized$",
        "no authentication": r"CRIT Server 'unix_http_server' running without any HTTP authentication checking$",
        "root": r"CRIT Supervisor is running as root\.  Privileges were not dropped because no user is specified in the ",
        "user taken": r"INFO Set uid to user \d+ succeeded$",
        "limit raised": r"INFO Increased RLIMIT_NOFILE limit to \d+$",
        "background": r"INFO daemonizing the supervisord process$",
        "directory": r"INFO set current directory: '",
        "included": r'INFO Included extra file "[^"]+" during parsing$',
        "nothing included": r'WARN No file matches via include "',
        "no pidfile": r"CRIT could not write pidfile ",
        "log left behind": r"WARN Failed to clean up '",
        "body": r"ERRO XML-RPC request data .* is invalid: unmarshallable$",
        "no method": r"ERRO XML-RPC request data .* is invalid: no method name$",
        "call": r"TRAC XML-RPC method called: supervisor\.\w+\(\)$",
        "call done": r"TRAC XML-RPC method supervisor\.\w+\(\) returned successfully$",
        "call refused": r"TRAC XML-RPC method supervisor\.\w+\(\) returned fault: \[10\] BAD_NAME: ",
        "listener state": r"DEBG \S+: ACKNOWLEDGED -> READY$",
        "event sent": r"DEBG event \d+ sent to listener \S+$",
        "event processed": r"DEBG \S+: event was processed$",
        "event rejected": r"WARN \S+: event was rejected$",
        "event kept": r"DEBG rebuffering event \d+ for pool \S+ \(buf size=\d+, max=\d+\)$",
        "event lost": r"ERRO pool \S+ event buffer overflowed, discarding event \d+$",
        "bad result": r"WARN \S+: bad result line: '",
        "listener unknown": r"WARN \S+: has entered the UNKNOWN state and will no longer receive events, ",
    }.items()
}


def searched(side: Side) -> set[str]:
    """Which of those lines the main log has."""
    text = [f"{level} {message}" for level, message in side.log()]
    return {name for name, pattern in SEARCHED.items() if any(map(pattern.match, text))}


def post(body: str) -> Step:
    """A call as it is, over HTTP; the status."""

    def step(side: Side) -> tuple[str, int]:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(f"{side.dir}/s.sock")
        connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
        status = connection.getresponse().status
        connection.close()
        return body, status

    return step


def behind(*prefix: str) -> Step:
    return lambda side: side.start(prefix=prefix)


def remark(word: str) -> Step:
    return rpc("sendRemoteCommEvent", "remark", word)


def listening() -> Scenario:
    """Each event is sent when the one before has been dealt with, so that all lines come in one order."""
    options = {"events": "REMOTE_COMMUNICATION", "buffer_size": 2, "autostart": "true"}
    command = "@PY@ -I -S @DIR@/moody.py"
    processed = [until_log("moody: event was processed", number) for number in range(1, 4)]
    return own(
        "what a listener does with its events is told",
        program("moody", command, **options).replace("[program:", "[eventlistener:"),
        boot(),
        up("moody"),
        until_log("moody: ACKNOWLEDGED -> READY"),
        remark("fine"),
        processed[0],
        until_log("moody: ACKNOWLEDGED -> READY", 2),
        remark("FAIL"),
        processed[1],
        until_log("moody: ACKNOWLEDGED -> READY", 4),
        remark("other"),
        processed[2],
        until_log("moody: ACKNOWLEDGED -> READY", 6),
        remark("garbage"),
        until_log("moody: has entered the UNKNOWN state"),
        *(remark(word) for word in ("one", "two", "three", "four")),
        until_log("event buffer overflowed", 2),
        names=("moody",),
    )


def calling() -> Scenario:
    body = "<?xml version='1.0'?><methodCall>%s</methodCall>"
    return own(
        "calls, good and bad, are told at the level trace",
        running("ca"),
        boot(),
        up("ca"),
        post(body % "<methodName>supervisor.getIdentification</methodName><params></params>"),
        post(body % "<methodName>supervisor.getIdentification</methodName>"),
        post(body % "<params></params>"),
        post(body % "<methodName></methodName>"),
        post(body % "<methodName>supervisor.getIdentification"),
        post("no XML"),
        post(body % "<methodName>supervisor.stopProcess</methodName><params><param><value>nope</value></param></params>"),
        post(body % "<methodName>no.such</methodName>"),
        post(body % "<methodName>supervisor.getIdentification</methodName><params><param><value>1</value></param></params>"),
        lines("^XML-RPC request data|getIdentification|stopProcess|no.such"),
        daemon="loglevel=trace",
        skip=frozenset({"log"}),  # how long an answer is, headers and all, is the server's affair
    )


def others() -> list[Scenario]:
    return [
        own(
            "processes that nobody started are reaped and told of",
            running("stray", "/bin/sh -c '(exit 3 &); exec sleep 1000'"),
            behind(sys.executable, "-c", ADOPTING),
            until_log(r"^reaped unknown pid"),
            lines(r"^reaped unknown pid"),
            skip=frozenset({"log"}),
        ),
        own(
            "a limit that is raised is told of",
            running("lim"),
            behind("prlimit", "--nofile=500:2000"),
            up("lim"),
            daemon="minfds=1000",
        ),
        own(
            "logs are opened again without anything else",
            running("us"),
            boot(),
            up("us"),
            signal_daemon(signal.SIGUSR2),
            until_log("logreopen"),
            *shutdown(),
        ),
    ]


SCENARIOS = [listening(), calling(), *others()]

"""Scenarios about who gets a log elsewhere: clients that follow it, event listeners, the system log."""

from __future__ import annotations

import http.client
import re
import socket
import threading

from tests.conformance.lifecycle_daemons import boot, own, running, shutdown
from tests.conformance.lifecycle_logs import CAPTURES, Piece, piece, said, sayer, says
from tests.conformance.lifecycle_side import ROOT, Late, Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    call,
    let,
    program,
    rename,
    rpc,
    start,
    stop,
    until_file,
    up,
)

# A listener that keeps what it is told of programs called `ev_…`.
EAR = """\
import os, sys
told = open(sys.argv[1], "a")
while True:
    os.write(1, b"READY\\n")
    head = dict(pair.split(":") for pair in sys.stdin.readline().split())
    body = sys.stdin.read(int(head["len"]))
    words, _, data = body.partition("\\n")
    pairs = dict(pair.split(":", 1) for pair in words.split())
    if pairs.get("processname", "").startswith("ev_"):
        pairs.pop("pid", None)
        told.write(repr((head["eventname"], pairs, data)) + "\\n")
        told.flush()
    os.write(1, b"RESULT 2\\nOK")
"""
SHARED_FILES = {"ear.py": (EAR, 0o644)}
EVENTS = "PROCESS_LOG,PROCESS_COMMUNICATION,PROCESS_STATE_STOPPED"


class Follower:
    """A client that follows a log: `wait` until it has got something, `text` all it has got."""

    def __init__(self, side: Side, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(f"{side.dir}/s.sock")
        connection = http.client.HTTPConnection("localhost")
        connection.sock = self._socket
        connection.request("GET", path)
        self._response = connection.getresponse()
        self._side, self.text, self._why = side, b"", ""
        self.status = self._response.status
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while data := self._response.read1(65536):
                self.text += data
            self._why = "it was over"
        except (OSError, http.client.HTTPException) as error:
            self._why = repr(error)

    def wait(self, end: bytes) -> None:
        try:
            self._side.wait(lambda: end in self.text, f"{end[-10:]!r} from a log that is followed")
        except Late as late:
            raise Late(f"{late}, after {self.text[-10:]!r}, and {'went on' if self._thread.is_alive() else self._why}") from None

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._response.close()
        self._socket.close()


FOLLOWERS: dict[tuple[Side, str], Follower] = {}


def follow(path: str) -> Step:
    def step(side: Side) -> tuple[str, int]:
        follower = FOLLOWERS[side, path] = Follower(side, path)
        return path, follower.status

    return step


def heard(path: str, end: bytes) -> Step:
    """The follower has got all until there."""
    return lambda side: FOLLOWERS[side, path].wait(end)


def hang_up(path: str) -> Step:
    """What the follower has got in all."""

    def step(side: Side) -> tuple[str, bytes]:
        follower = FOLLOWERS.pop((side, path))
        follower.close()
        return path, follower.text

    return step


def following() -> list[Scenario]:
    # With a rotation in between there is nothing to compare: there the chunk that makes a file rotate is never sent.
    parts = [piece(number, size) for number, size in enumerate((60, 45, 30, 150, 20))]
    steps = [step for part in parts for step in (heard("/logtail/fo_live", part), let("fo_live"))]
    long = b"".join(b"%04d\n" % number for number in range(1000))
    return [
        Scenario(
            "a log can be followed as it grows",
            sayer("fo_live"),
            (start("fo_live"), until_file("fo_live.out", "a\n"), follow("/logtail/fo_live"))
            + (*steps, said("fo_live"), hang_up("/logtail/fo_live")),
            files=says("fo_live", *(each for part in parts for each in (part, None))),
        ),
        Scenario(
            "who follows begins a kilobyte before the end, of either stream",
            sayer("fo_near"),
            (start("fo_near"), until_file("fo_near.out", "0999\n"), until_file("fo_near.err", "err\n"))
            + (follow("/logtail/fo_near"), heard("/logtail/fo_near", b"0999\n"))
            + (follow("/logtail/fo_near/stderr"), heard("/logtail/fo_near/stderr", b"err\n"))
            + (let("fo_near"), said("fo_near"), heard("/logtail/fo_near", b"more\n"))
            + (hang_up("/logtail/fo_near"), hang_up("/logtail/fo_near/stderr")),
            files=says("fo_near", long, (2, b"err\n"), None, b"more\n"),
        ),
        Scenario(
            "who follows goes on in the file of a name that was taken by another",
            sayer("fo_new"),
            (start("fo_new"), until_file("fo_new.out", "one\n"), follow("/logtail/fo_new"))
            + (heard("/logtail/fo_new", b"one\n"), rename("fo_new.out", "fo_new.old"))
            + (rpc("clearProcessLogs", "fo_new"), let("fo_new"), said("fo_new"))
            + (heard("/logtail/fo_new", b"two, which is longer\n"), hang_up("/logtail/fo_new")),
            files=says("fo_new", b"one\n", None, b"two, which is longer\n"),
        ),
    ]


def events() -> list[Scenario]:
    """One program after the other, so that the order of all events is fixed."""
    plain: dict[str, tuple[Piece, ...]] = {
        "lines": (b"one\n", b"two and ", b"a half\n", (2, b"an error\n")),
        "bytes": ("caf\u00e9\n".encode(), b"a: b\n\n", b"\x1b[1mlast"),
    }
    ways: dict[str, dict[str, object]] = {
        "log": {"stdout_events_enabled": "true", "stderr_events_enabled": "true"},
        "none": {"stdout_events_enabled": "true", "stdout_logfile": "NONE"},
        "both": {"stdout_events_enabled": "true", "stdout_capture_maxbytes": 100},
        "capture": {"stdout_capture_maxbytes": 100},
        "off": {},
    }
    tried = [
        (f"ev_{way}_{kind}", options, spoken)
        for way, options in ways.items()
        for kind, spoken in (CAPTURES if "stdout_capture_maxbytes" in options else plain | CAPTURES).items()
    ]
    options = {"stdout_logfile": "NONE", "buffer_size": 10000, "events": EVENTS, "autostart": "true"}
    ear = program("ear", "@PY@ -I -S @DIR@/ear.py @DIR@/events", **options).replace("[program:", "[eventlistener:")
    return [
        own(
            f"what a listener is told of output, strip_ansi={strip}",
            ear + "".join(sayer(name, **options) for name, options, _ in tried),
            boot(),
            up("ear"),
            *(step for name, _, _ in tried for step in (start(name), said(name), stop(name))),
            until_file("events", f"'{tried[-1][0]}', 'groupname': '{tried[-1][0]}', 'from_state': 'STOPPING'"),
            call(told_events),
            files={key: file for name, _, parts in tried for key, file in says(name, *parts).items()},
            daemon=f"strip_ansi={strip}",
            skip=frozenset({"log"}),
        )
        for strip in ("false", "true")
    ]


def told_events(side: Side) -> list[str]:
    return side.text("events").splitlines()


class Syslogd(threading.Thread):
    """Reads what comes to the socket; `records` is all of it."""

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        self.records: list[bytes] = []
        self.start()

    def run(self) -> None:
        while record := self._socket.recv(1 << 20):
            self.records.append(record)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self.join()
        self._socket.close()


SYSLOGDS: dict[Side, Syslogd] = {}


def boot_with_syslog(side: Side) -> None:
    """The daemon, with a /dev of its own in which somebody listens at /dev/log."""
    SYSLOGDS[side] = Syslogd(f"{side.dir}/log")
    own_dev = ("unshare", "--mount", "--propagation", "private", "sh", str(ROOT / "tests/own_dev.sh"), str(side.dir))
    side.start(prefix=own_dev)


def recorded(*ends: str) -> Step:
    """All records that have come, when the last of each kind has; without pids and times, and without what has no fixed order."""

    def step(side: Side) -> dict[str, list[str]]:
        syslogd = SYSLOGDS[side]
        side.wait(lambda: all(any(end.encode() in each for each in syslogd.records) for end in ends), f"{ends} at /dev/log")
        found: dict[str, list[str]] = {}
        for record in list(syslogd.records):
            text = side.same(record.decode())
            text = re.sub(r"^(<14>)[A-Z][a-z]{2} [ \d]\d [:\d]{8} ", r"\1WHEN ", text)
            text = text.replace("WHEN supervisord.py: ", "WHEN supervisord: ")  # for want of the script that starts it
            text = re.sub(r"[-\d]{10} [:\d]{8},\d{3}", "WHEN", text)
            kind = re.match(r"<14>WHEN supervisord: (WHEN|\w+)", text)
            if "heart" not in text and not re.search(r"waiting for|reaped unknown|fd \d+ closed", text):
                found.setdefault(kind[1] if kind else "other", []).append(text)
        return found

    return step


def no_more_syslog(side: Side) -> None:
    SYSLOGDS.pop(side).close()


def system_log() -> list[Scenario]:
    spoken: tuple[Piece, ...] = (
        b"one\n",
        b"two\n\nthree\n\n",
        b"half ",
        b"of a line\n",
        b"\n",
        "caf\u00e9 \u2713 \u2028 |\n".encode(),
        b"tab\t and %s %(x)s \x1b[1m\r\n",
        b"x" * 3000 + b"\n",
        b"cut here\0and gone\nnext\n",
        (2, b"an error\n"),
        b"the end\n",
    )
    saying = "@PY@ -I -S @DIR@/sayer.py @DIR@/sy"
    options: dict[str, object] = {"stdout_syslog": "true", "stderr_syslog": "true"}
    no_files: dict[str, object] = {"stdout_logfile": "NONE", "stderr_logfile": "syslog"}
    done = (call(boot_with_syslog), said("sy"), call(recorded("the end", "an error")))
    return [
        own(
            "both streams in the system log and in files",
            running("sy", saying, **options),
            *done,
            call(no_more_syslog),
            files=says("sy", *spoken),
        ),
        own(
            "in the system log alone, redirected, without escapes",
            running("sy", saying, **(options | no_files | {"redirect_stderr": "true"})),
            *done,
            call(no_more_syslog),
            files=says("sy", *spoken),
            daemon="strip_ansi=true",
        ),
        own(
            "bytes that are no text, and a clear",
            running("sy", saying, **options),
            *done,
            rpc("clearProcessLogs", "sy"),
            call(no_more_syslog),
            files=says("sy", b"odd \xff\n", (2, b"an error\n"), b"the end\n"),
            differs={
                "answers": (
                    "N9",
                    [
                        {
                            "sy": [
                                "<14>WHEN supervisord: sy odd \ufffd",
                                "<14>WHEN supervisord: sy an error",
                                "<14>WHEN supervisord: sy the end",
                            ]
                        },
                        ("clearProcessLogs", ("sy",), True),
                    ],
                )
            },
            skip=frozenset({"log", "files"}),
        ),
        own(
            "what is captured is not for the system log",
            running("sy", saying, **(options | {"stdout_capture_maxbytes": 100})),
            *done,
            call(no_more_syslog),
            files=says("sy", b"the end<!--XSUPERVISOR:BEGIN-->secret<!--XSUPERVISOR:END-->" + b"z" * 30, (2, b"an error\n")),
        ),
        own(
            "the main log in the system log",
            running("sy", saying, **(options | no_files)),
            *done,
            up_in_front("sy"),
            rpc("readLog", 0, 0),
            rpc("clearLog"),
            *shutdown(),
            call(recorded("stopped: sy")),
            call(no_more_syslog),
            files=says("sy", *spoken),
            daemon="logfile=syslog\nuser=root\nloglevel=info",
            skip=frozenset({"log"}),
        ),
    ]


def up_in_front(name: str) -> Step:
    return until_file("daemon.stdout", f"success: {name} ")


SCENARIOS = [*following(), *events(), *system_log()]

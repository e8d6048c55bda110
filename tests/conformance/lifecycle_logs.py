"""Scenarios about log files byte for byte: their rotation and its names, reopening, capture, AUTO, and what is no file.

What is written in one piece is read in one piece: a writer goes on only when the daemon has emptied its pipe. Since a
daemon deals with what it has read before it reads on, the pieces are the chunks that decide when a log is rotated.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from itertools import product

from tests.conformance.lifecycle_daemons import boot, own, running, shutdown
from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    call,
    content,
    exists,
    let,
    lines,
    listing,
    mark,
    names,
    program,
    rename,
    rpc,
    signal_daemon,
    start,
    stop,
    story,
    until,
    until_log,
    up,
)

# Writes (stream, bytes) one after the other, each when the one before has been read; None waits for the gate.
SAYER = """\
import ast, fcntl, os, struct, sys, termios, time
path = sys.argv[1]
gate = os.open(path + ".gate", os.O_RDWR) if os.path.exists(path + ".gate") else -1  # so that nothing written there is lost
def unread(stream):
    return struct.unpack("i", fcntl.ioctl(stream, termios.FIONREAD, bytes(4)))[0]
for step in ast.literal_eval(open(path + ".say").read()):
    if step is None:
        os.read(gate, 1)
        continue
    os.write(*step)
    while unread(step[0]):
        time.sleep(0.002)
open(path + ".done", "w").close()
time.sleep(1000 if "exit" not in sys.argv else 0)
"""
SHARED_FILES = {"sayer.py": (SAYER, 0o644)}
Piece = bytes | tuple[int, bytes] | None


def sayer(name: str, *words: str, **options: object) -> str:
    """A program that says what is in `NAME.say`."""
    return program(name, " ".join(("@PY@ -I -S @DIR@/sayer.py @DIR@/" + name, *words)), **options)


def says(name: str, *pieces: Piece) -> dict[str, tuple[str | bytes, int]]:
    """The pieces, on stdout unless they name their stream; None waits for `let`."""
    steps = [(1, piece) if isinstance(piece, bytes) else piece for piece in pieces]
    return {f"{name}.say": (f"# @DIR@/{name}.gate\n{steps!r}\n", 0o644)}


def said(name: str) -> Step:
    return exists(f"{name}.done")


def again(name: str) -> Step:
    """The program is stopped and started, and says all of it once more."""

    def step(side: Side) -> None:
        side.rpc("stopProcess", name)
        (side.dir / f"{name}.done").unlink()
        side.rpc("startProcess", name)

    return step


def flushed(*found: tuple[str, bytes]) -> Step:
    """The files end so: ours are written a moment after the pipe has been read."""

    def step(side: Side) -> None:
        for name, end in found:
            path = side.dir / name
            side.wait(lambda path=path, end=end: path.exists() and path.read_bytes().endswith(end), f"{name} to end so")

    return step


def piece(number: int, size: int) -> bytes:
    return bytes([97 + number % 26]) * (size - 1) + b"\n"


def pieces(*sizes: int) -> list[bytes]:
    return [piece(number, size) for number, size in enumerate(sizes)]


def drain(name: str) -> tuple[Step, ...]:
    """Stop it: its logs are complete then."""
    return stop(name), until(name, "STOPPED")


SIZES = (
    (100, (100, 1, 99, 60, 60, 30, 250)),
    (1, (1, 2, 3, 50)),
    (64, (63, 1, 64, 65, 10, 10, 10, 10, 10, 10, 10)),
    (5000, (2500, 2499, 1, 4999, 60000)),
)


def rotations() -> list[Scenario]:
    made = []
    for (most, sizes), backups in product(SIZES, (0, 1, 2, 10)):
        name = f"lr_{most}_{backups}"
        options = {"stdout_logfile_maxbytes": most, "stdout_logfile_backups": backups}
        made.append(
            Scenario(
                f"at {most} bytes with {backups} backups, chunks of {sizes}",
                sayer(name, **options),
                (start(name), said(name), *drain(name), listing(f"{name}.out*")),
                files=says(name, *pieces(*sizes)),
            )
        )
    old = {f"lr_old.out{end}": (f"old{end}\n", 0o600) for end in ("", ".1", ".3", ".4", ".9", ".log")}
    both = {f"{kind}_logfile{key}": value for kind in ("stdout", "stderr") for key, value in (("_maxbytes", 40),)}
    return [
        *made,
        Scenario(
            "backups of before are moved on, gaps and strangers left where they are",
            sayer("lr_old", stdout_logfile_maxbytes=40, stdout_logfile_backups=4),
            (start("lr_old"), said("lr_old"), *drain("lr_old"), listing("lr_old.out*")),
            files=old | says("lr_old", *pieces(35, 40)),
        ),
        Scenario(
            "a log that is too long from before is rotated behind the first chunk",
            sayer("lr_long", stdout_logfile_maxbytes=40, stdout_logfile_backups=2),
            (start("lr_long"), said("lr_long"), *drain("lr_long"), listing("lr_long.out*")),
            files={"lr_long.out": ("x" * 1000, 0o640)} | says("lr_long", *pieces(5, 5)),
        ),
        Scenario(
            "a restart goes on where the log ended",
            sayer("lr_again", stdout_logfile_maxbytes=50, stdout_logfile_backups=3),
            (start("lr_again"), said("lr_again"), again("lr_again"), said("lr_again"), *drain("lr_again")),
            files=says("lr_again", *pieces(30, 30, 30)),
        ),
        Scenario(
            "both streams rotate each for itself",
            sayer("lr_two", stdout_logfile_backups=2, stderr_logfile_backups=1, **both),
            (start("lr_two"), said("lr_two"), *drain("lr_two"), listing("lr_two.*")),
            files=says("lr_two", *((1 + n % 2, piece(n, 15 + n)) for n in range(12))),
        ),
        Scenario(
            "both streams in one log that rotates",
            sayer("lr_one", redirect_stderr="true", stdout_logfile_maxbytes=40, stdout_logfile_backups=3),
            (start("lr_one"), said("lr_one"), *drain("lr_one"), listing("lr_one.*")),
            files=says("lr_one", *((1 + n % 2, piece(n, 15 + n)) for n in range(8))),
        ),
        Scenario(
            "a log and a backup taken away meanwhile are not missed",
            sayer("lr_gone", stdout_logfile_maxbytes=40, stdout_logfile_backups=3),
            (start("lr_gone"), flushed(("lr_gone.out", piece(3, 10))), remove("lr_gone.out", "lr_gone.out.2"))
            + (let("lr_gone"), said("lr_gone"), *drain("lr_gone"), listing("lr_gone.out*")),
            files=says("lr_gone", *pieces(40, 41, 42, 10), None, *pieces(50, 45)),
        ),
        Scenario(
            "bytes that are no text are cut where the chunk ends",
            sayer("lr_bin", stdout_logfile_maxbytes=20, stdout_logfile_backups=5),
            (start("lr_bin"), said("lr_bin"), *drain("lr_bin")),
            files=says("lr_bin", bytes(range(256)), b"\xc3", b"\xa9\n", b"\0" * 30, b"\r\n\n", b"\xff\xfe"),
        ),
        Scenario(
            "a burst is kept whole and in order",
            sayer("lr_burst", stdout_logfile_maxbytes=0),
            (start("lr_burst"), said("lr_burst"), *drain("lr_burst"), listing("lr_burst.out*")),
            files=says("lr_burst", b"".join(b"%06d\n" % number for number in range(60_000))),
        ),
    ]


def remove(*paths: str) -> Step:
    def step(side: Side) -> None:
        for path in paths:
            (side.dir / path).unlink()

    return step


def reopening() -> list[Scenario]:
    usr2, hup = signal_daemon(signal.SIGUSR2), signal_daemon(signal.SIGHUP)
    moved = (rename("ro.out", "ro.out.moved"), rename("main.log", "main.moved"), usr2)
    reopened = (exists("ro.out"), exists("main.log"))
    return [
        own(
            "SIGUSR2 goes on in new files, of what runs, and of the daemon",
            running("ro", "@PY@ -I -S @DIR@/sayer.py @DIR@/ro") + running("ro_off", autostart="false"),
            boot(),
            up("ro"),
            start("ro_off"),
            stop("ro_off"),
            flushed(("ro.out", b"before\n")),
            rename("ro_off.out", "ro_off.moved"),
            *moved,
            *reopened,
            let("ro"),
            said("ro"),
            flushed(("ro.out", b"after\n")),
            content("ro.out.moved"),
            names("ro*.out*", "ro_off.*"),
            messages("main.moved", ("^received SIGUSR2", "logreopen")),
            messages("main.log", ("^received SIGUSR2", "logreopen")),
            files=says("ro", b"before\n", None, b"after\n"),
            skip=frozenset({"log"}),
        ),
        own(
            "a log that was emptied from outside goes on at its end",
            running("rt", "@PY@ -I -S @DIR@/sayer.py @DIR@/rt"),
            boot(),
            flushed(("rt.out", b"before\n")),
            call(lambda side: os.truncate(side.dir / "rt.out", 0)),
            let("rt"),
            said("rt"),
            flushed(("rt.out", b"after\n")),
            files=says("rt", b"before\n", None, b"after\n"),
        ),
        own(
            "a reload opens all logs again",
            running("rh", "@PY@ -I -S @DIR@/sayer.py @DIR@/rh"),
            boot(),
            said("rh"),
            up("rh"),
            flushed(("rh.out", b"once\n")),
            rename("rh.out", "rh.moved"),
            remove("rh.done"),
            hup,
            said("rh"),
            up("rh", 2),
            flushed(("rh.out", b"once\n")),
            content("rh.moved"),
            names("rh.*"),
            *shutdown(),
            files=says("rh", b"once\n"),
        ),
        own(
            "the main log can be cleared",
            running("cl"),
            boot(),
            up("cl"),
            mark("cl"),
            rpc("clearLog"),
            flushed(("main.log", b"")),
            story("cl"),
            call(times_shown("reopening log file")),
            call(times_shown("supervisord started")),
            lines("^(reopening|spawned|supervisord started)"),
            remove("main.log"),
            rpc("clearLog"),
            rpc("readLog", 0, 0),
            *shutdown(),
            skip=frozenset({"log"}),
        ),
        own(
            "the main log is rotated behind the line that makes it too long",
            running("mr", "/bin/false", autostart="false"),
            boot(),
            call(end_often("mr", 40)),
            call(rotated_main_log),
            *shutdown(),
            daemon="loglevel=warn\nlogfile_maxbytes=1100\nlogfile_backups=2\nuser=root",
            skip=frozenset({"log"}),
        ),
    ]


def messages(name: str, patterns: Sequence[str]) -> Step:
    """What a file of the daemon's log says of these, without the times."""
    line = re.compile(r"[-\d]{10} [:,\d]{12} ([A-Z]{4} .*)")
    return lambda side: (
        name,
        [
            found[1]
            for text in side.text(name).splitlines()
            if (found := line.fullmatch(text)) and any(re.search(pattern, found[1][5:]) for pattern in patterns)
        ],
    )


def end_often(name: str, count: int) -> Step:
    """The program is started that often, and ends each time with one line of the log, the same but for its time."""

    def step(side: Side) -> None:
        for _ in range(count):
            side.rpc("startProcess", name)
            until(name, "EXITED")(side)
        written = list(side.dir.glob("main.log*"))
        side.wait(lambda: sum(path.read_text().count(f"exited: {name}") for path in written) == count, "all lines")

    return step


def rotated_main_log(side: Side) -> list[tuple[str, str]]:
    """The files of the main log, without the times."""
    found = {path.name: side.same(path.read_text()) for path in side.dir.glob("main.log*")}
    return sorted((name, re.sub(r"^[-\d]{10} [:\d]{8},\d{3}", "WHEN", text, flags=re.M)) for name, text in found.items())


CAPTURES: dict[str, tuple[Piece, ...]] = {
    "whole": (b"before<!--XSUPERVISOR:BEGIN-->a message\n<!--XSUPERVISOR:END-->and what comes after it is long enough\n",),
    "cut": (
        b"a line that is long enough to be looked at\n<!--XSUPER",
        b"VISOR:BEGIN-->cut ",
        b"into pie",
        b"ces, and the end too<!--XSUPERVISOR:",
        b"END-->the rest of it, also long enough\n",
    ),
    "several": (
        b"<!--XSUPERVISOR:BEGIN-->1<!--XSUPERVISOR:END--><!--XSUPERVISOR:BEGIN-->22<!--XSUPERVISOR:END-->" * 2 + b"z" * 30,
    ),
    "empty": (b"<!--XSUPERVISOR:BEGIN--><!--XSUPERVISOR:END-->" + b"z" * 30,),
    "overflow": (
        b"<!--XSUPERVISOR:BEGIN-->" + b"a" * 60,
        b"b" * 30,
        b"c" * 100,
        b"d" * 25 + b"<!--XSUPERVISOR:END-->" + b"z" * 30,
    ),
    "reversed": (b"no beginning<!--XSUPERVISOR:END-->, so this is output, and enough of it\n",),
    "never": (b"before it<!--XSUPERVISOR:BEGIN-->what nobody ever ends is in no log and no event\n",),
    "nested": (b"<!--XSUPERVISOR:BEGIN-->x<!--XSUPERVISOR:BEGIN-->y<!--XSUPERVISOR:END-->" + b"z" * 30,),
}


def captures() -> list[Scenario]:
    made = []
    for (kind, spoken), stream in product(CAPTURES.items(), (1, 2)):
        name = f"cp_{kind}_{stream}"
        channel = "stdout" if stream == 1 else "stderr"
        made.append(
            Scenario(
                f"{kind} captured from {channel}",
                sayer(name, **{f"{channel}_capture_maxbytes": 100}),
                (start(name), said(name), outputs(name), *drain(name)),
                files=says(name, *((stream, each) for each in spoken if isinstance(each, bytes))),
            )
        )
    return [
        *made,
        Scenario(
            "the last words of a program in capture mode",
            sayer("cp_last", "exit", stdout_capture_maxbytes=100, startsecs=0),
            (start("cp_last"), until("cp_last", "EXITED"), until_log("exited: cp_last")),
            files=says("cp_last", b"short\n"),
            differs={"files": ("D9", last_words(b"short\n"))},
        ),
    ]


def last_words(said_last: bytes) -> dict[str, bytes]:
    """The files of `cp_last` with all it has said."""
    say = says("cp_last", said_last)["cp_last.say"][0]
    assert isinstance(say, str)
    kept = {"cp_last.out": said_last, "cp_last.say": say.replace("@DIR@", "DIR").encode()}
    return {"cp_last.done": b"", "cp_last.err": b"", **kept}


def outputs(name: str) -> Step:
    """What the main log repeats of the output of a program, chunk by chunk."""

    def step(side: Side) -> list[str]:
        side.settled()
        text = side.text("main.log")
        found = re.findall(rf"DEBG '{name}' (std\w+) output:\n(.*?)(?=\n[-\d]{{10}} [:,\d]{{12}} [A-Z]{{4}} |\Z)", text, re.S)
        return [f"{channel}: {data}" for channel, data in found]

    return step


def colours() -> list[Scenario]:
    text = (b"\x1b[1mbold\x1b[0m plain \x1b[31;1mred\x1b[39m\n", b"\x1b[2Kline\x1b[2q and on to m here\x1b[mend\n")
    more = (b"\x1b]0;title\x07\x1bM \x1b[?25hx\x1b[10;20H\n", b"no sequence [1m at all\n", b"caf\xc3\xa9 \x1b[1mend\x1b[0m")
    return [
        own(
            f"strip_ansi={strip}",
            running("an", "@PY@ -I -S @DIR@/sayer.py @DIR@/an", stdout_logfile_maxbytes=40, stdout_logfile_backups=3),
            boot(),
            said("an"),
            outputs("an"),
            stop("an"),
            call(texts("an.out*")),
            daemon=f"strip_ansi={strip}",
            files=says("an", *text, *more),
        )
        for strip in ("true", "false")
    ]


def auto() -> list[Scenario]:
    left = ("x-stdout---id-abcdefgh.log", "x-stdout---id-abcdefgh.log.1", "y-stderr---id-12345678.log.10")
    kept = ("---id-abcdefgh.log", "x-stdout---id2-abcdefgh.log", "x-stdout---id-.log", "x-stdout--id-abcdefgh.log", "x.log")
    odd = ("x-stdout---id-ab cdefgh.log", "x-stdout---id-abcdefgh.logger", "a---id-b---id-c.log", "x---id-a.log.99999")
    return [
        Scenario(
            "logs the daemon names itself",
            sayer("au_both", stdout_logfile="AUTO", stderr_logfile="AUTO", stdout_logfile_maxbytes=30)
            + sayer("au_one", stdout_logfile="AUTO", stderr_logfile="AUTO", redirect_stderr="true")
            + program("au_none", stdout_logfile="NONE", stderr_logfile="off"),
            (listing("auto/au_*"), start("au_both"), start("au_one"), start("au_none"), said("au_both"), said("au_one"))
            + (stop("au_both"), stop("au_one"), listing("auto/au_*"), call(texts("auto/au_*")))
            + tuple(rpc("getProcessInfo", name) for name in ("au_nope",))
            + tuple(call(paths(name)) for name in ("au_both", "au_one", "au_none")),
            files=says("au_both", *pieces(10, 15), (2, b"error\n"), *pieces(20, 25)) | says("au_one", b"out\n", (2, b"err\n")),
        ),
        own(
            "what an earlier daemon of this name has left is removed, and nothing else",
            running("ac", stdout_logfile="AUTO", stderr_logfile="AUTO"),
            boot(),
            up("ac"),
            names("auto/*"),
            daemon="identifier=id",
            files={f"auto/{name}": ("left\n", 0o644) for name in (*left, *kept, *odd)},
        ),
        own(
            "logs of before that cannot be removed",
            running("af"),
            boot(),
            up("af"),
            names("auto/*"),
            lines("^Failed to clean up"),
            daemon="identifier=id",
            files={"auto/x-stdout---id-abcdefgh.log/inside": ("a directory\n", 0o644)},
        ),
    ]


def texts(pattern: str) -> Step:
    return lambda side: sorted((side.same(path.name), path.read_bytes()) for path in side.dir.glob(pattern))


def paths(name: str) -> Step:
    def step(side: Side) -> list[str]:
        row = side.rpc("getProcessInfo", name)
        return [row[key] for key in ("logfile", "stdout_logfile", "stderr_logfile")]

    return step


def targets() -> list[Scenario]:
    dev_null = ("readProcessStdoutLog", "tailProcessStdoutLog")
    return [
        Scenario(
            "a log that is a pipe",
            sayer("tp", stdout_logfile="@DIR@/tp.pipe", stdout_logfile_maxbytes=0),
            (call(open_pipe("tp.pipe")), start("tp"), said("tp"), call(read_pipe("tp.pipe", b"two\n")))
            + (rpc("readProcessStdoutLog", "tp", 0, 0), rpc("tailProcessStdoutLog", "tp", 0, 10), stop("tp")),
            files=says("tp", b"one\n", b"two\n"),
        ),
        Scenario(
            "a log that is a pipe and is to be rotated",
            sayer("tr", stdout_logfile="@DIR@/tr.pipe", stdout_logfile_maxbytes=5),
            (call(open_pipe("tr.pipe")), start("tr"), said("tr"), call(read_pipe("tr.pipe", b"three\n")), stop("tr")),
            files=says("tr", b"one\n", b"two\n", b"three\n"),
            differs={"log": ("D17", {"tr": life("tr")})},
        ),
        Scenario(
            "a log that is thrown away",
            sayer("tn", stdout_logfile="/dev/null", stderr_logfile="/dev/null", stdout_logfile_maxbytes=0),
            (start("tn"), said("tn"), stop("tn"), *(rpc(method, "tn", 0, 10) for method in dev_null)),
            files=says("tn", b"one\n", (2, b"two\n")),
        ),
        own(
            "programs that write to the daemon's own output",
            running("ts", "@PY@ -I -S @DIR@/sayer.py @DIR@/ts", stdout_logfile="/dev/stdout", stdout_logfile_maxbytes=0)
            + running("te", "@PY@ -I -S @DIR@/sayer.py @DIR@/te", stdout_logfile="/dev/fd/1", stdout_logfile_maxbytes=0),
            boot("-s"),
            said("ts"),
            flushed(("daemon.stdout", b"first\n")),
            let("te"),
            said("te"),
            flushed(("daemon.stdout", b"second\n")),
            content("daemon.stdout"),
            rpc("readProcessStdoutLog", "ts", 0, 0),
            rpc("getProcessInfo", "nope"),
            files=says("ts", b"first\n") | says("te", None, b"second\n"),
        ),
        own(
            "in front the main log is shown, too",
            running("tc"),
            boot(),
            up("tc"),
            *shutdown(),
            call(shown_as_logged),
        ),
        own(
            "a main log that is the output is shown once",
            running("to", "/bin/false", startsecs=600, startretries=0),
            boot(),
            until("to", "FATAL"),
            *shutdown(),
            call(times_shown("gave up: to")),
            daemon="logfile=/dev/stdout\nlogfile_maxbytes=0\nuser=root",
            skip=frozenset({"log", "states"}),
            differs={"answers": ("D17", [("exit code", 0), [], ("gave up: to", 1)])},
        ),
    ]


def life(name: str) -> list[tuple[str, str]]:
    """What the main log tells of a program that is started and stopped, when nothing is wrong."""
    return [
        ("INFO", f"spawned: '{name}' with pid N"),
        ("INFO", f"success: {name} entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)"),
        ("DEBG", f"killing {name} (pid N) with signal SIGTERM"),
        ("WARN", f"stopped: {name} (terminated by SIGTERM)"),
    ]


def reads() -> list[Scenario]:
    cut = (("readProcessStdoutLog", (2, 2), "\ufffdb"), ("tailProcessStdoutLog", (0, 3), ["\ufffdb\n", 5, True]))
    all_of_it = ("readProcessStdoutLog", (0, 0), "\ufffd[1mx\ufffd\ufffd\n")
    forbidden = (all_of_it, ("tailProcessStdoutLog", (0, 2), ["\ufffd\n", 8, True]))
    made = []
    for name, text, calls in (("rx_cut", "a\u00e9b\n".encode(), cut), ("rx_odd", b"\x1b[1mx\x00\x08\n", forbidden)):
        asked = tuple(rpc(method, name, *window) for method, window, _ in calls)
        ours = [(method, (name, *window), answer) for method, window, answer in calls]
        made.append(
            Scenario(
                f"parts of a log that are no text of XML, {name}",
                sayer(name),
                (start(name), said(name), flushed((f"{name}.out", text)), *asked),
                files=says(name, text),
                differs={"answers": ("D15", [("startProcess", (name, True), True), *ours])}
                | ({"log": ("D15", {name: life(name)[:2]})} if name == "rx_cut" else {}),
            )
        )
    return made


def open_pipe(name: str) -> Step:
    """The pipe is there, and somebody reads it from now on."""

    def step(side: Side) -> None:
        os.mkfifo(side.dir / name)
        side.marks[name] = os.open(side.dir / name, os.O_RDONLY | os.O_NONBLOCK)

    return step


def read_pipe(name: str, last: bytes) -> Step:
    def step(side: Side) -> bytes:
        found, fd = bytearray(), side.marks[name]

        def ends() -> bool:
            try:
                found.extend(os.read(fd, 65536))
            except BlockingIOError:
                return False
            return found.endswith(last)

        side.wait(ends, f"{last!r} from {name}")
        os.close(fd)
        return bytes(found)

    return step


def shown_as_logged(side: Side) -> bool:
    """Whether each line of the main log is on standard output as it is."""
    logged = [line for line in side.text("main.log").splitlines() if "DEBG" not in line]
    return bool(logged) and [line for line in side.text("daemon.stdout").splitlines() if "DEBG" not in line] == logged


def times_shown(text: str) -> Step:
    return lambda side: (text, side.text("daemon.stdout").count(text))


SCENARIOS = [*rotations(), *reopening(), *captures(), *colours(), *auto(), *targets(), *reads()]

"""Scenarios about what children write: log files, their rotation, and reading them."""

from __future__ import annotations

from itertools import product

from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_states import TALK
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    call,
    exists,
    let,
    listing,
    many,
    program,
    rpc,
    shell,
    start,
    stop,
    until,
    until_file,
    until_log,
    up,
)

# Writes a chunk when the daemon has read the one before and the log looks as it must look then.
WRITER = """\
import fcntl, os, struct, sys, termios, time
path, stream, most, sizes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), [int(size) for size in sys.argv[4:]]
def look():
    try:
        s = os.stat(path)
    except FileNotFoundError:  # in the middle of a rotation
        return 0, -1, 0
    return s.st_ino, s.st_size, s.st_mtime_ns
def unread():
    return struct.unpack("i", fcntl.ioctl(stream, termios.FIONREAD, bytes(4)))[0]
size = 0
for n, more in enumerate(sizes):
    time.sleep(0.02)
    before = look()
    os.write(stream, bytes([97 + n]) * (more - 1) + b"\\n")
    size = size + more if size + more < most else 0
    while unread() or (now := look()) == before or now[1] != size:
        time.sleep(0.005)
open(path + ".done", "w").close()
time.sleep(1000)
"""
SHARED_FILES = {"writer.py": (WRITER, 0o644)}


def rotations() -> list[Scenario]:
    made = []
    for backups, stream in product((0, 1, 2), (1, 2)):
        name = f"rot_{backups}_{stream}"
        kind, ending = ("stdout", "out") if stream == 1 else ("stderr", "err")
        options = {f"{kind}_logfile_maxbytes": 100, f"{kind}_logfile_backups": backups}
        command = f"@PY@ -I -S @DIR@/writer.py @DIR@/{name}.{ending} {stream} 100 60 60 30 99 1 100 250 10 40 50"
        made.append(
            Scenario(
                f"{kind} rotates at 100 bytes with {backups} backups",
                program(name, command, **options),
                (start(name), exists(f"{name}.{ending}.done"), listing(f"{name}.{ending}*"))
                + (
                    rpc("readProcessStdoutLog", name, 0, 0),
                    rpc("clearProcessLogs", name),
                    listing(f"{name}.{ending}*"),
                ),
            )
        )
    return made


def matrices() -> list[Scenario]:
    made = []
    pairs = tuple(product((-100, -7, -5, -1, 0, 3, 7, 100), (-1, 0, 3, 7, 100)))
    methods = ("readProcessStdoutLog", "readProcessStderrLog", "tailProcessStdoutLog", "tailProcessStderrLog")
    for method in (*methods, "readProcessLog", "tailProcessLog"):
        name = f"mx_{method}"
        made.append(
            Scenario(
                f"every offset and length of {method}",
                shell(name),
                (start(name), until_file(f"{name}.err", "bye"))
                + (many(method, *((name, offset, length) for offset, length in pairs)),),
                files={f"{name}.sh": ("printf abcdefg\nprintf 'abc\\nbye' >&2\nexec sleep 1000\n", 0o644)},
            )
        )
    return made


def bytes_kept(side: Side) -> bytes:
    return (side.dir / "raw.out").read_bytes()


def outputs() -> list[Scenario]:
    reads: tuple[Step, ...] = tuple(
        rpc(method, "lo_none", 0, 0)
        for method in ("readProcessStdoutLog", "readProcessStderrLog", "tailProcessStdoutLog", "tailProcessStderrLog")
    )
    raw = "printf 'a\\000\\377\\033[1mb\\r\\n\\n'\nprintf last >&2\nexec sleep 1000\n"
    return [
        Scenario(
            "bytes are kept as they are",
            shell("raw"),
            (start("raw"), until_file("raw.err", "last"), call(bytes_kept)),
            files={"raw.sh": (raw, 0o644)},
        ),
        Scenario(
            "a log of cut and invalid text can be read",
            shell("cut"),
            (start("cut"), until_file("cut.out", "x"), rpc("readProcessStdoutLog", "cut", 0, 0)),
            files={"cut.sh": ("printf '\\303\\251\\377x'\nexec sleep 1000\n", 0o644)},
            differs={
                "answers": (
                    "D15",
                    [("startProcess", ("cut", True), True), ("readProcessStdoutLog", ("cut", 0, 0), "\u00e9\ufffdx")],
                ),
                "log": ("D15", None),
            },
        ),
        Scenario(
            "both streams in one file, in order",
            shell("both", redirect_stderr="true", stderr_logfile=None),
            (start("both"), until_file("both.out", "end"), rpc("readProcessStderrLog", "both", 0, 0)),
            files={"both.sh": ("echo 1\necho 2 >&2\necho 3\necho 4 >&2\necho end\nexec sleep 1000\n", 0o644)},
        ),
        Scenario(
            "a log is appended to",
            shell("keep"),
            (
                start("keep"),
                until_file("keep.out", "new"),
                stop("keep"),
                start("keep"),
                until_file("keep.out", "new", 2),
            ),
            files={"keep.sh": ("echo new\nexec sleep 1000\n", 0o644), "keep.out": ("old\n", 0o600)},
        ),
        Scenario(
            "no logs to read", program("lo_none", stdout_logfile="NONE", stderr_logfile=""), (start("lo_none"), *reads)
        ),
        Scenario(
            "a log exists as soon as its program was spawned",
            program("lo_made"),
            (many("readProcessStdoutLog", ("lo_made", 0, 0)), many("tailProcessStdoutLog", ("lo_made", 0, 9)))
            + (start("lo_made"), listing("lo_made.*"), many("readProcessStdoutLog", ("lo_made", 0, 0))),
        ),
        Scenario(
            "a cleared log begins anew",
            shell("clr"),
            (start("clr"), until_file("clr.out", "ready"), rpc("clearProcessLogs", "clr"), listing("clr.out*"))
            + (rpc("signalProcess", "clr", "USR1"), until_file("clr.out", "got USR1"), stop("clr", False))
            + (until_file("clr.out", "got TERM"), rpc("signalProcess", "clr", "KILL"), until("clr", "STOPPED"))
            + (rpc("clearProcessLogs", "clr"), listing("clr.out*"), rpc("clearProcessLog", "nope")),
            files={"clr.sh": (TALK, 0o644)},
        ),
        Scenario(
            "what was written before an exit is kept",
            shell("drain"),
            (start("drain"), up("drain"), let("drain"), until("drain", "EXITED"), until_log("exited: drain"))
            + (until_file("drain.out", "5000"), until_file("drain.err", "tail")),
            files={"drain.sh": ("read x < @DIR@/drain.gate\nseq 1 5000\necho tail >&2\nexit 0\n", 0o644)},
        ),
        Scenario(
            "text sent to a program arrives",
            shell("hear"),
            (start("hear"), rpc("sendProcessStdin", "hear", "h\u00e9llo\n"), until_file("hear.out", "got"))
            + (stop("hear"), rpc("sendProcessStdin", "hear", "x\n"), rpc("sendProcessStdin", "nope", "x")),
            files={"hear.sh": ("read x\necho got $x\nexec sleep 1000\n", 0o644)},
        ),
        Scenario(
            "a grandchild that survives finds its output closed",
            shell("orphan"),
            (start("orphan"), until_file("orphan.out", "x"), stop("orphan"), until_file("orphan-says", "closed"))
            + (rpc("readProcessStdoutLog", "orphan", 0, 1),),
            files={
                "orphan.sh": (
                    "trap '' PIPE\n(while echo x; do sleep 0.05; done; echo closed > @DIR@/orphan-says) 2>/dev/null &\nwait\n",
                    0o644,
                )
            },
            skip=frozenset({"files"}),
        ),
    ]


SCENARIOS = [*rotations(), *matrices(), *outputs()]

"""Scenarios about FastCGI programs: when their socket is made and closed, what it is, and what a child has of it."""

from __future__ import annotations

import os
import signal
import stat

from tests.conformance.lifecycle_daemons import boot, own, running, shutdown, told
from tests.conformance.lifecycle_groups import group
from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    broken,
    broken_files,
    content,
    ctl,
    each,
    exists,
    info,
    kill,
    lines,
    program,
    rpc,
    signal_daemon,
    start,
    stop,
    talk,
    until,
    until_file,
    until_log,
    up,
    write,
)

# What a child finds at its descriptor 0; the numbers of pipes and sockets are left out.
FOUND = """\
import os, socket, stat, time
if stat.S_ISSOCK(os.fstat(0).st_mode):
    shared = socket.socket(fileno=0)
    listens = shared.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    print("socket", shared.getsockname(), listens, os.get_blocking(0), flush=True)
else:
    print("no socket", flush=True)
time.sleep(1000)
"""
LOOKS = "@PY@ -I -S @DIR@/{}.py"
# For those who cannot read where that Python lies.
FOUND_SH = "stat -L -c %F /proc/self/fd/0\nexec sleep 1000\n"
LOOKS_SH = "/bin/sh @DIR@/{}.py"


def fcgi(name: str, command: str = "/bin/sleep 1000", **options: object) -> str:
    """An fcgi-program with a socket of its name."""
    options = {"socket": f"unix://@DIR@/{name}.sock", **options}
    return program(name, command, **options).replace("[program:", "[fcgi-program:", 1)


def two(name: str, **options: object) -> str:
    return fcgi(name, numprocs=2, process_name=f"{name}_%(process_num)d", stdout_logfile="NONE", **options)


def sockets(name: str) -> Step:
    """The main log about the sockets and the processes of a program, in its order."""
    return lines(rf"(?<!\w){name}(_\d)?(?!\w)(?!.*(stdin|stdout|stderr)\)| to stop)")


def socket_file(name: str) -> Step:
    """What there is at a path: mode and owner of a socket."""

    def step(side: Side) -> tuple[str, bool, str, int, int]:
        there = os.lstat(side.dir / name)
        return name, stat.S_ISSOCK(there.st_mode), oct(stat.S_IMODE(there.st_mode)), there.st_uid, there.st_gid

    return step


def lives_of_sockets() -> list[Scenario]:
    return [
        Scenario(
            "a shared socket is there from the first child to the last",
            two("fa"),
            (socket_file("fa.sock"), start("fa:fa_0"), start("fa:fa_1"), socket_file("fa.sock"), stop("fa:fa_0"))
            + (start("fa:fa_0"), stop("fa:fa_1"), stop("fa:fa_0"), socket_file("fa.sock"), start("fa:fa_1"))
            + (stop("fa:fa_1"), talk("status", "fa:*"), sockets("fa")),
            names=("fa", "fa_0", "fa_1"),
        ),
        Scenario(
            "a restart of all makes the socket anew",
            two("fb"),
            (each("startProcessGroup", "fb"), talk("restart", "fb:*"), each("stopProcessGroup", "fb"))
            + (lines(r"socket unix://DIR/fb\."),),
            names=("fb",),
        ),
        Scenario(
            "a child that dies alone takes the socket with it, and its restart makes another",
            fcgi("fc", autorestart="true"),
            (start("fc"), up("fc"), kill("fc", signal.SIGKILL), up("fc", 2), stop("fc"), sockets("fc")),
            names=("fc",),
        ),
        Scenario(
            "starts that fail have had the socket",
            broken("fd", startretries=0).replace("[program:", "[fcgi-program:") + "socket=unix://@DIR@/fd.sock\n",
            (start("fd"), until("fd", "FATAL"), sockets("fd"), info("fd")),
            names=("fd",),
            files=broken_files("fd"),
        ),
        Scenario(
            "a command that is not there",
            fcgi("fe", "/nonexistent/fe", autostart="true", startretries=0),
            (until("fe", "FATAL"), start("fe"), sockets("fe"), info("fe")),
            names=("fe",),
        ),
        Scenario(
            "a child that ends too quickly",
            fcgi("ff", "/bin/false", startsecs=600, startretries=1),
            (start("ff"), until("ff", "FATAL"), sockets("ff"), socket_file("ff.sock")),
            names=("ff",),
        ),
        Scenario(
            "a socket that one has while the other one fails",
            two("fg", startsecs=0) + fcgi("fg_bad", "/nonexistent/fg_bad"),
            (start("fg:fg_0"), start("fg_bad"), stop("fg:fg_0"), sockets("fg")),
            names=("fg", "fg_0", "fg_bad"),
        ),
    ]


def natures() -> list[Scenario]:
    looked = [("fh", {}), ("fi", {"socket_mode": "0666"}), ("fj", {"user": "nobody"})]
    looked += [("fk", {"socket_owner": "nobody:daemon", "socket_mode": "0640"}), ("fl", {"socket_owner": "daemon"})]
    looked += [
        ("fm", {"user": "nobody", "socket_owner": "root"}),
        ("fn", {"socket_backlog": "5", "redirect_stderr": "true"}),
    ]
    return [
        Scenario(
            f"what a child has of a socket with {' and '.join(options) or 'nothing said'}",
            fcgi(name, (LOOKS_SH if "user" in options else LOOKS).format(name), **options),
            (start(name), until_file(f"{name}.out", "socket"), content(f"{name}.out"), socket_file(f"{name}.sock"))
            + (rpc("sendProcessStdin", name, "x"), stop(name), socket_file(f"{name}.sock")),
            names=(name,),
            files={f"{name}.py": (FOUND_SH if "user" in options else FOUND, 0o644)},
        )
        for name, options in looked
    ] + [
        Scenario(
            "whatever is at the path is replaced",
            fcgi("fo") + fcgi("fp") + fcgi("fq", LOOKS.format("fq"), socket="unix://@DIR@/fp.sock"),
            (start("fo"), socket_file("fo.sock"), start("fp"), start("fq"), socket_file("fp.sock"))
            + (until_file("fq.out", "socket"), content("fq.out"), stop("fp"), stop("fq"), sockets("fp")),
            names=("fo", "fp", "fq"),
            files={"fo.sock": ("a file", 0o644), "fq.py": (FOUND, 0o644)},
        ),
        Scenario(
            "a client asks about it as about any program",
            fcgi("fr", "/bin/cat", priority=7),
            (info("fr"), start("fr"), ctl("status", "fr"), rpc("signalProcess", "fr", "HUP"), until("fr", "EXITED"))
            + (lambda side: [line for line in side.ctl("avail")[1].splitlines() if line.startswith("fr ")],)
            + (lambda side: [row for row in side.rpc("getAllConfigInfo") if row["name"] == "fr"],),
            names=("fr",),
            skip=frozenset({"log"}),
        ),
        Scenario(
            "in a group it keeps its socket",
            group("gf", "fs") + fcgi("fs", LOOKS.format("fs")),
            (start("gf:fs"), until_file("fs.out", "socket"), content("fs.out"), stop("gf:fs")),
            names=("fs",),
            files={"fs.py": (FOUND, 0o644)},
            differs={
                "answers": (
                    "D28",
                    [
                        ("startProcess", ("gf:fs", True), True),
                        ("fs.out", "socket DIR/fs.sock 1 True\n"),
                        ("stopProcess", ("gf:fs", True), True),
                    ],
                ),
                "log": ("D28", None),
                "files": ("D28", {"fs.err": b"", "fs.out": b"socket DIR/fs.sock 1 True\n", "fs.py": FOUND.encode()}),
            },
        ),
    ]


def daemons() -> list[Scenario]:
    order = (
        "socket unix",
        "^RPC",
        "^Server",
        "^spawned",
        "^supervisord started",
        "^stopped",
        "^received SIG(TERM|HUP)",
    )
    come = (up("fu_0"), up("fu_1"), up("ft"), up("fv"))
    return [
        own(
            "sockets come with the start and go with the end of a daemon",
            running("ft", priority=20)
            + two("fu", priority=10, autostart="true")
            + fcgi("fv", autostart="true", priority=30)
            + fcgi("fw"),
            boot(),
            *come,
            *(socket_file(f"{name}.sock") for name in ("fu", "fv", "fw")),
            stop("fu:fu_0"),
            told(*order),
            signal_daemon(signal.SIGHUP),
            until_log("^supervisord started", 2),
            up("fu_1", 2),
            up("fv", 2),
            stop("fu:fu_1"),
            *shutdown(),
            *(socket_file(f"{name}.sock") for name in ("fu", "fv", "fw")),
            lines("socket unix://DIR/f[uvw]"),
            names=("ft", "fu_0", "fu_1", "fv", "fw", "fu"),
            skip=frozenset({"log", "files", "states"}),
        ),
        own(
            "a daemon that gives up root makes sockets as the user it has become",
            fcgi("fy", autostart="true")
            + fcgi("fz", autostart="true", socket_owner="nobody", socket_mode="0660")
            + fcgi("fya", autostart="true", user="nobody"),
            boot(),
            *(up(name) for name in ("fy", "fz", "fya")),
            *(socket_file(f"{name}.sock") for name in ("fy", "fz", "fya")),
            *(sockets(name) for name in ("fy", "fz", "fya")),
            *shutdown(),
            names=("fy", "fz", "fya"),
            daemon="user=nobody",
            skip=frozenset({"log"}),
        ),
        own(
            "an update of a changed socket moves it, one of its mode alone does nothing",
            "",
            write("conf.d/fx.conf", fcgi("fx", autostart="true")),
            boot(),
            up("fx"),
            ctl("reread"),
            write("conf.d/fx.conf", fcgi("fx", autostart="true", socket_mode="0777", socket_backlog=5)),
            ctl("reread"),
            ctl("update"),
            write(
                "conf.d/fx.conf", fcgi("fx", autostart="true", socket="unix://@DIR@/new-fx.sock", socket_mode="0777")
            ),
            ctl("reread"),
            ctl("update"),
            up("fx", 2),
            exists("new-fx.sock"),
            socket_file("new-fx.sock"),
            socket_file("fx.sock"),
            write("conf.d/fx.conf", program("fx", autostart="true")),
            ctl("reread"),
            ctl("update"),
            up("fx", 3),
            write("conf.d/fx.conf", fcgi("fx")),
            ctl("reread"),
            ctl("update"),
            ctl("remove", "fx"),
            ctl("add", "fx"),
            ctl("start", "fx"),
            ctl("remove", "fx"),
            sockets("fx"),
            *shutdown(),
            names=("fx",),
        ),
    ]


SCENARIOS = [*lives_of_sockets(), *natures(), *daemons()]

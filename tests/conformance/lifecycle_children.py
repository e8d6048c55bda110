"""Scenarios about children: what they see and how they fail to be born."""

from __future__ import annotations

import re
from itertools import product

from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import (
    Scenario,
    call,
    ctl,
    info,
    program,
    quiet,
    start,
    stop,
    until,
    until_file,
)

PROBE = """\
view=@DIR@/$1.view
after() { sed 's/.*) //' /proc/$1/stat | cut -d' ' -f$2; }
flags=$(grep -h flags /proc/$$/fdinfo/0 /proc/$$/fdinfo/1 /proc/$$/fdinfo/2)
kinds=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 | sed 's/[0-9]*]/N]/')
same=$([ "$(readlink /proc/$$/fd/1)" = "$(readlink /proc/$$/fd/2)" ] && echo yes)
{
  echo "arguments $*"
  tr '\\0' '\\n' < /proc/$$/environ | sort
  echo "cwd $(readlink /proc/$$/cwd)"
  grep -E '^(Sig[BIC]|Umask|Uid|Gid|Groups|NoNewPrivs|Cap)' /proc/self/status
  cat /proc/$$/limits /proc/$$/oom_score_adj
  echo "streams $kinds $flags, output and errors are one: $same"
  [ $PPID = "$(cat @DIR@/s.pid)" ] && echo "child of the daemon"
  [ "$(after $$ 3)" = $$ ] && echo "leads its group"
  [ "$(after $$ 4)" = "$(after $PPID 4)" ] && echo "in the daemon's session"
  echo "tty $(after $$ 5) nice $(after $$ 17)"
} > $view.new 2>&1
mv $view.new $view
exec sleep 1000
"""
SHARED_FILES = {"probe.sh": (PROBE, 0o644)}


def seen(name: str, why: str, **options: object) -> Scenario:
    path = f"{name}.view"
    text = program(name, f"/bin/sh @DIR@/probe.sh {name} 'two words' \\$HOME ~", **options)
    return Scenario(f"the child's view: {why}", text, (start(name), until_file(path, "tty"), stop(name)), live=True)


def open_files(side: Side) -> list[str]:
    return re.sub(r"\d+(?=\]|/fd)", "N", side.same(side.text("see_fds.out"))).splitlines()


def views() -> list[Scenario]:
    return [
        seen("see_plain", "nothing set"),
        seen("see_redirect", "redirect_stderr", redirect_stderr="true", stderr_logfile=None),
        seen("see_user", "user=nobody", user="nobody"),
        seen("see_uid", "user by number", user="1"),
        seen("see_umask", "umask=077", umask="077"),
        seen("see_dir", "directory", directory="/usr/share"),
        seen("see_env", "environment over the daemon's", environment='GLOBAL="mine",HOME="/x",A="1 2",B=""'),
        seen(
            "see_names", "expansion in environment", environment='N="%(program_name)s-%(group_name)s-%(process_num)d"'
        ),
        seen("see_over", "SUPERVISOR_ variables overridden", environment='SUPERVISOR_ENABLED="0",SUPERVISOR_X="y"'),
        seen("see_url", "serverurl of its own", serverurl="http://example.com:1"),
        seen("see_nourl", "no serverurl", serverurl=""),
        Scenario(
            "the child's view: no descriptors but its own three",
            program("see_fds", "/usr/bin/find /proc/self/fd -printf '%%f %%l\\n'"),
            (quiet("startProcess", "see_fds", False), until("see_fds", "EXITED"), call(open_files)),
            skip=frozenset({"log", "files"}),
        ),
        seen("see_none", "logs off", stdout_logfile="NONE", stderr_logfile="off"),
    ]


def spawn_error(name: str, why: str, command: str, **more: object) -> list[Scenario]:
    """Once asked for by a client, once by autostart."""
    files = more.pop("files", {})
    auto, late = f"{name}auto", "stdout_logfile" in more  # a log is opened only once the command was found good
    more["startretries"] = 0
    first = Scenario(
        f"cannot be spawned on request: {why}",
        program(name, command.replace("NAME", name), **more),
        (start(name), *((until(name, "FATAL"),) if late else ()), info(name), ctl("start", name), start(name, False)),
        files={key.replace("NAME", name): value for key, value in files.items()},
    )
    second = Scenario(
        f"cannot be spawned by itself: {why}",
        program(auto, command.replace("NAME", auto), **(more | {"autostart": "true"})),
        (until(auto, "FATAL"), info(auto), ctl("status", auto)),
        files={key.replace("NAME", auto): value for key, value in files.items()},
    )
    return [first, second]


def spawn_errors() -> list[Scenario]:
    run = ("#!/bin/sh\nexec sleep 1000\n", 0o755)
    plain = ("#!/bin/sh\nexec sleep 1000\n", 0o644)
    return [
        *spawn_error("sp_quote", "an open quote", '/bin/NAME "unclosed'),
        *spawn_error("sp_gone", "no such file", "/nonexistent/NAME"),
        *spawn_error("sp_word", "not in PATH", "NAME-in-no-path --flag"),
        *spawn_error("sp_dir", "a directory", "@DIR@/NAME.d", files={"NAME.d/x": plain}),
        *spawn_error("sp_mode", "not executable", "@DIR@/NAME.plain", files={"NAME.plain": plain}),
        *spawn_error("sp_rel", "relative to directory=", "./NAME.x", directory="@DIR@/sub", files={"sub/NAME.x": run}),
        *spawn_error(
            "sp_path",
            "first in PATH is a directory",
            "NAME.x",
            environment='PATH="@DIR@/p1:@DIR@/p2"',
            files={"p1/NAME.x/y": plain, "p2/NAME.x": run},
        ),
        *spawn_error("sp_tilde", "a tilde", "~/NAME"),
        *spawn_error("sp_log", "a log that cannot be opened", "/bin/sleep 1000", stdout_logfile="/proc/NAME.log"),
        *spawn_error("sp_logdir", "a log that is a directory", "/bin/sleep 1000", stdout_logfile="/tmp"),
        Scenario("an empty command", program("sp_empty", ""), (start("sp_empty"), info("sp_empty"))),
        Scenario(
            "an empty command by itself",
            program("sp_emptyauto", "", autostart="true", startretries=0),
            (until("sp_emptyauto", "FATAL"), info("sp_emptyauto")),
        ),
        Scenario(
            "found by PATH of its own environment",
            program("sp_found", "sp_found.x", environment='PATH="@DIR@/p3:/bin"'),
            (start("sp_found"), info("sp_found")),
            files={"p3/sp_found.x": run},
        ),
        Scenario(
            "relative to the daemon's directory",
            program("sp_here", "./sp_here.x"),
            (start("sp_here"), info("sp_here")),
            files={"sp_here.x": run},
        ),
    ]


def failures_after_fork() -> list[Scenario]:
    made = []
    cases = {
        "bad_dir": ("directory=/nonexistent", "/bin/sleep 1", {"directory": "/nonexistent"}, {}),
        "bad_tilde": ("directory=~", "/bin/sleep 1", {"directory": "~"}, {}),
        "bad_cwd": ("a directory that is a file", "/bin/sleep 1", {"directory": "/etc/passwd"}, {}),
        "bad_shebang": ("a bad interpreter", "@DIR@/NAME.x", {}, {"NAME.x": ("#!/nonexistent/interpreter\n", 0o755)}),
        "bad_format": ("no interpreter", "@DIR@/NAME.x", {}, {"NAME.x": ("plain text\n", 0o755)}),
        "bad_both": (
            "stderr redirected",
            "/bin/sleep 1",
            {"directory": "/nonexistent", "redirect_stderr": "true", "stderr_logfile": None},
            {},
        ),
    }
    for (key, (why, command, options, files)), secs in product(cases.items(), (0, 600)):
        name = f"{key}_{secs}"
        wait = until(name, "FATAL") if secs else until(name, "EXITED")
        made.append(
            Scenario(
                f"fails after the fork: {why}, startsecs={secs}",
                program(name, command.replace("NAME", name), startsecs=secs, startretries=0, **options),
                (quiet("startProcess", name, False), wait, info(name)),
                files={path.replace("NAME", name): value for path, value in files.items()},
                skip=frozenset() if secs else frozenset({"log"}),
            )
        )
    return made


SCENARIOS = [*views(), *spawn_errors(), *failures_after_fork()]

"""Each cause from the facts and the evidence that show it, and none without."""

from __future__ import annotations

import pytest

from initd.drive.program import KEPT_ENDS, End
from initd.explain.clues import DENIED, DISK, LIBRARY, MISSING, PORT, REFUSED, SETUP, Clue
from initd.explain.evidence import Evidence, Left
from initd.explain.lookups import Search
from initd.explain.memory import Kills
from initd.states import ProcessState
from tests.unit.explain.known import ended, told

QUICK = ended(0, count=3)
MASTER = Left(4711, "php-fpm: master process", QUICK[0])
NEVER = (End(0, 0, 0, text="can't find command 'ngnix'"),)


def failed(text: str) -> tuple[End, ...]:
    return (End(0, 0, 0, text=text),)


def test_a_program_that_daemonizes_is_told_from_what_it_left_behind_with_the_switch_that_keeps_it() -> None:
    found = told(ends=QUICK, evidence=Evidence(left=(MASTER,)), command="/usr/sbin/php-fpm8.2")
    assert found.short == "daemonizes: pid 4711 lives on"
    assert found.lines == (
        "It ended with 0 after 0.02 s, three times.",
        "A process it left behind (pid 4711, php-fpm: master process) is still alive: it daemonizes.",
        "No more tries: it had 4 tries (startretries=3). `initctl start app` begins anew.",
        "Use php-fpm8.2 -F: what stays in the foreground can be supervised.",
        "End what it left behind before that: kill 4711",
    )


def test_what_its_first_daemon_did_to_the_tries_after_it_is_told_too() -> None:
    line = "bind() to 0.0.0.0:80 failed (98: Address already in use)"
    ends = (*ended(0), *ended(1, life_s=2.5, count=3))
    evidence = Evidence((line,), Clue(PORT, "", line), (Left(9, "nginx: master", ends[0]),), port=80, holders=((9, "nginx"),))
    found = told(ends=ends, evidence=evidence)
    assert found.short == "daemonizes: pid 9 lives on"
    assert found.lines[0] == "It ended with 0 after 0.02 s."
    assert found.lines[2:4] == ("Since then it ended with 1 after 2.5 s, three times.", f"It said: {line}")


def test_a_known_daemon_is_told_apart_even_when_what_it_left_is_gone_and_an_unknown_program_is_not() -> None:
    assert told(ends=QUICK, command="/usr/sbin/nginx").short == "goes into the background"
    assert told(ends=QUICK).short == "ended with 0 within startsecs=1"
    assert told(ends=ended(1), command="/usr/sbin/nginx").short == "ended with 1"


def test_a_program_that_fails_and_leaves_something_behind_does_not_daemonize() -> None:
    end = ended(3)
    found = told(ends=end, evidence=Evidence(left=(Left(9, "helper", end[0]),)))
    assert found.short == "ended with 3"
    assert "It left behind what is still alive: pid 9, helper." in found.lines


def test_what_lived_longer_than_startsecs_and_left_something_behind_does_not_daemonize() -> None:
    end = ended(0, life_s=5)
    found = told(ProcessState.EXITED, ends=end, evidence=Evidence(left=(Left(9, "helper", end[0]),)))
    assert found.short == "ended with 0"


@pytest.mark.parametrize(
    ("search", "short", "lines"),
    [
        (Search("ngnix", ("/bin", "/usr/bin"), ("/usr/bin/nginx",)), "command ngnix not found (nginx?)",
         ("ngnix is in none of the directories of its PATH: /bin:/usr/bin.", "Similar names there: /usr/bin/nginx.")),
        (Search("nginx", ("/bin",), (), "/usr/sbin/nginx"), "command nginx not found",
         ("nginx is in none of the directories of its PATH: /bin.", "It is at /usr/sbin/nginx: write the whole path,")),
        (Search("cd", ("/bin",)), "command cd not found", ("cd is in none", "cd is a word of the shell:")),
        (Search("A=1", ("/bin",)), "command A=1 not found", ("A=1 is in none", "Variables are set by environment=A=1,")),
        (Search("/srv/ap", (), ("/srv/app",)), "command /srv/ap not found (app?)",
         ("There is no file /srv/ap.", "Similar names there: /srv/app.")),
        (Search("bin/run", (), (), "/srv/bin/run"), "command bin/run not found",
         ("There is no file bin/run in the directory of the daemon,", "It is at /srv/bin/run:")),
    ],
)  # fmt: skip
def test_a_command_that_is_not_found_is_told_with_where_it_was_looked_for(
    search: Search, short: str, lines: tuple[str, str]
) -> None:
    found = told(ends=NEVER, evidence=Evidence(search=search))
    assert found.short == short
    assert (found.lines[0].startswith(lines[0]), found.lines[-1].startswith(lines[1])) == (True, True), found


def test_a_command_that_may_not_be_run_and_a_log_that_cannot_be_opened_are_told_with_what_stands_in_the_way() -> None:
    evidence = Evidence(path="/srv/run", obstacle="/srv is drwx------ root:root: www may not enter it")
    found = told(ends=failed("no permission to run command '/srv/run'"), evidence=evidence)
    assert found.short == "may not run /srv/run"
    assert found.lines[:2] == ("no permission to run command '/srv/run'.", f"{evidence.obstacle}.")
    text = "unknown error making dispatchers for 'app': ENOENT"
    found = told(ends=failed(text), evidence=Evidence(path="/l/app", obstacle="/l does not exist"), logs=(("/l/app", 0),))
    assert (found.short, found.lines[:2]) == ("cannot open its log /l/app", (f"{text}.", "/l does not exist."))


def test_any_other_reason_for_no_child_is_told_as_it_is() -> None:
    text = "Too many processes in process table to spawn 'app'"
    assert told(ends=failed(text)).short == text


@pytest.mark.parametrize(
    ("about", "more", "short", "line"),
    [
        ("exec /srv/run: EACCES", {"path": "/srv/run", "obstacle": "/srv is shut"}, "cannot execute /srv/run", "/srv is shut."),
        ("exec /srv/run: ENOENT", {"path": "/srv/run", "interpreter": "/usr/bin/pyhton"}, "cannot execute /srv/run",
         "/srv/run is a script, and its interpreter is not there: /usr/bin/pyhton."),
        ("exec /srv/run: ENOENT", {"path": "/srv/run"}, "cannot execute /srv/run",
         "/srv/run is there, but not the loader it needs: it was built for another system."),
        ("exec /srv/run: ENOEXEC", {"path": "/srv/run"}, "cannot execute /srv/run",
         "/srv/run is no program for this machine, or a script without a first line like #!/bin/sh."),
        ("chdir to /gone: ENOENT", {"obstacle": "/gone does not exist"}, "cannot enter directory=/gone", "/gone does not exist."),
        ("setuid to 33: Can't drop privilege as nonroot user", {}, "cannot become www", "Only root can become another user."),
    ],
)  # fmt: skip
def test_a_child_that_never_became_its_program_is_told_by_the_step_that_failed(
    about: str, more: dict[str, str], short: str, line: str
) -> None:
    said = f"supervisor: couldn't {about}"
    evidence = Evidence((said,), Clue(SETUP, about, said), **more)
    found = told(ends=ended(127), evidence=evidence, directory="/gone", user="www")
    assert found.short == short
    assert f"It said: {said}" in found.lines and line in found.lines


@pytest.mark.parametrize(
    ("code", "clue", "more", "short", "line"),
    [
        (127, Clue(LIBRARY, "libpq.so.5", "x"), {}, "library libpq.so.5 is missing", "It said: x"),
        (127, Clue(MISSING, "foo", "x"), {"search": Search("foo", ("/bin",))}, "its shell found no foo",
         "foo is in none of the directories of its PATH: /bin."),
        (126, Clue(REFUSED, "/x", "x"), {"obstacle": "/x is -rw-r--r--"}, "its shell may not run /x", "/x is -rw-r--r--."),
        (127, None, {}, "ended with 127: a command was not found", "127 is what a shell ends with when a command was not found."),
        (126, None, {}, "ended with 126: a command could not be executed", "It ended with 126 after 0.02 s."),
        (1, Clue(PORT, "", "x"), {"port": 80, "holders": ((9, "nginx"), (0, ""))}, "port 80 is in use",
         "Port 80 is held by pid 9, nginx; a process of another user or container."),
        (1, Clue(PORT, "", "x"), {}, "its address is in use", "Nobody listens there any more, or not on TCP."),
        (1, Clue(DISK, "", "x"), {}, "no space left on a disk", "df -h and df -i tell which file system is full."),
        (1, Clue(DENIED, "/run/x", "x"), {"obstacle": "/run is r"}, "permission denied: /run/x", "/run is r."),
        (3, None, {"lines": ("first", "last")}, "ended with 3", "Its last words: last"),
    ],
)  # fmt: skip
def test_an_end_is_told_by_what_it_said(code: int, clue: Clue | None, more: dict[str, object], short: str, line: str) -> None:
    found = told(ends=ended(code), evidence=Evidence(clue=clue).replace(**more))
    assert found.short == short
    assert line in found.lines


def test_a_port_that_its_own_leftover_holds_is_said_to_be() -> None:
    end = ended(1)
    evidence = Evidence(clue=Clue(PORT, "", "x"), left=(Left(9, "n", end[0]),), port=80, holders=((9, "n"),))
    assert "Port 80 is held by pid 9, n, which it left behind itself." in told(ends=end, evidence=evidence).lines


@pytest.mark.parametrize(
    ("kills", "short", "line"),
    [
        (None, "killed by SIGKILL, not from initd", "initd did not send that signal."),
        (Kills(2, "/sys/fs/cgroup/memory.events", 64 << 20), "killed by the OOM killer",
         "The kernel has killed for want of memory here: /sys/fs/cgroup/memory.events counts 2 (oom_kill); the limit is 64 MiB."),
        (Kills(2, "/proc/vmstat"), "killed by SIGKILL, maybe for want of memory", "It was killed by SIGKILL after 3.0 s."),
    ],
)  # fmt: skip
def test_a_kill_that_was_not_ours_is_told_with_what_the_kernel_has_counted(kills: Kills | None, short: str, line: str) -> None:
    found = told(ends=ended(signal=9, life_s=3), evidence=Evidence(kills=kills))
    assert found.short == short
    assert line in found.lines


def test_a_signal_of_ours_is_told_to_be_ours_and_any_other_is_not() -> None:
    assert told(ProcessState.EXITED, ends=ended(signal=9, sent=9)).short == "killed by SIGKILL after SIGKILL from initd"
    assert told(ends=ended(signal=11)).short == "killed by SIGSEGV"


def test_only_ends_alike_are_counted_together_and_no_more_than_were_kept() -> None:
    assert told(ends=(*ended(1), *ended(2, count=2))).lines[0] == "It ended with 2 after 0.02 s, twice."
    assert told(ends=ended(2, count=KEPT_ENDS)).lines[0] == f"It ended with 2 after 0.02 s, {KEPT_ENDS} times or more."

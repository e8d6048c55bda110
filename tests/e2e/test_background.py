"""Life in the background of a VM: pidfile and lock, signals, and what the command that starts it says."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable

import pytest

from tests.e2e.instance import Instance, alive, daemon_command, environment, is_stock, stat_fields, until

CONFIG = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:talker]
command = sh -c "while :; do echo talk; sleep 0.1; done"
stdout_logfile = %(here)s/talker.log
stopasgroup = true
startsecs = 0
"""
ours_only = pytest.mark.xfail(is_stock(), reason="a deliberate difference", run=False)


@pytest.fixture
def daemon(instance: Callable[[str], Instance]) -> Instance:
    made = instance(CONFIG)
    started = made.run()
    assert (started.returncode, started.stdout) == (0, "")
    made.wait_until_it_answers()
    made.until_running("talker")
    return made


def log(daemon: Instance) -> str:
    return (daemon.folder / "main.log").read_text()


@ours_only
def test_the_command_returns_when_the_daemon_answers(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    assert made.run().returncode == 0
    assert made.ctl("pid").stdout == (made.folder / "main.pid").read_text()


def test_it_leads_a_session_of_its_own_and_holds_no_terminal(daemon: Instance) -> None:
    pid = int((daemon.folder / "main.pid").read_text())
    _, _, group, session, terminal = stat_fields(pid)[:5]
    assert int(session) != os.getsid(0) and int(terminal) == 0
    assert group == session
    assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}


@ours_only
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("command = sh -c", "startretries = many\ncommand = sh -c"), "startretries"),
        (("%(here)s/main.log", "/proc/nowhere/main.log"), "/proc/nowhere/main.log"),
        (("[program:talker]", "[program:tal ker]"), "Invalid name: 'tal ker'"),
        (("file = %(here)s/s.sock", "file = %(here)s/no/such/s.sock"), "[unix_http_server] cannot listen"),
    ],
)
def test_a_start_that_fails_says_why_exits_2_and_leaves_nothing(
    instance: Callable[[str], Instance], change: tuple[str, str], reason: str
) -> None:
    made = instance(CONFIG.replace(*change))
    started = made.run()
    assert started.returncode == 2
    assert started.stderr.startswith("Error: ") and reason in started.stderr
    assert "Traceback" not in started.stderr
    made.until_gone()
    assert not (made.folder / "main.pid").exists()


@ours_only
def test_a_second_instance_is_refused_and_has_touched_nothing(daemon: Instance) -> None:
    (daemon.folder / "talker-stdout---supervisor-abcdefgh.log").write_text("an AUTO log of the first")
    pid = (daemon.folder / "main.pid").read_text()
    second = daemon.run()
    assert second.returncode == 2
    assert "Another program is already listening" in second.stderr

    elsewhere = daemon.folder / "elsewhere.conf"
    elsewhere.write_text(CONFIG.replace("s.sock", "other.sock"))
    daemon.config = elsewhere
    third = daemon.run()
    assert third.returncode == 2
    assert pid.strip() in third.stderr, "it says who holds the pidfile"
    assert not (daemon.folder / "other.sock").exists()

    assert (daemon.folder / "main.pid").read_text() == pid
    assert (daemon.folder / "talker-stdout---supervisor-abcdefgh.log").exists()
    daemon.config = daemon.folder / "supervisord.conf"
    assert daemon.ctl("pid").stdout == pid


def test_after_a_kill_the_next_start_takes_over_pidfile_and_socket(daemon: Instance) -> None:
    old = daemon.pid
    os.kill(old, signal.SIGKILL)
    until("its end", lambda: not alive(old))
    for pid in daemon.processes():
        with contextlib.suppress(ProcessLookupError):  # who writes to a reader that is gone ends by itself
            os.kill(pid, signal.SIGKILL)
    daemon.until_gone()
    assert (daemon.folder / "main.pid").exists()
    again = daemon.run()
    assert again.returncode == 0
    assert f"Unlinking stale socket {daemon.folder}/s.sock\n" in again.stderr
    daemon.wait_until_it_answers()
    daemon.until_running("talker")
    assert int((daemon.folder / "main.pid").read_text()) == daemon.pid != old


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGQUIT"])
def test_exit_signals_end_everything_and_remove_pidfile_and_socket(daemon: Instance, name: str) -> None:
    os.kill(daemon.pid, getattr(signal, name))
    daemon.until_gone()
    assert f"received {name} indicating exit request" in log(daemon)
    assert not (daemon.folder / "main.pid").exists()
    assert not (daemon.folder / "s.sock").exists()


@ours_only
def test_a_pidfile_of_dev_null_is_none_at_all_and_outlives_the_daemon(instance: Callable[[str], Instance]) -> None:
    """Supervisord removes the device. It is reached through a link here, which a failure of this test would remove."""
    made = instance(CONFIG.replace("main.pid", "null"))
    (made.folder / "null").symlink_to("/dev/null")
    assert made.run().returncode == 0
    made.wait_until_it_answers()
    os.kill(made.pid, signal.SIGTERM)
    made.until_gone()
    assert (made.folder / "null").is_char_device()
    assert "pidfile" not in log(made)


def test_hangup_restarts_everything_from_the_new_file_in_the_same_process(daemon: Instance) -> None:
    pid, talker = daemon.pid, daemon.pid_of("talker")
    with daemon.config.open("a") as config:
        config.write("[program:added]\ncommand = sleep 1000\n")
    os.kill(pid, signal.SIGHUP)
    until("the restart request", lambda: "received SIGHUP indicating restart request" in log(daemon))
    daemon.until_replaced("talker", talker)
    daemon.until_running("talker", "added")
    assert daemon.pid == pid == int((daemon.folder / "main.pid").read_text())


def test_every_session_begins_with_what_the_log_of_stock_begins_with(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG.replace("[supervisord]", "[include]\nfiles = no-such.conf\n[supervisord]"))
    assert made.run().returncode == 0
    made.wait_until_it_answers()
    made.until_running("talker")
    os.kill(made.pid, signal.SIGHUP)
    until("the second start", lambda: log(made).count("supervisord started with pid") == 2)
    sessions = [text.split("supervisord started")[0] for text in log(made).split("SIGHUP")]
    for session in sessions:
        notices = [line.split(maxsplit=2)[2] for line in session.splitlines() if " CRIT " in line or " WARN " in line]
        notices = [text for text in notices if not text.startswith(("WARN stopped:", "WARN received"))]
        assert notices[0].startswith("CRIT Supervisor is running as root.")
        assert notices[1].startswith("WARN No file matches via include")
        assert notices[2].startswith("CRIT Server 'unix_http_server' running without")
        assert len(notices) == 3


def test_a_user_that_a_reload_brings_is_become_before_anything_is_opened(daemon: Instance) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    for path in (daemon.folder, *daemon.folder.iterdir()):
        os.chown(path, nobody, -1)
    daemon.config.write_text(CONFIG.replace("[supervisord]", "[supervisord]\nuser = nobody"))
    pid = daemon.pid
    os.kill(pid, signal.SIGHUP)
    until("the new user", lambda: f"Set uid to user {nobody} succeeded" in log(daemon))
    daemon.wait_until_it_answers()
    daemon.until_running("talker")
    assert [os.stat(f"/proc/{each}").st_uid for each in (pid, daemon.pid_of("talker"))] == [nobody, nobody]
    assert (daemon.folder / "s.sock").stat().st_uid == nobody


def test_a_reload_takes_a_new_pidfile_but_does_not_daemonize_again(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG.replace("[supervisord]", "[supervisord]\ndirectory = /usr\numask = 077"))
    assert made.run().returncode == 0
    made.wait_until_it_answers()
    pid = made.pid
    text = CONFIG.replace("main.pid", "other.pid").replace("[supervisord]", "[supervisord]\ndirectory = /var\numask = 022")
    made.config.write_text(text)
    os.kill(pid, signal.SIGHUP)
    until("the second start", lambda: log(made).count("supervisord started with pid") == 2)
    made.until_running("talker")
    assert (made.folder / "other.pid").read_text() == f"{pid}\n"
    assert not (made.folder / "main.pid").exists()
    status = open(f"/proc/{made.pid_of('talker')}/status").read()
    assert os.readlink(f"/proc/{made.pid_of('talker')}/cwd") == "/usr"
    assert "Umask:\t0077" in status


def test_umask_counts_for_the_pidfile_and_not_for_what_is_opened_before_it(
    instance: Callable[[str], Instance],
) -> None:
    made = instance(CONFIG.replace("[supervisord]", "[supervisord]\numask = 027"))
    assert made.run().returncode == 0
    made.wait_until_it_answers()
    assert [stat.S_IMODE((made.folder / name).stat().st_mode) for name in ("main.pid", "main.log")] == [0o640, 0o644]


@ours_only
def test_hangup_with_a_broken_file_changes_nothing_and_says_so(daemon: Instance) -> None:
    pid, talker = daemon.pid, daemon.pid_of("talker")
    with daemon.config.open("a") as config:
        config.write("[program:added]\nstartsecs = soon\ncommand = sleep 1000\n")
    os.kill(pid, signal.SIGHUP)
    until("the reason in the log", lambda: "startsecs" in log(daemon))
    assert (daemon.pid, daemon.pid_of("talker")) == (pid, talker)


def test_usr2_reopens_logs_that_were_moved_away(daemon: Instance) -> None:
    for name in ("main.log", "talker.log"):
        (daemon.folder / name).rename(daemon.folder / f"{name}.old")
    os.kill(daemon.pid, signal.SIGUSR2)
    talk = daemon.folder / "talker.log"
    until("both logs anew", lambda: (daemon.folder / "main.log").exists() and talk.exists())
    size = (daemon.folder / "talker.log.old").stat().st_size
    until("more talk", lambda: len(talk.read_text().split()) > 5)
    assert (daemon.folder / "talker.log.old").stat().st_size == size
    assert "received SIGUSR2 indicating log reopen request" in (daemon.folder / "main.log.old").read_text()
    daemon.ctl("stop", "talker")
    until("news in the new main log", lambda: "stopped: talker" in log(daemon))


@ours_only
@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-", ">/dev/full 2>&1"])
def test_it_comes_up_whatever_its_standard_streams_are(instance: Callable[[str], Instance], closed: str) -> None:
    made = instance(CONFIG)
    command = [*daemon_command(), "-c", str(made.config)]
    code = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *command], cwd=made.folder, env=environment(), check=False
    ).returncode
    assert code == 0
    made.wait_until_it_answers()
    pid = int((made.folder / "main.pid").read_text())
    assert {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}


@ours_only
def test_a_working_directory_that_was_removed_is_no_obstacle(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    command = [*daemon_command(), "-c", str(made.config)]
    script = 'mkdir gone && cd gone && rmdir ../gone && "$@"'
    run = subprocess.run(["sh", "-c", script, "sh", *command], cwd=made.folder, env=environment(), check=False)
    assert run.returncode == 0
    made.wait_until_it_answers()


@ours_only
def test_it_serves_clients_and_rereads_after_giving_up_root_with_nothing_left_to_import(
    instance: Callable[[str], Instance],
) -> None:
    """The interpreter's own files may be closed to the user it becomes."""
    made = instance(CONFIG.replace("[supervisord]", "[include]\nfiles = *.inc\n[supervisord]\nuser = nobody"))
    shutil.chown(made.folder, "nobody")
    assert made.run().returncode == 0
    made.wait_until_it_answers()
    pid = int((made.folder / "main.pid").read_text())
    assert os.stat(f"/proc/{pid}").st_uid == pwd.getpwnam("nobody").pw_uid
    (made.folder / "more.inc").write_text("[program:more]\ncommand = sleep 1000\nstartsec = 0\n")
    assert made.ctl("reread").stdout == "more: available\n"
    until("the nearest name of an unknown key", lambda: "startsecs" in log(made))
    assert made.ctl("tail", "talker").stdout.startswith("talk")


@ours_only
def test_the_programs_run_even_if_the_command_that_waits_was_killed(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG)
    reader, writer = os.pipe()
    os.close(reader)  # as if it had been: what `launch` passes to the daemon is the other end
    with (made.folder / "output").open("ab") as output:
        made.process = subprocess.Popen(
            [*daemon_command(), "-c", str(made.config)],
            cwd=made.folder,
            env=environment() | {"INITD_STATUS_FD": str(writer)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[writer],
            start_new_session=True,
        )
    os.close(writer)
    made.wait_until_it_answers()
    made.until_running("talker")
    assert "uncaptured" not in log(made)
    assert made.ctl("shutdown").returncode == 0
    assert made.wait() == 0

"""The command `initd-sim` as a whole: what help costs and says, and how it ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from sim.cli import COMMANDS, main


@pytest.mark.parametrize("words", [["-h"], *([name, "-h"] for name in COMMANDS)])
def test_help_loads_no_stage_and_tells_every_exit_status(words):
    script = "import sys\nfrom sim.cli import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules, file=sys.stderr)"
    told = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60, check=True)
    loaded = told.stderr.split()
    assert "sim.cli" in loaded
    assert not [name for name in loaded if name.startswith(("sim.stage", "sim.kernel", "sim.oracle", "sim.model", "initd.app"))]
    for status in ("0", "1", "2", "130"):
        assert f"\n  {status} " in told.stdout


@pytest.mark.parametrize("words", [[], ["fly"], ["run", "--fly"], ["replay"], ["run", "--jobs", "0"], ["run", "--jobs", "x"]])
def test_a_command_line_that_is_none_is_a_usage_error(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: initd-sim" in capsys.readouterr().err


def children_of(pid):
    """The processes it has started and not yet reaped, all threads considered."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += map(int, file.read().split())
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(what):
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [(signal.SIGINT, 130, "initd-sim: interrupted\n"), (signal.SIGTERM, 143, ""), (signal.SIGKILL, -9, "")],
)
def test_whoever_ends_a_campaign_leaves_no_process_of_it_behind(number, status, said):
    words = [sys.executable, "-m", "sim.cli", "run", "--seeds", "0:10000000", "--jobs", "2", "--oracle"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as campaign:
        try:
            eventually(lambda: len(children_of(campaign.pid)) == 2)
            workers = children_of(campaign.pid)
            campaign.send_signal(number)
            out, err = campaign.communicate(timeout=60)
        finally:
            campaign.kill()
    assert (campaign.returncode, out, err) == (status, "", said)
    eventually(lambda: not any(map(is_alive, workers)))


def test_nobody_who_reads_is_no_error():
    words = [sys.executable, "-m", "sim.cli", "run", "examples/vm-agent/supervisord.conf"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        command.stdout.close()
        err = command.stderr.read()
    assert (command.wait(60), err) == (141, "")


def test_output_that_cannot_be_written_is_one_message():
    with open("/dev/full", "w", encoding="ascii") as full:
        words = [sys.executable, "-m", "sim.cli", "run", "--seeds", "0:1"]
        told = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert told.returncode == 2
    assert told.stderr == "Error: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_closed_output_changes_no_verdict(closed):
    words = [sys.executable, "-m", "sim.cli", "run", "--seeds", "0:5", "--profile", "plain"]
    told = subprocess.run(["sh", "-c", f'"$@" {closed}', "sh", *words], capture_output=True, text=True, timeout=60)
    assert (told.returncode, told.stderr) == (0, "")

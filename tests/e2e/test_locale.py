"""Starts in the locales that real machines have: none, one that is not installed, one of eight bits; and names beyond ASCII.

What the user wrote must reach files and programs byte by byte, and no name, path or encoding may keep the daemon from
starting its programs or from hearing SIGTERM.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.instance import ROOT, Instance, is_stock, until

pytestmark = pytest.mark.xfail(is_stock(), reason="supervisord takes the encoding of the locale it finds", run=False)

FRAME = """
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s/logs
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
"""
NAMES = """
[program:naïve-программа-🐧]
command = sh -c 'echo "$0 $WORD"; exec sleep 1000' "ça va €"
environment = WORD="слово"
startsecs = 0
[program:written]
command = sh -c 'echo 日本; exec sleep 1000'
stdout_logfile = %(here)s/журнал.log
startsecs = 0
"""
UNSET = ("env", "-u", "LANG", "-u", "LC_ALL", "-u", "LC_CTYPE", "-u", "PYTHONUTF8")


def make(instance: Callable[[str], Instance], text: str) -> Instance:
    made = instance(FRAME + text)
    (made.folder / "logs").mkdir()
    return made


def log(made: Instance) -> str:
    return (made.folder / "main.log").read_text()


def auto_logs(made: Instance) -> dict[bytes, bytes]:
    """Content of every AUTO log by the part of its name that the configuration decides."""
    folder = os.fsencode(made.folder / "logs")
    return {
        name.partition(b"---")[0]: Path(os.fsdecode(folder + b"/" + name)).read_bytes() for name in os.listdir(folder)
    }


def check_names_and_end(made: Instance, encoding: str) -> None:
    """Both programs run under their names and have written what they should, in this encoding; TERM ends all with 0."""
    penguin = NAMES.partition(":")[2].partition("]")[0].encode("utf-8")
    said = "ça va € слово\n".encode()
    until("its AUTO log", lambda: auto_logs(made).get(penguin + b"-stdout") == said)
    journal = made.folder / "журнал.log"
    until("its log", lambda: journal.exists() and journal.read_bytes() == "日本\n".encode())
    assert made.pid_of(penguin.decode(encoding)) > 0
    pid = made.pid
    os.kill(pid, signal.SIGTERM)
    made.until_gone()
    assert "received SIGTERM indicating exit request" in log(made)
    assert "Traceback" not in log(made) + made.output()
    assert not (made.folder / "main.pid").exists()


@pytest.mark.parametrize(
    "locale",
    [
        (),
        ("LANG=C",),
        ("LC_ALL=C",),
        ("LC_ALL=POSIX",),
        ("LANG=xx_YY.UTF-8",),
        ("LC_ALL=xx_YY.UTF-8",),
        ("LC_ALL=tr_TR.ISO-8859-9",),
        ("LC_ALL=",),
        ("LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0"),
    ],
    ids=lambda words: " ".join(words) or "none",
)
def test_names_beyond_ascii_work_without_a_locale_that_knows_them(
    instance: Callable[[str], Instance], locale: tuple[str, ...]
) -> None:
    made = make(instance, NAMES)
    made.start("-n", prefix=(*UNSET, *locale))
    check_names_and_end(made, "utf-8")
    assert made.wait() == 0


def test_they_work_in_the_background_as_well(instance: Callable[[str], Instance]) -> None:
    made = make(instance, NAMES)
    made.start(prefix=(*UNSET, "LC_ALL=xx_YY.UTF-8"))
    assert made.wait() == 0, "it is in the background"
    check_names_and_end(made, "utf-8")


@pytest.fixture(scope="module")
def eight_bits(packages: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The environment of an installed locale whose encoding is ISO-8859-15, where a byte has not the UTF-8 meaning."""
    if not Path("/usr/share/i18n/charmaps").is_dir():
        pytest.skip("needs the package `locales`")
    folder = tmp_path_factory.mktemp("locales")
    compiler = ["localedef", "-i", "en_US", "-f", "ISO-8859-15", str(folder / "en_US.ISO-8859-15")]
    subprocess.run(compiler, check=True, capture_output=True, timeout=60)
    return (*UNSET, f"LOCPATH={folder}", "LC_ALL=en_US.ISO-8859-15")


def test_an_eight_bit_locale_passes_every_byte_of_an_utf_8_file_through(
    instance: Callable[[str], Instance], eight_bits: tuple[str, ...]
) -> None:
    made = make(instance, NAMES)
    made.start("-n", prefix=eight_bits)
    check_names_and_end(made, "iso-8859-15")
    assert made.wait() == 0


def test_a_file_in_the_encoding_of_its_locale_is_understood(
    instance: Callable[[str], Instance], eight_bits: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICES", "none")  # for the client, which is in another locale
    made = make(instance, "[include]\nfiles = %(ENV_PRICES)s\n")
    text = "[program:prix-€]\ncommand = sh -c 'echo 20 €; exec sleep 1000'\nstartsecs = 0\n"
    (made.folder / "prices").write_text(text, "iso-8859-15")
    made.start("-n", prefix=(*eight_bits, "PRICES=prices"))
    until("its log", lambda: auto_logs(made).get(b"prix-\xa4-stdout") == b"20 \xa4\n")
    made.until_running("prix-€")
    os.kill(made.pid, signal.SIGTERM)
    assert made.wait() == 0


def test_a_file_in_no_encoding_we_know_is_refused_with_its_line(instance: Callable[[str], Instance]) -> None:
    made = make(instance, "")
    made.config.write_bytes((FRAME + "[program:prix]\ncommand = echo 20 €\n").encode("iso-8859-15"))
    ran = made.run("-n")
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: ") and "Traceback" not in ran.stderr
    assert f"supervisord.conf:{len(FRAME.splitlines()) + 2}: " in ran.stderr


LONG = "long" * 60
FAULTY = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from initd.logs import autolog

def create(*arguments):
    raise {{fault}}

autolog.create = create
from initd.cli import main
raise SystemExit(main())
"""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("RuntimeError('ours')", "RuntimeError('ours')"),
        ("UnicodeEncodeError('ascii', 'é', 0, 1, 'ours')", "UnicodeEncodeError('ascii'"),
        ("SystemExit(3)", "SystemExit in an operation: 3"),
    ],
)
def test_a_fault_while_auto_logs_are_made_neither_keeps_programs_down_nor_makes_us_deaf(
    instance: Callable[[str], Instance], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str, said: str
) -> None:
    script = tmp_path / "faulty"
    script.write_text(FAULTY.format(fault=fault))
    monkeypatch.setenv("INITD_COMMAND", f"{sys.executable} {script}")
    made = make(instance, NAMES)
    made.start("-n")
    made.until_running()
    assert "no AUTO logs: " in log(made) and said in log(made)
    os.kill(made.pid, signal.SIGTERM)
    assert made.wait() == 0


def test_a_name_too_long_for_a_file_costs_only_the_log(instance: Callable[[str], Instance]) -> None:
    made = make(instance, f"[program:{LONG}]\ncommand = sleep 1000\nstartsecs = 0\n{NAMES}")
    made.start("-n", prefix=(*UNSET, "LC_ALL=xx_YY"))
    made.until_running(LONG, "written")
    assert f"could not create a stdout log for {LONG!r}" in log(made)
    os.kill(made.pid, signal.SIGTERM)
    assert made.wait() == 0

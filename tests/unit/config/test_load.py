from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from initd.config.load import load, parse_arguments, render
from initd.errors import ConfigError
from tests.unit.config.memory import MAIN, config, error, host

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from initd.config.host import Host
from initd.config.load import load, parse_arguments
from initd.kernel.linux_files import LinuxFiles
load(parse_arguments(["-c", sys.argv[2]]), Host({}, "/", "box", "/tmp", "initd", LinuxFiles()))
print(*sys.modules)
"""
HEAVY = {
    "argparse",
    "configparser",
    "dataclasses",
    "difflib",
    "getopt",
    "glob",
    "inspect",
    "logging",
    "platform",
    "re",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "typing",
    "initd.check",
    "initd.config.codes",
    "initd.config.commands",
    "initd.config.findings",
    "initd.config.mend",
}


def test_without_c_the_first_default_place_is_read_and_root_is_warned() -> None:
    files = {"/work/supervisord.conf": "[supervisord]\nidentifier=found\n"}
    found = load(parse_arguments([]), host(files))
    assert (found.path, found.here, found.daemon.identifier) == ("supervisord.conf", "/work", "found")
    assert "running as root" in found.notices[0].text
    assert load(parse_arguments([]), host(files, uid=33)).notices == ()


def test_no_file_at_all_is_told_with_every_place() -> None:
    with pytest.raises(ConfigError) as refused:
        load(parse_arguments([]), host())
    assert refused.value.text == (
        "No config file found at default paths (/opt/etc/supervisord.conf, /opt/supervisord.conf, supervisord.conf, "
        "etc/supervisord.conf, /etc/supervisord.conf, /etc/supervisor/supervisord.conf); use the -c option to specify a "
        "config file at a different path"
    )


def test_notices_come_with_warnings_before_infos() -> None:
    text = "[supervisord]\nzzz=1\n[include]\nfiles=x\n"
    assert [notice.level for notice in config(text, files={"/etc/x": ""}).notices] == ["warn", "info"]


def test_an_error_prints_as_supervisords_with_our_line_between() -> None:
    assert render(error("[supervisord]\nminfds=x\n"), "initd") == (
        "Error: invalid literal for int() with base 10: 'x'\n"
        f"  {MAIN}:2: minfds: expected a whole number\n"
        "For help, use initd -h\n"
    )


def test_an_error_with_nothing_to_add_prints_as_supervisords() -> None:
    assert render(ConfigError("no"), "initd") == "Error: no\nFor help, use initd -h\n"


def test_reading_a_clean_file_loads_nothing_heavy(tmp_path: Path) -> None:
    file = tmp_path / "s.conf"
    file.write_text("[supervisord]\nenvironment=A=1\n[unix_http_server]\nfile=%(here)s/x\n[program:a]\ncommand=x\n")
    command = [sys.executable, "-I", "-S", "-c", SCRIPT, str(ROOT), str(file)]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "initd.config.load" in loaded
    assert loaded & HEAVY == set()

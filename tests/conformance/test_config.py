"""Every case of config_cases through the real supervisor and through ours: same values, or the same complaint."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from initd.config.host import Host
from initd.config.load import load, load_client, parse_arguments
from initd.config.model import AUTO, Config, GroupConfig, LogConfig, ProcessConfig, ServerConfig
from initd.errors import ConfigError
from initd.kernel.linux_files import LinuxFiles
from tests.conformance.config_cases import CASES, Case
from tests.conformance.differences import differs

pytest.importorskip("supervisor")
WORKER = Path(__file__).with_name("config_reference.py")
SAME = (
    "name",
    "command",
    "priority",
    "autostart",
    "startsecs",
    "startretries",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
)
SAME += ("killasgroup", "uid", "redirect_stderr", "environment", "directory", "umask")


def _directory(root: Path, case: Case, number: int) -> Path:
    place = root / str(number)
    place.mkdir()
    for name, text in case.files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode(errors="surrogateescape"))
    return place


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """By case name: where its files are, and what the reference makes of them; one process for all."""
    root = tmp_path_factory.mktemp("cases")
    places = [_directory(root, case, number) for number, case in enumerate(CASES)]
    asked = [{**case._asdict(), "cwd": str(place)} for case, place in zip(CASES, places)]
    worker = subprocess.run(
        [sys.executable, str(WORKER)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return {case.name: (place, answer) for case, place, answer in zip(CASES, places, json.loads(worker.stdout))}


def _host(case: Case, place: Path) -> Host:
    return Host(case.environ, str(place), platform.node(), tempfile.gettempdir(), case.argv0, LinuxFiles())


def _ours(case: Case, place: Path) -> dict[str, Any]:
    host = _host(case, place)
    try:
        if case.client:
            return _client(case, host)
        arguments = parse_arguments(case.argv)
        return {"exit": 0} if arguments.wants else _daemon(load(arguments, host))
    except ConfigError as error:
        return {"exit": 2, "stderr": f"Error: {error.text}\nFor help, use {case.argv0} -h\n"}


def _client(case: Case, host: Host) -> dict[str, Any]:
    asked = load_client(case.argv, host)
    if asked.wants:
        return {"exit": 0}
    config = dict(zip(asked.config._fields, asked.config.values()))
    return {"client": {**config, "args": list(asked.action), "interactive": asked.interactive}}


def _daemon(config: Config) -> dict[str, Any]:
    daemon = dict(zip(config.daemon._fields, config.daemon.values()))
    assert daemon.pop("log_format") == "text", "ours, and as the reference writes where it is not set"
    if daemon.pop("logfile_syslog"):
        daemon["logfile"] = "syslog"
    return {
        "daemon": daemon,
        "groups": [
            [group.name, group.priority, [_process(one) for one in group.processes], _socket(group)]
            for group in config.groups
        ],
        "servers": [_server(server) for server in config.servers],
        "warn": [notice.text for notice in config.notices if notice.level == "warn"],
        "info": [notice.text for notice in config.notices if notice.level == "info"],
    }


def _socket(group: GroupConfig) -> Any:
    """The socket of a group that is an fcgi-program; those in a [group:x] have none there (D28)."""
    for process in group.processes:
        if process.socket is not None and process.section == f"fcgi-program:{group.name}":
            found = process.socket
            owner = None if found.owner is None else list(found.owner)
            return [found.url, found.path or [found.host, found.port], found.mode, owner, found.backlog]
    return None


def _process(config: ProcessConfig) -> dict[str, Any]:
    shown = {name: getattr(config, name) for name in SAME}
    shown["exitcodes"] = list(config.exitcodes)
    shown["autorestart"] = config.autorestart.value
    shown["serverurl"] = None if config.auto_serverurl else config.serverurl or ""
    shown["stdout"], shown["stderr"] = _log(config.stdout), _log(config.stderr)
    return shown


def _log(log: LogConfig) -> list[Any]:
    assert log.format is None, "formats are ours: none is as the reference writes"
    fields = dict(zip(log._fields, log.values()))
    return ["AUTO" if log.file is AUTO else log.file, *[fields[name] for name in fields if name not in ("file", "format")]]


def _server(config: ServerConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(config, name) for name in ("section", "username", "password")}
    unix = config.family == "unix"
    shown["host"], shown["port"] = (None, None) if unix else (config.host, config.port)
    shown["file"], shown["chmod"] = (config.path, config.mode) if unix else (None, None)
    shown["chown"] = list(config.owner or (-1, -1)) if unix else []
    return shown


def _absolute(daemon: dict[str, Any], place: Path) -> None:
    """The reference keeps these as written, and they mean the same."""
    for option in ("directory", "childlogdir"):
        if daemon[option] is not None:
            daemon[option] = str(place / daemon[option])


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_configuration_means_the_same_or_is_refused_in_the_same_words(
    case: Case, outcomes: dict[str, tuple[Path, dict[str, Any]]]
) -> None:
    place, expected = outcomes[case.name]
    found = _ours(case, place)
    if expected.get("exit") == 0:
        assert found == {"exit": 0}
        return
    expected.pop("stdout", None)
    if "daemon" in expected:
        _absolute(expected["daemon"], place)
        warnings = iter(found.pop("warn", ()))
        assert all(text in warnings for text in expected.pop("warn")), "ours may add warnings (D22), not leave any out"
    assert found == expected


def test_the_reference_refuses_enough_of_the_cases_and_takes_enough(
    outcomes: dict[str, tuple[Path, dict[str, Any]]],
) -> None:
    refused = sum(1 for _, outcome in outcomes.values() if outcome.get("exit") == 2)
    taken = sum(1 for _, outcome in outcomes.values() if "daemon" in outcome or "client" in outcome)
    assert len(outcomes) == len(CASES) >= 200
    assert refused >= 100
    assert taken >= 100


@differs("D22")
def test_ours_warns_of_what_stock_says_nothing_about(outcomes: dict[str, tuple[Path, dict[str, Any]]]) -> None:
    taken = [(case, *outcomes[case.name]) for case in CASES if "daemon" in outcomes[case.name][1]]
    more = [case.name for case, place, stock in taken if len(_ours(case, place)["warn"]) > len(stock.get("warn", ()))]
    assert len(more) > 10

from __future__ import annotations

import pytest

from initd.config.model import AUTO, GroupConfig, LogConfig, ProcessConfig
from initd.states import ProcessState
from tests.unit.control.fake import SECOND_NS, FakeProcess, World


def test_a_process_is_a_struct_of_fifteen_members(world: World) -> None:
    fields = {"state": ProcessState.EXITED, "start_wall": 5 * SECOND_NS + 1, "stop_wall": 6 * SECOND_NS}
    world.daemon.program("web", 1, exitstatus=3, spawnerr="Bad exit code 3", **fields)
    info = world.call("getProcessInfo", "web")
    assert info == {
        "name": "web",
        "group": "web",
        "start": 5,
        "stop": 6,
        "now": 1_700_000_000,
        "state": 100,
        "statename": "EXITED",
        "spawnerr": "Bad exit code 3",
        "exitstatus": 3,
        "logfile": "/var/log/web.out",
        "stdout_logfile": "/var/log/web.out",
        "stderr_logfile": "/var/log/web.err",
        "pid": 0,
        "description": "Jan 01 12:00 AM",
    }


def test_no_exit_status_is_zero_and_a_death_by_signal_minus_one(world: World) -> None:
    world.daemon.program("a", 1)
    world.daemon.program("b", 2, exitstatus=-1)
    assert [world.call("getProcessInfo", name)["exitstatus"] for name in "ab"] == [0, -1]


@pytest.mark.parametrize("name", ["nope", "g", "g:*", "g:nope", "a", ""])
def test_only_a_process_has_a_state(world: World, name: str) -> None:
    world.daemon.add("g", FakeProcess("g", "a", 1))
    assert world.fault("getProcessInfo", name) == (10, f"BAD_NAME: {name}")


def test_all_processes_come_by_group_and_name_whatever_their_priority(world: World) -> None:
    world.daemon.add("z", FakeProcess("z", "b", 1), FakeProcess("z", "a", 2), priority=1)
    world.daemon.add("a", FakeProcess("a", "z", 3))
    infos = world.call("getAllProcessInfo")
    assert [(info["group"], info["name"]) for info in infos] == [("a", "z"), ("z", "a"), ("z", "b")]
    assert infos[0] == world.call("getProcessInfo", "a:z")


def test_what_is_kept_between_calls_is_forgotten_when_the_state_changes(world: World) -> None:
    process = world.daemon.program("web", 1)
    assert world.call("getAllProcessInfo")[0]["state"] == 0
    process.state, process.pid, process.up_since = ProcessState.RUNNING, 7, 0
    first = world.call("getAllProcessInfo")[0]
    assert (first["state"], first["pid"], first["description"]) == (20, 7, "pid 7, uptime 0:00:00")
    world.pass_time(61)
    second = world.call("getAllProcessInfo")[0]
    assert (second["now"] - first["now"], second["description"]) == (61, "pid 7, uptime 0:01:01")
    world.daemon.live.clear()
    assert world.call("getAllProcessInfo") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", ProcessState.STARTING),
        ("pid", 8),
        ("start_wall", 3 * SECOND_NS),
        ("stop_wall", 4 * SECOND_NS),
        ("spawnerr", "can't"),
        ("exitstatus", 2),
        ("up_since", -9 * SECOND_NS),
    ],
)
def test_whatever_changes_shows_at_once_even_within_a_second(world: World, field: str, value: object) -> None:
    process = world.daemon.program("web", 1, state=ProcessState.RUNNING, pid=7, start_wall=2 * SECOND_NS)
    before = world.call("getAllProcessInfo")
    assert world.call("getAllProcessInfo") == before
    setattr(process, field, value)
    (after,) = world.call("getAllProcessInfo")
    assert [after] != before
    assert list(after.items()) == list(world.call("getProcessInfo", "web").items())


def test_a_newcomer_of_the_same_name_is_not_taken_for_the_old_one(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING, pid=7)
    assert world.call("getAllProcessInfo")[0]["pid"] == 7
    world.daemon.live.clear()
    world.daemon.program("web", 2)
    assert world.call("getAllProcessInfo")[0]["pid"] == 0


def test_thousands_of_processes_are_listed_over_several_turns(world: World) -> None:
    world.daemon.add("many", *(FakeProcess("many", f"p{n:04}", n) for n in range(2000)))
    lookup = {process.name: process for process in world.daemon.live[0].processes}
    world.daemon.process = lambda group, name: lookup[name]
    assert [info["name"] for info in world.call("getAllProcessInfo")] == [f"p{n:04}" for n in range(2000)]


def config(**fields: object) -> ProcessConfig:
    return ProcessConfig("web", "web", "/bin/web", **fields)


def all_configs(world: World, *processes: ProcessConfig) -> list[dict[str, object]]:
    groups = tuple(GroupConfig(f"g{index}", 5, (process,)) for index, process in enumerate(processes))
    world.daemon.config = world.daemon.config.replace(groups=groups)
    return world.call("getAllConfigInfo")


def test_a_configuration_is_a_struct_of_plain_values(world: World) -> None:
    world.daemon.add("g0", FakeProcess("g0", "web", 1))
    (info,) = all_configs(world, config(exitcodes=(0, 2), stdout=LogConfig(AUTO, 2**31, 10), auto_serverurl=True))
    assert info == {
        "autostart": True,
        "directory": "none",
        "uid": "none",
        "command": "/bin/web",
        "exitcodes": [0, 2],
        "group": "g0",
        "group_prio": 5,
        "inuse": True,
        "killasgroup": False,
        "name": "web",
        "process_prio": 999,
        "redirect_stderr": False,
        "startretries": 3,
        "startsecs": 1,
        "stdout_capture_maxbytes": 0,
        "stdout_events_enabled": False,
        "stdout_logfile": "auto",
        "stdout_logfile_backups": 10,
        "stdout_logfile_maxbytes": 2**31 - 1,
        "stdout_syslog": False,
        "stderr_capture_maxbytes": 0,
        "stderr_events_enabled": False,
        "stderr_logfile": "auto",
        "stderr_logfile_backups": 10,
        "stderr_logfile_maxbytes": 52428800,
        "stderr_syslog": False,
        "stopsignal": 15,
        "stopwaitsecs": 10,
        "serverurl": "none",
    }


def test_configurations_come_by_process_name(world: World) -> None:
    infos = all_configs(world, config(), config().replace(name="a"), config().replace(name="b", serverurl="http://x"))
    assert [(info["name"], info["group"], info["inuse"]) for info in infos] == [
        ("a", "g1", False),
        ("b", "g2", False),
        ("web", "g0", False),
    ]
    assert [info["serverurl"] for info in infos] == ["", "http://x", ""]

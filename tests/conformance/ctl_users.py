"""What happens to people: names beyond ASCII, outputs that cannot show them, a socket that is not theirs, a thousand programs."""

from __future__ import annotations

from tests.conformance.ctl_scenarios import CAT
from tests.conformance.ctl_steps import Lock, Run, Scenario, Wait, WaitForFile, run

NAME = "z\u00fc\u65e5"
ABROAD = f"""
[program:{NAME}]
command = /bin/sh -c "echo 'gr\u00fc\u00df \u65e5'; exec sleep 600"
startsecs = 0
stdout_logfile = %(here)s/abroad.out
[group:\u00e4]
programs = {NAME}
"""
THOUSAND = """
[program:many]
command = /bin/sleep 600
process_name = %(program_name)s_%(process_num)03d
numprocs = 1000
autostart = false
"""
_FULL = f"\u00e4:{NAME}"

UNICODE = Scenario(
    ABROAD + CAT,
    [
        Wait(_FULL, ["RUNNING"]),
        Wait("cat", ["RUNNING"]),
        WaitForFile("abroad.out", 11),
        *run(
            "status", "avail", f"status {_FULL}", "status \u00e4:*", f"status {NAME}", f"pid {_FULL}", f"tail {_FULL}"
        ),
        *run(f"tail -5 {_FULL}", f"signal CONT {_FULL}", f"tail -f {NAME}", f"tail -f {_FULL}x", f"fg {NAME}"),
        Run(["tail", "-f", _FULL], until="\u65e5\n"),
        *(
            Run(line.split(), env=[("PYTHONIOENCODING", encoding)])
            for encoding in ("latin-1", "ascii")
            for line in ("status", f"tail {_FULL}", f"tail -f {_FULL}", "maintail x", f"pid {_FULL}", f"stop {NAME}")
        ),
        *run(f"stop {_FULL}", f"start {NAME}", f"start {_FULL}", f"clear {_FULL}", f"tail {_FULL}", f"help {NAME}"),
        *run(f"add {NAME}", f"update {NAME}", "remove \u00e4"),
    ],
)
FORBIDDEN = Scenario(
    CAT,
    [
        Wait("cat", ["RUNNING"]),
        Lock("s.sock"),
        *(
            Run(["-s", "unix://{dir}/s.sock", *line.split()], nobody=True)
            for line in (
                "status",
                "start cat",
                "reread",
                "tail -f cat",
                "fg cat",
                "shutdown",
                "avail",
                "pid",
                "help pid",
            )
        ),
        Run(["-s", "unix://{dir}/s.sock"], stdin="status\npid\n", nobody=True),
        Run(["status"], nobody=True),
    ],
)
SECRETS = Scenario(
    ABROAD,
    [
        Wait(_FULL, ["RUNNING"]),
        WaitForFile("abroad.out", 11),
        *run("status", f"pid {_FULL}", "-u \u00fc status", "-p x:y status", "-u user -p secret status"),
        Run(["-u", "\u00fc", "-p", "p\u00e4:ss w\u00f6rd%", "reread"]),
        Run(["-u", "\u00fc", "-p", "", "status"]),
        Run(["-u", "", "-p", "p\u00e4:ss w\u00f6rd%", "status"]),
        Run(["-u", "", "-p", "", "fg", NAME]),
        Run(["tail", "-f", _FULL], until="\u65e5\n"),
        Run(["-u", "\u00fc", "-p", "", "tail", "-f", _FULL]),
    ],
    server="username = \u00fc\npassword = p\u00e4:ss w\u00f6rd%%",
    client="username = \u00fc\npassword = p\u00e4:ss w\u00f6rd%%",
)
MANY = Scenario(
    THOUSAND + CAT,
    [
        Wait("cat", ["RUNNING"]),
        *run("status", "avail", "pid all", "status many:*", "status many:many_999", "stop many:*", "reread", "update"),
        *run("start many:many_500", "status many:many_500 cat", "clear many:many_999", "tail many:many_000"),
    ],
)

USERS = {name.lower(): value for name, value in list(globals().items()) if isinstance(value, Scenario)}

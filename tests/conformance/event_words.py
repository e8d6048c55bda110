"""The words event scenarios are written in: listeners that write down all they are told, and what they were told in the end."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from tests.conformance.golden import digest
from tests.conformance.lifecycle_daemons import boot
from tests.conformance.lifecycle_side import Side
from tests.conformance.lifecycle_steps import Scenario, Step, rpc, until_log, up

# Answers the n-th event it is ever told as its plan says, and all later ones with OK.
LISTENER = """\
import json, os, sys
hello, plan = json.load(open(sys.argv[1]))
heard = sum(1 for _ in open(sys.argv[2])) if os.path.exists(sys.argv[2]) else 0
told, events = open(sys.argv[2], "a"), open(0, encoding="utf-8", newline="")
def say(text):
    os.write(1, text.encode("latin-1"))
say(hello)
while header := events.readline():
    length = int(header.rpartition("len:")[2])
    payload = events.read(length) if length else ""
    told.write(json.dumps([header, payload]) + "\\n")
    told.flush()
    what, argument = plan[heard] if heard < len(plan) else ("say", "RESULT 2\\nOKREADY\\n")
    heard += 1
    if what == "gate":
        open(argument).read()
        argument = "RESULT 2\\nOKREADY\\n"
    if what == "die":
        os._exit(argument)
    for piece in argument.split("|"):
        say(piece)
"""
# Who listens to everything hears the clock too, at whatever moment: here it is ten times slower, just after a tick.
SLOW_CLOCK = """\
import time
now_ns, began = time.time_ns, time.time_ns()
time.time_ns = lambda: began // (5 * 10**9) * 5 * 10**9 + (now_ns() - began) // 10
time.time = lambda: time.time_ns() / 10**9
"""
# What moves a listener on: one is sent something and owes an answer, changes its state, or ends.
BETWEEN = re.compile(
    r"event \d+ sent to listener (?P<sent>\S+)$|(?P<name>\S+): [A-Z]+ -> (?P<state>[A-Z]+)$"
    r"|(stopped|exited): (?P<ended>\S+) "
)
OK, FAIL = ("say", "RESULT 2\nOKREADY\n"), ("say", "RESULT 4\nFAILREADY\n")
Action = tuple[str, Any]


def say(text: str) -> Action:
    """Answer with these bytes; a | parts writes."""
    return "say", text


def die(code: int = 1) -> Action:
    return "die", code


def gate(name: str) -> Action:
    """Answer OK once `let(name)` says so."""
    return "gate", f"@DIR@/{name}.gate"


class Ear(NamedTuple):
    """A pool of listeners: what they want to know, what they say at first, and how they answer, event by event."""

    name: str
    events: str
    plan: tuple[Action, ...] = ()
    hello: str = "READY\n"
    options: tuple[tuple[str, object], ...] = ()

    @property
    def section(self) -> str:
        plain = {"startsecs": 0, "buffer_size": 100, "stdout_logfile": "NONE", "stderr_logfile": "NONE"}
        command = f"@PY@ -I -S @DIR@/listener.py @DIR@/plan-{self.name} @DIR@/told-%(process_num)d-{self.name}"
        given = {"command": command, "events": self.events} | plain | dict(self.options)
        lines = [f"{key}={value}" for key, value in given.items() if value is not None]
        return "\n".join([f"[eventlistener:{self.name}]", *lines, "", ""])

    @property
    def members(self) -> list[str]:
        """The names of its processes."""
        count = int(str(dict(self.options).get("numprocs", 1)))
        return [f"{self.name}_{number}" for number in range(count)] if count > 1 else [self.name]


def ear(name: str, events: str, *plan: Action, hello: str = "READY\n", **options: object) -> Ear:
    if "numprocs" in options:
        options["process_name"] = f"{name}_%(process_num)d"
    return Ear(name, events, plan, hello, tuple(options.items()))


def told(side: Side, name: str) -> list[tuple[str, str]]:
    """What the processes of a pool were told, in the order of their numbers: headers and payloads."""
    paths = sorted(side.dir.glob(f"told-*-{name}"))
    lines = [line for path in paths for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [(header, payload) for header, payload in map(json.loads, lines)]


def hears(name: str, text: str, count: int = 1) -> Step:
    """A pool has been told something in which this occurs, so many times."""

    def step(side: Side) -> None:
        side.wait(lambda: heard(side, name, text) >= count, f"{name} to hear {text!r}")

    return step


def heard(side: Side, name: str, text: str) -> int:
    return sum(text in header + payload for header, payload in told(side, name))


def remote(*texts: str) -> tuple[Step, ...]:
    return tuple(rpc("sendRemoteCommEvent", "x", text) for text in texts)


def normal(side: Side, header: str, payload: str) -> tuple[str, str]:
    """Without what is never the same twice; a length that is right is `ok`."""
    length = int(header.rpartition("len:")[2])
    header = re.sub(r"len:\d+\n$", f"len:{'ok' if length == len(payload) else length}", header)
    payload = re.sub(r"\bpid:[1-9]\d*", "pid:N", side.same(payload))
    if tick := re.search(r" eventname:TICK_(\d+) ", header):
        payload = re.sub(r"^when:(\d+)$", lambda when: f"when:S+{int(when[1]) % int(tick[1])}", payload)
    if len(payload) > 5000:
        payload = f"{len(payload)} characters, {digest(payload)}"
    return header, payload


def owes(found: re.Match[str]) -> bool:
    """Whether something is to come yet of that listener after that line."""
    return not found["ended"] and found["state"] not in ("READY", "UNKNOWN")


def streams(*ears: Ear) -> Step:
    """Everything all listeners were told, once they have answered whatever was sent."""
    members = {member for each in ears for member in each.members}

    def quiet(side: Side) -> bool:
        lines = [found for _, line in side.settled() if (found := BETWEEN.match(line))]
        sent = [found["sent"] for found in lines if found["sent"] in members]
        owing = {found["sent"] or found["name"] or found["ended"]: owes(found) for found in lines}
        noted = len(sent) == sum(len(told(side, each.name)) for each in ears)
        return noted and not any(owing[member] for member in sent)

    def step(side: Side) -> dict[str, list[tuple[str, str]]]:
        side.wait(lambda: quiet(side), "the listeners to have answered all that was sent")
        return {each.name: [normal(side, *pair) for pair in told(side, each.name)] for each in ears}

    return step


def ready(*ears: Ear) -> tuple[Step, ...]:
    """All listeners can be told something."""
    names = [name for each in ears if each.hello == "READY\n" for name in each.members]
    return tuple(step for name in names for step in (up(name), until_log(f"^{name}: ACKNOWLEDGED -> READY$")))


def stream(
    title: str,
    ears: tuple[Ear, ...],
    programs: str,
    *steps: Step,
    daemon: str = "",
    begin: tuple[Step, ...] | None = None,
    end: tuple[Step, ...] | None = None,
    **more: Any,
) -> Scenario:
    """A daemon with these pools, started and ready (or begun otherwise), the steps, and then what was told (or another end)."""
    plans = {f"plan-{each.name}": (json.dumps([each.hello, each.plan]), 0o644) for each in ears}
    clock = {"modules/sitecustomize.py": (SLOW_CLOCK, 0o644)} if any("EVENT" in each.events for each in ears) else {}
    files = {"listener.py": (LISTENER, 0o644), **plans, **clock, **more.pop("files", {})}
    found = (*(name for each in ears for name in each.members), *re.findall(r"^\[program:(.*)\]", programs, re.M))
    names = more.pop("names", found)
    start = (boot(), *ready(*ears)) if begin is None else begin
    ending = (streams(*ears),) if end is None else end
    sections = "".join(each.section for each in ears) + programs
    return Scenario(title, sections, (*start, *steps, *ending), names, files=files, daemon=daemon, **more)

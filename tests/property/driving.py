"""A whole daemon that is driven step by step: what can be done to it, as steps that can be written down and done again.

A step is a list: a verb and its arguments, plain data. What must hold is looked at after every step.
"""

from __future__ import annotations

import errno

from sim.children.behaviours import parse_behaviour, script_for
from sim.stage import settled
from sim.stage.calls import Call, Stamped, call_bytes
from sim.stage.site import CONF, HEAD, SECOND_NS, Site
from sim.stage.stepped import Stepped

PROGRAMS = ("a", "p", "q", "c")
NAMES = {"a": "a:a", "p": "g:p", "q": "g:q", "c": "c:c"}
TAIL_S = 45
KILL, TERM = 9, 15
FAULTS = {
    "kill": (("kill", "killpg"), (errno.EPERM, errno.ESRCH)),
    "spawn": (("spawn",), (errno.EAGAIN, errno.ENOMEM)),
    "pipe": (("pipe",), (errno.EMFILE,)),
    "read": (("read",), (errno.EAGAIN,)),
}


def section(name, options):
    """A [program:x] section."""
    return f"[program:{name}]\ncommand=/usr/bin/program {name}\n" + "".join(f"{key}={value}\n" for key, value in options.items())


class Drive:
    """One run: `do` carries out a step and raises AssertionError where something is not as it must be."""

    def __init__(self, pid, options, behaviours):
        self.options = options
        self.steps = [["begin", pid, options, behaviours]]
        self.said = {name: parse_behaviour(behaviours[name]) for name in PROGRAMS}
        self.site = Site(self.text(with_c=False), self._script, pid=pid)
        self.cut: list[Call] = []
        self.stepped = Stepped(self.site)
        self.look()

    def text(self, with_c):
        """The supervisord.conf, with the group c or without."""
        parts = [HEAD, *(section(name, self.options[name]) for name in PROGRAMS[: 3 + with_c])]
        return "".join(parts) + "[group:g]\nprograms=p,q\n"

    def _script(self, argv, env, attempt):
        return script_for(self.said, argv, env, attempt)

    def do(self, verb, *arguments):
        """One step; everything that follows from it at once has happened when this returns."""
        if self.stepped.over:
            return
        self.steps.append([verb, *arguments])
        getattr(self, f"do_{verb}")(*arguments)
        self.stepped.advance(0)
        self.look()

    def look(self):
        """What must hold at any rest."""
        site = self.site
        if not self.stepped.over and not site.disk_is_slow:
            settled.agree(site)
        assert site.broken == [], site.broken[:5]

    # -- verbs -------------------------------------------------------------------------------------------------------

    def do_advance(self, time_ns):
        self.stepped.advance(time_ns)

    def do_due(self, beside_ns):
        """On to the next deadline, or just before or after it."""
        kernel = self.site.kernel
        due_ns = self.site.simulation.session.driver.next_deadline()
        if due_ns is not None and due_ns - kernel.now < 60 * SECOND_NS:
            self.stepped.advance(max(0, due_ns + beside_ns - kernel.now))

    def do_call(self, method, *params):
        self.site.call(f"supervisor.{method}", *params)

    def do_cut(self, method, *params):
        """A call whose client is gone before the answer."""
        client = self.site.connect()
        if client is not None:
            client.received = Stamped(lambda: self.site.kernel.now)
            client.send(call_bytes(f"supervisor.{method}", *params))
            client.close()

    def do_half(self, count):
        """The first bytes of a call, from a client that stays."""
        client = self.site.connect()
        if client is not None:
            client.send(call_bytes("supervisor.getState")[:count])

    def do_behave(self, name, text):
        self.said[name] = parse_behaviour(text)

    def do_outsider(self, name, signal):
        kernel = self.site.kernel
        for pid in [pid for pid in self.site.watch.living if kernel.owners.get(pid) == NAMES[name]]:
            kernel.outsider_kill(pid, signal)

    def do_config(self, with_c, broken):
        text = self.text(with_c) + ("[program:broken\n" if broken else "")
        self.site.kernel.files.unlink(CONF)
        self.site.kernel.files.put(CONF, text.encode())

    def do_signal(self, number):
        self.site.kernel.signal_daemon(number)

    def do_fault(self, kind, which):
        calls, numbers = FAULTS[kind]
        for call in calls:
            self.site.kernel.faults.fail(call, numbers[which % len(numbers)], times=1)

    def do_disk(self, trouble):
        if trouble == "full":
            self.site.kernel.files.faults.fail("append", errno.ENOSPC, times=None)
        else:
            self.site.disk_is_slow = True
            self.site.kernel.files.slow("/var/log", SECOND_NS // 10)

    def do_wall(self, by_s):
        self.site.kernel.step_wall(by_s * SECOND_NS)

    def do_nudge(self):
        self.site.kernel.nudge()

    def do_heal(self):
        self.site.kernel.heal()
        self.site.kernel.files.slow("/var/log", 0)

    # -- end ---------------------------------------------------------------------------------------------------------

    def end(self):
        """Heal, wait, look whether everything has come true, shut down, and look whether it ended well."""
        site = self.site
        try:
            if not self.stepped.over:
                self._come_true()
            site.finish()
            assert site.broken == [], site.broken[:5]
            assert site.simulation.exit_status is not None, "the shutdown does not end"
            left = [process.pid for process in site.kernel.processes()]
            assert site.kernel.getpid() != 1 or not left, f"{left} outlive PID 1"
        finally:
            self.stepped.close()

    def _come_true(self):
        site = self.site
        self.do("heal")
        self.do("advance", TAIL_S * SECOND_NS)
        if site.simulation.session.core.mood.name == "RUNNING":
            settled.come_true(site)
            settled.answered(site, site.calls)
            last = site.call("supervisor.getAllProcessInfo")
            self.stepped.advance(0)
            assert isinstance(last.answer, list), last.answer
        assert site.broken == [], site.broken[:5]
        site.terminate()
        self.stepped.advance(2 * TAIL_S * SECOND_NS)


def replay(steps):
    """Do the steps of a run again, to its end."""
    drive = Drive(*steps[0][1:])
    try:
        for step in steps[1:]:
            drive.do(*step)
    except BaseException:
        drive.stepped.close()
        raise
    drive.end()
    return drive

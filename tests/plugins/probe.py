"""A plugin that does everything a plugin can do wrong, for stock supervisord and for ours alike."""

import datetime
import sys
import time

from supervisor import events
from supervisor.dispatchers import RejectEvent
from supervisor.http import NOT_DONE_YET
from supervisor.states import SupervisorStates, getProcessStateDescription
from supervisor.xmlrpc import Faults, RPCError

VALUES = {
    "text": "täxt",
    "int": 5,
    "true": True,
    "double": 1.5,
    "list": [1, [2, {"a": "b"}]],
    "tuple of one": ("only",),
    "tuple in a list": [("a", "b"), ("c",)],
    "pair": ("a", "b"),
    "empty tuple": (),
    "none": None,
    "none in a list": [None],
    "struct": {"a": 1},
    "struct with a number for a name": {1: 1},
    "bytes": b"\x00\xff",
    "date": datetime.datetime(2020, 1, 2, 3, 4, 5),
    "too big": 2**31,
    "too small": -(2**31) - 1,
    "largest": 2**31 - 1,
    "set": {1},
}


class Thing:
    """Something with attributes."""

    def __init__(self):
        self.a, self.b = 1, "two"


class ProbeEvent(events.Event):
    """An event of our own."""

    def __init__(self, text):
        self.text = text

    def payload(self):
        return "probe:" + self.text


class ProbeRemoteEvent(events.RemoteCommunicationEvent):
    """One that is also of a stock type."""


events.register("PROBE", ProbeEvent)
events.register("PROBE_REMOTE", ProbeRemoteEvent)


class Base:
    def inherited(self):
        """@return string it is called, but not listed"""
        return "inherited"


class Probe(Base):
    """The namespace."""

    attribute = 5

    class Nested:
        """A class is callable."""

    def __init__(self, supervisord, **config):
        self.supervisord, self.config = supervisord, config
        self.told = []
        for kind in (events.ProcessStateEvent, events.ProcessGroupEvent, events.RemoteCommunicationEvent, ProbeEvent):
            events.subscribe(kind, self._hear)
        events.subscribe(events.SupervisorRunningEvent, self._fail)

    def configured(self):
        """The options.

        @return struct  all of them
        """
        return self.config

    def _hear(self, event):
        name = getattr(getattr(event, "process", None), "config", None)
        self.told.append([type(event).__name__, event.payload().partition(" pid:")[0], name.name if name else ""])

    def _fail(self, event):
        self.told.append([type(event).__name__, event.payload(), ""])

    def heard(self):
        told, self.told = self.told, []
        return told

    def tell(self, text):
        events.notify(ProbeEvent(text))
        events.notify(ProbeRemoteEvent("kind", text))
        return True

    def value(self, name):
        """@return array"""
        return Thing() if name == "object" else VALUES[name]

    def echo(self, value):
        """
        @param string
        @param  int  number   with words
        @return
        """
        return [type(value).__name__, value]

    def optional(self, first, second="2"):
        return [first, second]

    def untagged(self, first):
        """Says nothing of its types."""
        return first

    def fault(self, code, extra):
        raise RPCError(code, extra)

    def bare_fault(self):
        raise RPCError(Faults.BAD_NAME)

    def foreign_fault(self):
        raise RPCError(230, "mine")

    def type_error(self):
        return 1 + "1"

    def value_error(self):
        raise ValueError("wrong <&> value")

    def leave(self):
        sys.exit(3)

    def give_up(self, name):
        raise {"interrupt": KeyboardInterrupt, "generator": GeneratorExit, "exit": SystemExit}[name]("so it is")

    def slow(self):
        time.sleep(0.15)
        return True

    def later(self, count):
        looks = [0]

        def look():
            looks[0] += 1
            return ["after", looks[0]] if looks[0] > count else NOT_DONE_YET

        look.delay = 0.01
        return look

    def later_fault(self):
        def look():
            raise RPCError(Faults.FAILED, "later")

        look.delay = 0.01
        return look

    def later_error(self):
        def look():
            raise TypeError("later")

        look.delay = 0.01
        return look

    def later_without_delay(self):
        return lambda: 1

    def groups(self):
        return [
            [
                group.config.name,
                group.config.priority,
                sorted(group.processes),
                [c.name for c in group.config.process_configs],
            ]
            for _, group in sorted(self.supervisord.process_groups.items())
        ]

    def process(self, group, name):
        process = self.supervisord.process_groups[group].processes[name]
        return [
            getProcessStateDescription(process.get_state()),
            process.pid > 0,
            process.laststart > 0,
            process.config.command,
            process.config.stdout_logfile_maxbytes,
            process.config.startsecs,
            process.group.config.name,
            bool(process.killing),
        ]

    def type(self, group, name, text):
        self.supervisord.process_groups[group].processes[name].write(text.encode())
        return True

    def spawn(self, group, name):
        self.supervisord.process_groups[group].processes[name].spawn()
        return True

    def stop(self, group, name):
        self.supervisord.process_groups[group].processes[name].stop()
        return True

    def hang_up(self, group, name):
        self.supervisord.process_groups[group].processes[name].signal(1)
        return True

    def kill(self, group, name, signal):
        process = self.supervisord.process_groups[group].processes[name]
        self.supervisord.options.kill(process.pid, signal)
        return True

    def in_order(self):
        groups = sorted(self.supervisord.process_groups.values())
        return [[group.config.priority, len(sorted(group.processes.values()))] for group in groups]

    def stop_all(self, group):
        self.supervisord.process_groups[group].stop_all()
        return True

    def unstopped(self, group):
        return sorted(each.config.name for each in self.supervisord.process_groups[group].get_unstopped_processes())

    def servers(self):
        plain = {"chown": list, "family": int, "name": str}
        return [
            {key: plain.get(key, lambda value: value)(value) for key, value in config.items()}
            for config in self.supervisord.options.server_configs
        ]

    def groups_configured(self):
        return [[each.name, each.priority] for each in self.supervisord.options.process_group_configs]

    def remove_group(self, name):
        return self.supervisord.remove_process_group(name)

    def add_group(self, name):
        configs = {each.name: each for each in self.supervisord.options.process_group_configs}
        return self.supervisord.add_process_group(configs[name])

    def options(self):
        options = self.supervisord.options
        plain = [options.identifier, options.logfile, options.pidfile, options.mood, options.strip_ansi, options.minfds]
        return [*plain, options.loglevel]

    def end(self):
        self.supervisord.options.mood = SupervisorStates.SHUTDOWN
        return True

    def state(self):
        return self.supervisord.get_state() == SupervisorStates.RUNNING

    def say(self, text):
        self.supervisord.options.logger.info("%(what)s it is", what=text)
        self.supervisord.options.logger.warn(text)
        return self.supervisord.options.identifier

    @staticmethod
    def static():
        return 1

    @classmethod
    def of_class(cls):
        return cls.__name__

    def _private(self):
        return 1


made = 0


def make(supervisord, **config):
    global made
    made += 1
    return Probe(supervisord, **config)


def broken(supervisord, **config):
    raise ValueError("this factory is broken")


def judge(event, response):
    """A result handler: what it does is the answer's to say."""
    words = response.decode().split(" ", 1)
    with open(words[1] if len(words) > 1 else "/dev/null", "a") as told:
        process = getattr(event, "process", None)
        facts = [type(event).__name__, type(response).__name__, repr(event.payload().partition(" pid:")[0])]
        if process is not None:
            facts += [process.config.name, process.group.config.name]
        told.write(" ".join(facts) + "\n")
    if words[0] == "REJECT":
        raise RejectEvent(response)
    if words[0] == "BREAK":
        raise ValueError(response)
    if words[0] == "LEAVE":
        sys.exit(1)

"""A plugin that hears of the kinds of events it is configured with; two kinds of subscribers always fail."""

import sys

from supervisor import events

told = []


class Subscriber:
    pass


class Own(events.Event):
    def payload(self):
        return "own"


events.register("OWN", Own)


def fail(event):
    raise ValueError("no")


def leave(event):
    sys.exit(4)


def make(supervisord, kinds):
    for kind in filter(None, kinds.split(",")):
        if kind in ("FAIL", "LEAVE"):
            events.subscribe(events.ProcessStateStartingEvent, fail if kind == "FAIL" else leave)
        else:
            events.subscribe(getattr(events.EventTypes, kind), told.append)
    return Subscriber()


def tell(count):
    for _ in range(count):
        events.notify(Own())

"""How listeners behave, well and badly, and what pools do then: order, numbers, overflows, what is told again."""

from __future__ import annotations

from tests.conformance.event_words import FAIL, OK, Action, die, ear, gate, hears, remote, say, stream, streams
from tests.conformance.lifecycle_daemons import boot
from tests.conformance.lifecycle_steps import (
    Scenario,
    Step,
    kill,
    let,
    lines,
    program,
    rpc,
    start,
    stop,
    until_log,
    up,
)

REMOTE = "REMOTE_COMMUNICATION"


def answered(
    title: str, *plan: Action, last: str = "three", more: tuple[Step, ...] = (), **options: object
) -> Scenario:
    """Three things are said, one after the other has gone to the listener, which answers as planned."""
    mine = ear("ear", REMOTE, *plan, **options)
    return stream(title, (mine,), "", *remote("one", "two", "three"), hears("ear", last), *more)


def answers() -> list[Scenario]:
    lost = until_log("^ear: has entered the UNKNOWN state")
    return [
        answered("a listener accepts everything"),
        answered("a listener rejects once", FAIL),
        answered("a listener rejects over and over", FAIL, FAIL, FAIL, OK, FAIL),
        answered("any other result rejects", say("RESULT 4\nOKAYREADY\n"), say("RESULT 3\nok\nREADY\n"), OK, FAIL),
        answered("an answer in pieces", say("RES|ULT |2|\nO|KREA|DY|\n"), say("RESULT 2\n|OK|READY\n")),
        answered("an answer in other words", say("BANANA 2\nOKREADY\n"), say("RESULT  2 \nOKREADY\n")),
        answered("a result of no length", say("RESULT 0\nREADY\n"), last="one", more=(hears("ear", "three"),)),
        answered("a line that is no result", OK, say("what was that?\n"), last="two", more=(lost,)),
        answered("a result line that is no text", OK, say("RESULT \u00ff\n"), last="two", more=(lost,)),
        answered("a newline too many", say("RESULT 2\nOK\nREADY\n"), last="one", more=(lost,)),
        answered("more than READY", say("RESULT 2\nOKREADY\nREADY\n"), last="one", more=(lost,)),
        answered("talk while READY", say("RESULT 2\nOKREADY\nby the way"), last="one", more=(lost,)),
        answered("a READY of another system", say("RESULT 2\nOKREADY\r\n"), last="one", more=(lost,)),
    ]  # fmt: skip


def negative() -> Scenario:
    """There the recursion ends in an error, and the listener stays BUSY."""
    return stream(
        "a result of a negative length",
        (ear("ear", REMOTE, say("RESULT -3\nREADY\n")),),
        "",
        *remote("one"),
        until_log("^ear: bad result line|^uncaptured python exception"),
        end=(lines("^ear: bad result line"),),
        differs={
            "answers": ("N4", [*said("one"), [("WARN", "ear: bad result line: 'RESULT -3'")]]),
        },
        skip=frozenset({"log"}),  # a traceback of a thousand lines
    )


def greetings() -> list[Scenario]:
    def greeted(title: str, hello: str, *more: Step) -> Scenario:
        mine = ear("ear", REMOTE, hello=hello)
        return stream(title, (mine,), "", *remote("one", "two"), *more, begin=(boot(), up("ear")))

    return [
        greeted("a listener that says READY in pieces", "RE|ADY|\n".replace("|", ""), hears("ear", "two")),
        greeted("a listener that introduces itself", "Hello!\nREADY\n", until_log("^ear: has entered the UNKNOWN state")),
        greeted("a listener that never is READY", "", until_log("^success: ear")),
    ]  # fmt: skip


def deaths() -> list[Scenario]:
    return [
        answered("a listener dies of an event, and its successor takes it", OK, die(1)),
        answered("a listener ends well in the middle of an event", OK, die(0), autorestart="true"),
        answered("a listener dies again and again", die(3), die(3), OK, die(3)),
        stream(
            "a listener is stopped while others talk",
            (ear("ear", REMOTE),),
            "",
            *remote("one"),
            hears("ear", "one"),
            stop("ear"),
            *remote("two", "three"),
            start("ear"),
            hears("ear", "three"),
        ),
        stream(
            "a listener that is BUSY is stopped",
            (ear("ear", REMOTE, gate("g0"), OK),),
            "",
            *remote("one", "two"),
            hears("ear", "one"),
            stop("ear"),
            start("ear"),
            hears("ear", "two"),
        ),
        stream(
            "a listener is killed while it waits",
            (ear("ear", REMOTE),),
            "",
            *remote("one"),
            hears("ear", "one"),
            until_log("^ear: ACKNOWLEDGED -> READY", 2),
            kill("ear", 9),  # type: ignore[arg-type]
            up("ear", 2),
            *remote("two"),
            hears("ear", "two"),
        ),
        stream(
            "a listener that broke the rules is started again",
            (ear("ear", REMOTE, say("nonsense\n")),),
            "",
            *remote("one", "two"),
            until_log("^ear: has entered the UNKNOWN state"),
            stop("ear"),
            start("ear"),
            hears("ear", "two"),
        ),
    ]


def overflows() -> list[Scenario]:
    def full(title: str, size: int, *plan: Action, names: tuple[str, ...] = ("six",)) -> Scenario:
        mine = ear("ear", REMOTE, gate("g0"), *plan, buffer_size=size)
        words = ("one", "two", "three", "four", "five", "six")
        steps = (*remote("one"), hears("ear", "one"), *remote(*words[1:]), let("g0"), hears("ear", names[-1]))
        return stream(title, (mine,), "", *steps, lines("overflowed"))

    late = ear("ear", REMOTE, hello="", buffer_size=2)
    return [
        full("the oldest are dropped when too many wait", 2),
        full("there is room for one", 1),
        full("there is room for all", 5),
        stream(
            "what comes before anybody listens overflows too",
            (late,),
            "",
            *remote("one", "two", "three", "four"),
            until_log("overflowed", 2),
            lines("overflowed"),
            begin=(boot(), up("ear")),
        ),
        stream(
            "a rejected event comes back to a full buffer",
            (ear("ear", REMOTE, gate("g0"), ("gate", "@DIR@/g1.gate"), FAIL, buffer_size=2),),
            "",
            *remote("one"),
            hears("ear", "one"),
            *remote("two", "three"),
            let("g0"),
            hears("ear", "two"),
            *remote("four"),
            let("g1"),
            hears("ear", "four"),
            lines("overflowed"),
        ),
    ]


def several() -> list[Scenario]:
    two = ear("ear", REMOTE, gate("g0"), numprocs=2)
    one = told(0, REMOTE, "type:x\none")
    slow, quick = ear("slow", REMOTE, gate("g0")), ear("quick", REMOTE)
    return [
        stream(
            "the first that is free is told",
            (ear("ear", REMOTE, numprocs=3),),
            "",
            *remote("one"),
            until_log("event was processed"),
            *remote("two"),
            until_log("event was processed", 2),
            *remote("three"),
            hears("ear", "three"),
        ),
        stream(
            "while one is busy the other is told",
            (two,),
            "",
            *remote("one", "two"),
            hears("ear", "two"),
            *remote("three", "four"),
            stop("ear:ear_0"),
            let("g0"),
            hears("ear", "four"),
        ),
        stream(
            "pools do not wait for one another",
            (slow, quick),
            "",
            *remote("one", "two", "three"),
            hears("quick", "three"),
            streams(quick),
            let("g0"),
            hears("slow", "three"),
        ),
        stream(
            "pools of other priorities and interests number for themselves",
            (
                ear("first", f"{REMOTE},PROCESS_STATE_STOPPED", priority=-5),
                ear("second", "PROCESS_STATE_STOPPED,PROCESS_STATE_STOPPING", priority=5),
                ear("third", REMOTE, priority=5),
            ),
            program("p"),
            start("p"),
            *remote("one"),
            hears("first", "one"),
            stop("p"),
            hears("second", "PROCESS_STATE_STOPPED"),
            *remote("two"),
            hears("third", "two"),
            hears("first", "two"),
        ),
        stream(
            "a rejected event comes back to pools of other priorities",
            (ear("ear", REMOTE, FAIL, priority=5), ear("other", "PROCESS_STATE_STOPPED", priority=7)),
            program("p"),
            start("p"),
            *remote("one", "two"),
            hears("ear", "two"),
            stop("p"),
            hears("other", "STOPPED"),
        ),
        stream(
            "a rejected event comes back to its own pool alone",
            (ear("ear", REMOTE, FAIL), ear("other", "PROCESS_STATE_STOPPED")),
            "",
            *remote("one"),
            hears("ear", "one", 2),
            *remote("two"),
            hears("ear", "two"),
            differs={
                "answers": (
                    "D13",
                    [*said("one", "two"), {"ear": [one, one, told(1, REMOTE, "type:x\ntwo")], "other": []}],
                ),
                "log": ("D13", None),
            },
        ),
        stream(
            "one that is wanted twice is told once",
            (ear("ear", "SUPERVISOR_STATE_CHANGE,SUPERVISOR_STATE_CHANGE_RUNNING"),),
            "",
            hears("ear", "SUPERVISOR_STATE_CHANGE_RUNNING"),
            differs={
                "answers": ("D14", [{"ear": [told(0, "SUPERVISOR_STATE_CHANGE_RUNNING", "")]}]),
                "log": ("D14", None),
            },
        ),
        stream(
            "all there is, to one listener",
            (ear("ear", "EVENT"),),
            program("p"),
            start("p"),
            up("p"),
            *remote("one"),
            stop("p"),
            rpc("removeProcessGroup", "p"),
            rpc("addProcessGroup", "p"),
            *remote("two"),
            hears("ear", "two"),
        ),
    ]


def said(*words: str) -> list[tuple[str, tuple[str, str], bool]]:
    """How clients are answered who say this."""
    return [("sendRemoteCommEvent", ("x", word), True) for word in words]


def told(number: int, event: str, payload: str) -> tuple[str, str]:
    """How the pool `ear` is told that, if it is told nothing else."""
    return f"ver:3.0 server:supervisor serial:{number} pool:ear poolserial:{number} eventname:{event} len:ok", payload


SCENARIOS = [*answers(), negative(), *greetings(), *deaths(), *overflows(), *several()]

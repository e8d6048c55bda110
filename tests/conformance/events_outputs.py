"""What listeners are told of the output of programs, and of what clients have to say."""

from __future__ import annotations

from tests.conformance.event_words import ear, hears, ready, remote, stream
from tests.conformance.lifecycle_daemons import boot
from tests.conformance.lifecycle_steps import Scenario, content, let, quiet, rpc, shell, start, until, up

LOGS = ear("ear", "PROCESS_LOG")
TALKS = ear("ear", "PROCESS_COMMUNICATION")
BOTH = ear("ear", "PROCESS_COMMUNICATION,PROCESS_LOG")
BEGIN, END = "<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->"
TELL_OUT = {"stdout_events_enabled": "true"}
TELL_ERR = {"stderr_events_enabled": "true"}
D9_HEAD = "ver:3.0 server:supervisor serial:0 pool:ear poolserial:0 eventname:PROCESS_LOG_STDOUT len:ok"
D9_BODY = "processname:p groupname:p pid:N channel:stdout"
REST = "exec sleep 1000\n"


def bit(name: str, *pieces: str) -> dict[str, tuple[str, int]]:
    """The program's script: it writes each piece when it is let to, with printf, and stays."""
    lines = [f"read x < @DIR@/{name}{number}.gate\n{piece}\n" for number, piece in enumerate(pieces)]
    return {f"{name}.sh": ("".join(lines) + REST, 0o644)}


def logs() -> list[Scenario]:
    pair = ear("out", "PROCESS_LOG_STDOUT"), ear("err", "PROCESS_LOG_STDERR")
    return [
        stream(
            "output is told, piece by piece",
            (LOGS,),
            shell("p", **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "one"),
            let("p1"),
            hears("ear", "two"),
            files=bit("p", "printf 'one line\\nand some'", "printf ' more\\n\\ntwo'"),
        ),
        stream(
            "both streams are told, to whoever listens to one",
            pair,
            shell("p", **TELL_OUT, **TELL_ERR),
            start("p"),
            let("p0"),
            hears("out", "to out"),
            let("p1"),
            hears("err", "to err"),
            let("p2"),
            hears("out", "again"),
            files=bit("p", "echo to out", "echo to err >&2", "echo out again"),
        ),
        stream(
            "a redirected stream is told as the other",
            (LOGS,),
            shell("p", redirect_stderr="true", stderr_logfile=None, **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "to err"),
            files=bit("p", "echo to err >&2"),
        ),
        stream(
            "output that goes to no file is told",
            (LOGS,),
            shell("p", stdout_logfile="NONE", stderr_logfile="NONE", **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "somebody"),
            files=bit("p", "echo is somebody there"),
        ),
        stream(
            "output of nobody's interest is not told",
            (LOGS,),
            shell("p", **TELL_ERR) + shell("q"),
            start("p"),
            start("q"),
            let("p0"),
            let("q0"),
            let("p1"),
            hears("ear", "to err"),
            files=bit("p", "echo to out", "echo to err >&2") | bit("q", "echo to out; echo to err >&2"),
        ),
        stream(
            "the length of what is told counts characters",
            (LOGS,),
            shell("p", **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "PROCESS_LOG_STDOUT"),
            let("p1"),
            hears("ear", "end"),
            files=bit("p", r"printf '\303\244\342\202\254\360\237\246\211'", "printf end"),
        ),
        stream(
            "output that is no text is told in other words",
            (LOGS,),
            shell("p", **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "PROCESS_LOG_STDOUT"),
            let("p1"),
            hears("ear", "end"),
            files=bit("p", r"printf 'a\377\000b'", r"printf 'end\303'"),
        ),
        stream(
            "what a program writes last is told",
            (ear("ear", "PROCESS_LOG,PROCESS_STATE_EXITED"),),
            shell("p", **TELL_OUT),
            start("p"),
            up("p"),
            let("p0"),
            hears("ear", "last words"),
            let("p1"),
            hears("ear", "PROCESS_STATE_EXITED"),
            files=bit("p", "printf 'last words'", "exit 0"),
        ),
        stream(
            "colours are told, and stripped from the log alone",
            (LOGS,),
            shell("p", **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "red"),
            content("p.out"),
            files=bit("p", r"printf '\033[31mred\033[0m\n'"),
            daemon="strip_ansi=true",
        ),
    ]


def talks() -> list[Scenario]:
    capture = {"stdout_capture_maxbytes": "1MB"}

    def talk(title: str, *pieces: str, wait: str = "said", count: int = 1, **options: object) -> Scenario:
        return stream(
            title,
            (TALKS,),
            shell("p", **(capture | options)),
            start("p"),
            *(let(f"p{number}") for number in range(len(pieces))),
            hears("ear", wait, count),
            files=bit("p", *pieces),
        )

    return [
        talk("a program says something", f"printf '{BEGIN}something said{END}'"),
        talk(
            "a program says something on its error output",
            f"printf '{BEGIN}something said{END}' >&2",
            stdout_capture_maxbytes=0,
            stderr_capture_maxbytes="1MB",
        ),
        talk("two things said at once", f"printf '{BEGIN}this{END}and{BEGIN}is said{END}'"),
        talk("something of many lines", f"printf '{BEGIN}first\\nsecond\\n\\nis said\\n{END}\\n'"),
        talk("something with umlauts and without sense", f"printf '{BEGIN}s\\303\\274\\377 said{END}'"),
        talk("nothing is said, and then something", f"printf '{BEGIN}{END}{BEGIN}said{END}'"),
        talk(
            "what is said is cut by its size",
            f"printf '{BEGIN}0123456789abcdefghij said{END}'",
            stdout_capture_maxbytes=10,
            wait="PROCESS_COMMUNICATION",
        ),
        talk(
            "a mark that comes in pieces",
            "printf '<!--XSUPER'",
            "sleep 0.2; printf 'VISOR:BEGIN-->it is sa'",
            f"sleep 0.2; printf 'id{END}'",
        ),
        stream(
            "what is said is in no log, what is around it is",
            (BOTH,),
            shell("p", **capture, **TELL_OUT),
            start("p"),
            let("p0"),
            hears("ear", "PROCESS_COMMUNICATION"),
            let("p1"),
            hears("ear", "later"),
            content("p.out"),
            files=bit("p", f"printf 'this comes before {BEGIN}being said{END}'", "printf 'this is written much later\\n'"),
        ),
        stream(
            "the last bytes of one who can say something are not kept back",
            (LOGS,),
            shell("p", **capture, **TELL_OUT),
            start("p"),
            up("p"),
            let("p0"),
            until("p", "EXITED"),
            content("p.out"),
            files=bit("p", "printf 'the tail'; exit 0"),
            differs={
                "answers": (
                    "D9",
                    [("startProcess", ("p", True), True), ("p.out", "the tail"), {"ear": [(D9_HEAD, f"{D9_BODY}\nthe tail")]}],
                ),
                "files": ("D9", None),
                "log": ("D9", None),
            },
        ),
    ]  # fmt: skip


def clients() -> list[Scenario]:
    ours = ear("ear", "REMOTE_COMMUNICATION")
    return [
        stream(
            "clients say something",
            (ours,),
            "",
            *remote("plain", "two\nlines\n", "", "\u00e4\u20ac\U0001f989", "a:b c:d\n\n", "<&>'\""),
            rpc("sendRemoteCommEvent", "", "no type"),
            rpc("sendRemoteCommEvent", "two words", "a type"),
            rpc("sendRemoteCommEvent", "t\u00ffpe", "\u00ff"),
            hears("ear", "\u00ff"),
        ),
        stream(
            "clients say more than a pipe holds",
            (ours,),
            "",
            quiet("sendRemoteCommEvent", "x", "x" * 200_000 + "\u00e4"),
            *remote("and"),
            quiet("sendRemoteCommEvent", "x", "y" * 300_000),
            hears("ear", "y" * 300_000),
        ),
        stream(
            "what was said before anybody listened",
            (ear("ear", "REMOTE_COMMUNICATION", startsecs=2),),
            "",
            *remote("early"),
            *ready(ours),
            *remote("late"),
            hears("ear", "late"),
            begin=(boot(), until("ear", "STARTING")),
        ),
    ]


SCENARIOS = [*logs(), *talks(), *clients()]

"""What a person sees on a terminal: the same keys pressed in supervisorctl 4.3.0 and in initctl, on both daemons.

Every letter on the screen counts, line editing and lists of completions included; only colours are taken away first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conformance import stock
from tests.conformance.ctl_client import command
from tests.conformance.ctl_steps import DAEMONS, normal
from tests.conformance.terminal import CTRL_C, Terminal, seen

pytestmark = pytest.mark.xdist_group("ctl terminal")

PROMPT = "supervisor> "
KILL = "the daemon is killed"
CTRL_D, CTRL_R, CTRL_U, UP = "\x04", "\x12", "\x15", "\x1b[A"
FOLLOWING = "==> Press Ctrl-C to exit <==\r\n"
PROGRAMS = """
[program:cat]
command = /bin/cat
startsecs = 0
[program:late]
command = /bin/cat
autostart = false
startsecs = 0
[program:left]
command = /bin/cat
startsecs = 0
[program:right-hand]
command = /bin/cat
startsecs = 0
[group:pair]
programs = left, right-hand
[program:stubborn]
command = /bin/sh -c "trap '' TERM; echo up; while sleep 0.1; do :; done"
startsecs = 0
stopwaitsecs = 600
[program:talker]
command = /bin/sh -c "echo hello; printf '\\303\\244\\n' >&2; exec sleep 600"
startsecs = 0
"""


class Keys(NamedTuple):
    """Keys to press, and what to wait for before the next ones: a text, and perhaps a program to be in a state.

    `editing` is false where no line is read, and where it is read without the help of readline.
    """

    keys: str
    until: str = PROMPT
    editing: bool = True
    state: tuple[str, str] | None = None


class Sitting(NamedTuple):
    """A client started with some words, and what is typed.

    Without `ends` it is not waited for: there, leaving fg takes up to 30 seconds, until its stream thread wakes up.
    """

    words: str
    keys: list[Keys]
    ends: bool = True


def lines(*typed: str) -> list[Keys]:
    return [Keys(f"{line}\n") for line in typed]


LAST_OF_FG = "CLOSED Cannot connect, error: <class 'SystemExit'> ()"
OWN_COMMANDS = "commands of initd:\n==================\nexplain\n\n"
"""What `help` says on a terminal beside what supervisorctl says; elsewhere it does not."""
START = Keys("", editing=False)
LEFT = "Exiting foreground\r\n"
ASK_SHUTDOWN = "Really shut the remote supervisord process down y/N? "
ASK_RELOAD = "Really restart the remote supervisord process y/N? "
SITTINGS = {
    "completion": Sitting(
        "",
        [
            START,
            Keys("\t\t"),
            Keys("sta\t\t", "supervisor> sta"),
            Keys(f"{CTRL_U}sto\t", "stop "),
            Keys("\t\t", "supervisor> stop "),
            Keys("la\t\n"),
            Keys("status pair:\t\t", "supervisor> status pair:"),
            Keys("r\t\n"),
            Keys("pid ca\t la\t\n"),
            Keys("signal CONT pair:*\t\n"),
            Keys("update \t\t", "supervisor> update "),
            Keys("pa\t\n"),
            Keys("help ma\t\n"),
            Keys("avail \t\t\n"),
            Keys("nope \t\t\n"),
            Keys(CTRL_D, "\r\n"),
        ],
    ),
    "history": Sitting(
        "",
        [
            START,
            *lines("nope 1", "help nope", "version", "", "   "),
            Keys(f"{UP}{UP}{UP}{UP}\n"),
            Keys(f"{CTRL_R}help\r", f"\r\n*** No help on nope\r\n{PROMPT}"),
            Keys("quit\n", "\r\n"),
        ],
    ),
    "following": Sitting(
        "",
        [
            START,
            Keys("tail -f talker\n", f"{FOLLOWING}hello\r\n"),
            Keys(CTRL_C, editing=False),
            Keys("tail -f talker stderr\n", f"{FOLLOWING}\u00e4\r\n"),
            Keys(CTRL_C, editing=False),
            Keys("tail -f pair:right-hand\n", FOLLOWING),
            Keys(CTRL_C, editing=False),
            *lines("tail -f nope", "tail -f"),
            Keys("exit\n", "\r\n"),
        ],
    ),
    "a followed log": Sitting(
        "tail -f talker", [Keys("", f"{FOLLOWING}hello\r\n", False), Keys(CTRL_C, "^C\r\n", False)]
    ),
    "verbs": Sitting(
        "",
        [
            START,
            *lines("help", "help start", "?tail", "?", "!ls", "nope", "start", "status nope cat", "status pair:*"),
            *lines("avail", "pid", "pid all", "version", "signal USR2 late", "signal CONT cat", "start late late"),
            *lines(
                "stop late", "restart late pair:left", "stop late late", "reread", "update", "add cat", "remove cat"
            ),
            *lines("tail -3 talker", "tail -3 talker stderr", "tail nope", "clear talker", "clear all", "maintail x"),
            *lines("open unix:///nonexistent", "status", "open nope", "open unix://{dir}/s.sock", "fg", "fg late"),
            Keys("shutdown\n", ASK_SHUTDOWN),
            Keys("n\n"),
            Keys("reload\n", ASK_RELOAD),
            Keys("\n"),
            Keys("shutdown\n", ASK_SHUTDOWN),
            Keys(CTRL_C, "\r\n"),
        ],
    ),
    "password": Sitting(
        "-u user -p wrong",
        [
            Keys("", "Server requires authentication\r\nUsername:", False),
            Keys("user\n", "Password:"),
            Keys("mistaken\n", "Username:", False),
            Keys("user\n", "Password:"),
            Keys("secret\n", editing=False),
            *lines("pid cat"),
            Keys(CTRL_D, "\r\n"),
        ],
    ),
    "interrupted in the shell": Sitting(
        "",
        [START, Keys("stop stubborn\n", "stubborn\r\n", state=("stubborn", "STOPPING")), Keys(CTRL_C, "^C\r\n", False)],
    ),
    "interrupted at the prompt": Sitting("", [START, Keys("half a li", "half a li"), Keys(CTRL_C, "\r\n")]),
    "foreground in the shell": Sitting(
        "",
        [
            START,
            Keys("fg cat\n", FOLLOWING),
            Keys("hello\n", "hello\r\nhello\r\n"),
            Keys("two words\n", "two words\r\ntwo words\r\n"),
            Keys(CTRL_C),
            *lines("status cat"),
            Keys("fg pair:left\n", FOLLOWING),
            Keys(CTRL_D),
            *lines("status pair:left"),
        ],
        ends=False,
    ),
    "foreground": Sitting(
        "fg pair:left",
        [Keys("", FOLLOWING, False), Keys("a\n", "a\r\na\r\n", False), Keys(CTRL_C, LEFT, False)],
        ends=False,
    ),
    "one verb": Sitting("status pair:* late", []),
    "questions": Sitting("-i shutdown", [Keys("", ASK_SHUTDOWN, False), Keys("no\n", "no\r\n", False)]),
    "no answer": Sitting("-i shutdown", [Keys("", ASK_SHUTDOWN, False), Keys(CTRL_D, "error: ", False)]),
    "the daemon is gone": Sitting(
        "",
        [
            START,
            Keys("tail -f cat\n", f"{FOLLOWING}hello\r\ntwo words\r\n"),
            Keys(KILL, editing=False),
            *lines("status", "start \t\tcat", "reread"),
            Keys("shutdown\n", ASK_SHUTDOWN),
            Keys("y\n"),
            Keys(CTRL_D, "\r\n"),
        ],
    ),
}


def sit(client: str, daemon: stock.Daemon, sitting: Sitting) -> str:
    """What is seen, and the exit code."""
    with Terminal([*command(client), "-c", str(daemon.config), *sitting.words.split()]) as terminal:
        screen = ""
        for step in sitting.keys:
            if step.keys == KILL:
                daemon.stop()
            else:
                terminal.type(step.keys.replace("{dir}", str(daemon.folder)), step.editing)
            screen += terminal.expect(step.until)
            if step.state is not None:
                daemon.wait_for_state(*step.state)
        end = "..."
        if sitting.ends:
            screen += terminal.rest()
            end = f"= {terminal.wait()}"
    # The thread that follows for `fg` may still say how it ended, or not get to it: stock's own race.
    text = "".join(line for line in seen(screen).replace("\r\n", "\n").splitlines(True) if not line.startswith(LAST_OF_FG))
    return normal(text, daemon).replace(OWN_COMMANDS, "") + end


def play(client: str, daemon: str, folder: Path) -> dict[str, str]:
    """All sittings, one after the other on one daemon; in the end the history that the client has kept."""
    credentials = "username = user\npassword = secret\n"
    with stock.start(
        DAEMONS[daemon], folder, PROGRAMS, credentials, f"{credentials}history_file = %(here)s/history"
    ) as running:
        for name in ("cat", "pair:left", "pair:right-hand", "stubborn", "talker"):
            running.wait_for_state(name, "RUNNING")
        pids = [running.rpc.getProcessInfo(name)["pid"] for name in ("cat", "talker")]
        shown: dict[str, str] = {}
        for name, sitting in SITTINGS.items():
            if KILL in str(sitting):
                assert pids == [running.rpc.getProcessInfo(name)["pid"] for name in ("cat", "talker")], (
                    "Ctrl-C left them"
                )
            shown[name] = sit(client, running, sitting)
        return shown | {"what is kept": (folder / "history").read_text().replace(str(folder), "<dir>")}


REFERENCE = ("supervisorctl", "supervisord")
PAIRS = [("initctl", "supervisord"), ("supervisorctl", "initd"), ("initctl", "initd")]


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[tuple[str, str], dict[str, str]]]:
    with ThreadPoolExecutor(len(PAIRS) + 1) as pool:
        playing = {pair: pool.submit(play, *pair, tmp_path_factory.mktemp("sit")) for pair in [REFERENCE, *PAIRS]}
        yield {pair: future.result() for pair, future in playing.items()}


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("sitting", [*SITTINGS, "what is kept"])
def test_the_same_keys_show_the_same(
    sitting: str, pair: tuple[str, str], screens: Mapping[tuple[str, str], dict[str, str]]
) -> None:
    assert screens[pair][sitting] == screens[REFERENCE][sitting]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stock.Daemon]:
    with stock.start(stock.OURS, tmp_path_factory.mktemp("colours"), PROGRAMS) as daemon:
        daemon.wait_for_state("cat", "RUNNING")
        yield daemon


def screen(daemon: stock.Daemon, words: str, columns: int, **environ: str) -> str:
    with Terminal([*command("initctl"), "-c", str(daemon.config), *words.split()], columns, environ) as terminal:
        return normal(terminal.rest().replace("\r\n", "\n"), daemon)


def test_states_are_coloured_unless_the_user_or_the_terminal_wants_none(ours: stock.Daemon) -> None:
    plain = "cat                              RUNNING   pid <n>, uptime <t>\n"
    plain += "late                             STOPPED   Not started\n"
    assert screen(ours, "status cat late", 80, NO_COLOR="1") == plain
    assert screen(ours, "status cat late", 80, TERM="dumb") == plain
    coloured = screen(ours, "status cat late", 80)
    assert "\x1b[32mRUNNING\x1b[0m " in coloured
    assert seen(coloured) == plain


@pytest.mark.parametrize("columns", [10, 40, 50])
def test_where_lines_would_wrap_columns_are_as_narrow_as_can_be_and_nothing_is_cut(
    columns: int, ours: stock.Daemon
) -> None:
    assert seen(screen(ours, "status cat late", columns)) == (
        "cat   RUNNING  pid <n>, uptime <t>\nlate  STOPPED  Not started\n"
    )
    assert "\nlate             in use  manual  999:999\n" in seen(screen(ours, "avail", columns))

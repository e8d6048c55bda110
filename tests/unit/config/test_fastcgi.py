from __future__ import annotations

import pytest

from initd.config.model import SocketConfig
from tests.unit.config.memory import MAIN, config, error, warnings

HEAD = "[supervisord]\n"
FCGI = HEAD + "[fcgi-program:f]\ncommand=x\nprocess_name=%(process_num)s\nnumprocs=2\n"


def socket(options: str, text: str = FCGI) -> SocketConfig:
    """The socket of the one program, which all its processes have."""
    (group,) = config(text + options).groups
    (found,) = {process.socket for process in group.processes}
    assert found is not None
    return found


def test_a_unix_socket_is_private_to_us_unless_it_is_told_otherwise() -> None:
    assert socket("socket=unix:///run/x.sock\n") == SocketConfig("unix:///run/x.sock", path="/run/x.sock", mode=0o700)
    options = "socket=unix:///run/x.sock\nsocket_mode=0666\nsocket_owner=web:www\nsocket_backlog=7\n"
    assert socket(options).values()[4:] == (0o666, (33, 44), 7)
    assert socket("socket=unix:///run/x.sock\nsocket_owner=web\n").owner == (33, -1)


def test_the_socket_of_a_program_with_a_user_is_that_users() -> None:
    assert socket("socket=unix:///run/x.sock\nuser=web\n").owner == (33, 44)
    assert socket("socket=unix:///run/x.sock\nuser=root\n").owner is None
    assert socket("socket=unix:///run/x.sock\nuser=web\nsocket_owner=root\n").owner == (0, -1)
    assert socket("socket=tcp://h:1\nuser=web\n").owner is None


def test_a_tcp_socket_has_a_host_in_small_letters_and_a_port() -> None:
    assert socket("socket=tcp://LocalHost:09000\n") == SocketConfig("tcp://localhost:9000", host="localhost", port=9000)


def test_the_path_may_name_the_program_and_is_made_plain() -> None:
    assert socket("socket=unix://%(here)s/../run//%(program_name)s.sock\n").url == "unix:///run/f.sock"


@pytest.mark.parametrize(
    ("options", "text", "key"),
    [
        ("", '[fcgi-program:f] section requires a "socket" line', None),
        ("socket=\n", '[fcgi-program:f] section requires a "socket" line', "socket"),
        ("socket=/x\n", "('Bad socket format %s', '/x') in [fcgi-program:f] socket", "socket"),
        ("socket=tcp://h\n", "('Bad socket format %s', 'tcp://h') in [fcgi-program:f] socket", "socket"),
        ("socket=tcp://:1\n", "('Bad socket format %s', 'tcp://:1') in [fcgi-program:f] socket", "socket"),
        ("socket=tcp://a b:1\n", "('Bad socket format %s', 'tcp://a b:1') in [fcgi-program:f] socket", "socket"),
        ("socket=tcp://h:65536\n", "65536 is above upper bound (65535) in [fcgi-program:f] socket", "socket"),
        (
            "socket=unix://x\n",
            "('Unix socket path %s is not an absolute path', 'x') in [fcgi-program:f] socket",
            "socket",
        ),
        (
            "socket=tcp://h:1\nsocket_mode=0700\n",
            "socket_owner and socket_mode params should only be used with a Unix domain socket in [fcgi-program:f] socket",
            "socket",
        ),
        ("socket_backlog=0\n", "Invalid socket_backlog value 0", "socket_backlog"),
        ("socket_backlog=many\n", "invalid literal for int() with base 10: 'many'", "socket_backlog"),
        ("socket_owner=who\n", "Invalid socket_owner value who", "socket_owner"),
        ("socket_mode=rwx\n", "Invalid socket_mode value rwx", "socket_mode"),
        ("user=who\nsocket_backlog=0\n", "Invalid user name who", "user"),
    ],
)
def test_mistakes_are_told_in_supervisords_words_and_with_their_place(options: str, text: str, key: str | None) -> None:
    refused = error(FCGI + options)
    assert refused.text == text
    line = 2 if key is None else 6 + [line.split("=")[0] for line in options.splitlines()].index(key)
    assert (refused.file, refused.line) == (MAIN, line)
    assert refused.hint


def test_the_sockets_mistakes_are_told_before_those_of_the_processes() -> None:
    assert error(FCGI + "startsecs=x\n").key == "socket"


def test_in_a_group_it_keeps_its_socket() -> None:
    text = FCGI + "socket=tcp://h:1\n[program:p]\ncommand=y\n[group:g]\nprograms=p,f\n"
    (group,) = config(text).groups
    assert [process.socket and process.socket.url for process in group.processes] == [None, "tcp://h:1", "tcp://h:1"]
    assert [process.section for process in group.processes] == ["program:p", "fcgi-program:f", "fcgi-program:f"]


def test_a_socket_that_cannot_be_used_keeps_nobody_from_running_in_a_group() -> None:
    text = FCGI + "socket=nonsense\n[group:g]\nprograms=f\n"
    (group,) = config(text).groups
    assert [process.socket for process in group.processes] == [None, None]
    told = f"{MAIN}:6: ('Bad socket format %s', 'nonsense') in [fcgi-program:f] socket: in [group:g] it runs without a socket"
    assert warnings(text) == [told]


def test_of_equal_priority_it_comes_last() -> None:
    text = HEAD + "[fcgi-program:a]\ncommand=x\nsocket=tcp://h:1\n[eventlistener:a]\ncommand=x\nevents=EVENT\npriority=999\n"
    groups = config(text).groups
    assert [(group.name, group.listener is not None) for group in groups] == [("a", True), ("a", False)]


def test_two_sections_with_one_socket_are_warned_about() -> None:
    text = "".join(f"[fcgi-program:{name}]\ncommand=x\nsocket=unix:///run/s\n" for name in "ab")
    assert warnings(HEAD + text) == [
        f"{MAIN}:7: socket of [fcgi-program:b] is that of [fcgi-program:a]: only one of them can have it"
    ]


def test_a_section_without_processes_is_told_with_its_own_reason() -> None:
    text = HEAD + "[fcgi-program:f]\ncommand=x\nsocket=tcp://h:1\nnumprocs=0\n"
    assert warnings(text) == [f"{MAIN}:2: group f has no processes: numprocs is not positive"]

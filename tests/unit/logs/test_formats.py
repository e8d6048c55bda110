"""initd.logs.formats: what a line looks like, to the byte."""

from __future__ import annotations

import json

import pytest

from initd.config.model import FormatConfig
from initd.logs.formats import form_of, json_line, quoted
from initd.logs.mainlog import THRESHOLDS, Level

WALL_NS = 1_704_164_645_042_999_999


class Clock:
    """A place one and a half hours behind UTC."""

    def wall(self) -> int:
        return WALL_NS

    def local_time(self, wall_ns: int) -> tuple[int, int, int, int, int, int]:
        return 2024, 1, 2, 1, 34, 5

    def getpid(self) -> int:
        return 7


def form(kind: str, prefix: str = "", timestamp: str = "none"):
    return form_of(Clock(), FormatConfig(kind, prefix, timestamp), "web_01", "web", "stdout", 12)


@pytest.mark.parametrize(
    ("prefix", "timestamp", "head"),
    [
        ("", "none", b""),
        ("web |", "none", b"web | "),
        ("web |", "utc", b"2024-01-02T03:04:05.042Z web | "),
        ("", "local", b"2024-01-02T01:34:05.042-01:30 "),
        ("\udcff\u00fc", "none", b"\xff\xc3\xbc "),
    ],
)
def test_a_prefix_stands_before_every_line_which_is_left_as_it_is(prefix: str, timestamp: str, head: bytes) -> None:
    made = form("prefix", prefix, timestamp)
    assert made(b"a\0\r\n\n\xff", False) == head + b"a\0\r\n" + head + b"\n" + head + b"\xff\n"
    assert made(b"cut", True) == head + b"cut\n"


def test_json_has_its_keys_in_their_order() -> None:
    assert form("json", "", "utc")(b'say "hi"\\', False) == (
        b'{"time":"2024-01-02T03:04:05.042Z","program":"web_01","group":"web","stream":"stdout","pid":12,'
        b'"message":"say \\"hi\\"\\\\"}\n'
    )
    assert form("json")(b"x", True) == (
        b'{"program":"web_01","group":"web","stream":"stdout","pid":12,"partial":true,"message":"x"}\n'
    )
    assert b'"time":"2024-01-02T01:34:05.042-01:30"' in form("json", "", "local")(b"", False)


@pytest.mark.parametrize(
    ("said", "messages"),
    [
        (b"", [""]),
        (b"a\r\nb\nc\r", ["a", "b", "c"]),
        (b"50%\r100%", ["50%\r100%"]),
        (bytes(range(10)), [bytes(range(10)).decode()]),
        (bytes(range(11, 128)), [bytes(range(11, 128)).decode()]),
        ("\u00fc \N{SNOWMAN} \U0001f600 \u2028".encode(), ["\u00fc \N{SNOWMAN} \U0001f600 \u2028"]),
        (b"\xff\xc3\nnext\xe2\x98", ["\ufffd\ufffd", "next\ufffd"]),
        (b'","level":"critical"}', ['","level":"critical"}']),
        (b"\x1b[1mbold\x1b[0m \x7f", ["\x1b[1mbold\x1b[0m \x7f"]),
    ],
)
def test_every_line_is_one_object_whatever_is_in_it(said: bytes, messages: list[str]) -> None:
    made = form("json")(said, False).decode().removesuffix("\n").split("\n")
    assert [json.loads(line)["message"] for line in made] == messages


def test_names_are_quoted_too() -> None:
    made = form_of(Clock(), FormatConfig("json", "", "none"), 'a"b', "\udcff", "stderr", 1)(b"", False)
    assert json.loads(made) == {"program": 'a"b', "group": "\\udcff", "stream": "stderr", "pid": 1, "message": ""}


@pytest.mark.parametrize("level", Level)
def test_a_line_of_the_main_log_is_one_object(level: Level) -> None:
    made = json_line(Clock(), level, "'web' stdout output:\n\tone\ntwo\n\udcff")
    word = next(word for word, each in THRESHOLDS.items() if each is level)
    assert made.count(b"\n") == 1 and made.endswith(b"\n")
    assert json.loads(made) == {
        "time": "2024-01-02T03:04:05.042Z",
        "level": word,
        "pid": 7,
        "message": "'web' stdout output:\n\tone\ntwo\n\\udcff",
    }
    assert list(json.loads(made)) == ["time", "level", "pid", "message"]


def test_quoting_is_that_of_json_for_every_character() -> None:
    text = "".join(map(chr, [*range(0x300), 0x2028, 0xFFFF, 0x10FFFF]))
    assert json.loads(quoted(text)) == text

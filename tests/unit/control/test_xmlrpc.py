from __future__ import annotations

import xmlrpc.client
from typing import Any

import pytest

from initd.control.xmlrpc import (
    MAX_ELEMENTS,
    SLICE_CHARS,
    BadRequest,
    DateTime,
    Items,
    Parser,
    Raw,
    Text,
    fault_response,
    members,
    response,
    struct,
)


def parsed(body: str | bytes, step: int = 10**9) -> tuple[str, tuple[Any, ...]]:
    parser = Parser()
    data = body.encode() if isinstance(body, str) else body
    for start in range(0, len(data), step):
        parser.feed(data[start : start + step])
    return parser.close()


def value(xml: str) -> Any:
    return parsed(f"<methodCall><methodName>m</methodName><params><param>{xml}</param></params></methodCall>")[1][0]


def written(pieces: Any) -> bytes:
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<value><int>5</int></value>", 5),
        ("<value><i4> -7 </i4></value>", -7),
        ("<value><i8>9000000000</i8></value>", 9_000_000_000),
        ("<value><boolean>1</boolean></value>", True),
        ("<value><boolean>0</boolean></value>", False),
        ("<value><boolean>true</boolean></value>", False),
        ("<value><double>1.5</double></value>", 1.5),
        ("<value><string>a &amp; b</string></value>", "a & b"),
        ("<value><string/></value>", ""),
        ("<value> bare </value>", " bare "),
        ("<value/>", ""),
        ("<value><nil/></value>", None),
        ("<value><base64>aGk=</base64></value>", "hi"),
        ("<value><dateTime.iso8601>20261123T23:26:18</dateTime.iso8601></value>", DateTime("20261123T23:26:18")),
        ("<value><array><data/></array></value>", []),
        ("<value> <array> <data> <value>a</value> <value><int>1</int></value> </data></array></value>", ["a", 1]),
        ("<value><struct/></value>", {}),
        ("<value><struct><member><name>n</name><value>v</value></member></struct></value>", {"n": "v"}),
        ("<value><strange>text</strange></value>", "text"),
    ],
)
def test_values_are_read_as_the_stock_daemon_reads_them(xml: str, expected: Any) -> None:
    assert value(xml) == expected


def test_a_call_without_params_has_none() -> None:
    assert parsed("<methodCall><methodName>m</methodName></methodCall>") == ("m", ())


def test_a_call_may_come_in_pieces_of_any_size() -> None:
    body = xmlrpc.client.dumps((["a\u00e9" * 50, {"n": 1}],), "m.n").encode()
    for step in (1, 2, 7, 16384):
        assert parsed(body, step) == ("m.n", (["a\u00e9" * 50, {"n": 1}],))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<",
        "<a>",
        "<a></b>",
        b"<a>\xff</a>",
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a>&undefined;</a>",
        "<value><int>x</int></value>",
        "<value><int/></value>",
        f"<value><int>{'9' * 5000}</int></value>",
        "<value><double>x</double></value>",
        "<value><base64>a</base64></value>",
        "<value><base64>/w==</base64></value>",
        "<value><dateTime.iso8601>x</dateTime.iso8601></value>",
        "<value><array/></value>",
        "<value><struct><member><name>n</name></member></struct></value>",
        "<value><struct><value>x</value></struct></value>",
        "<params><param/></params>",
        "<a>" * 65,
        "<a/>" * (MAX_ELEMENTS + 1),
    ],
    ids=lambda body: body[:30],
)
def test_what_is_no_request_or_could_only_be_an_attack_is_refused(body: str | bytes) -> None:
    with pytest.raises(BadRequest):
        parsed(body)


@pytest.mark.parametrize("tag", ["<methodCall " + "a='x' " * 9000, "<" + "a" * 50_000, "<methodCall><!--" + "-x" * 20_000])
def test_a_tag_that_does_not_end_is_refused_while_it_comes(tag: str) -> None:
    parser, sent = Parser(), 0
    with pytest.raises(BadRequest, match="too long"):
        for start in range(0, len(tag), 16384):
            sent += 16384
            parser.feed(tag[start : start + 16384].encode())
    assert sent <= 3 * 16384


@pytest.mark.parametrize("text", ["x" * 3_000_000, "&lt;" * 500_000, "\n" * 1_000_000, "<![CDATA[" + "x" * 1_000_000 + "]]>"])
def test_a_long_text_is_taken_whatever_it_is_made_of(text: str) -> None:
    parser = Parser()
    body = f"<methodCall><methodName>m</methodName><params><param><value>{text}</value></param></params></methodCall>"
    for start in range(0, len(body), 16384):
        parser.feed(body[start : start + 16384].encode())
    assert parser.close()[0] == "m"


def test_integers_are_clamped_to_what_clients_can_take() -> None:
    assert xmlrpc.client.loads(written(response([2**31, -(2**31) - 1, 2**31 - 1])))[0][0] == [
        2**31 - 1,
        -(2**31),
        2**31 - 1,
    ]


def test_characters_that_xml_forbids_are_replaced() -> None:
    text = "\x00\x1b[1m\t\n\ud800\ufffe\uffffok\U0001f600"
    assert xmlrpc.client.loads(written(response(text)))[0][0] == "\ufffd\ufffd[1m\t\n\ufffd\ufffd\ufffdok\U0001f600"


def test_a_fault_is_written_as_python_writes_it() -> None:
    stock = xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME: <a&b>"), methodresponse=True)
    assert written(fault_response(10, "BAD_NAME: <a&b>")).decode() == stock


def test_long_strings_come_in_slices() -> None:
    text = "<&>" * SLICE_CHARS
    pieces = list(response(text))
    assert max(len(piece) for piece in pieces if isinstance(piece, bytes)) <= 5 * SLICE_CHARS
    assert xmlrpc.client.loads(b"".join(pieces))[0][0] == text


def test_a_struct_may_be_put_together_from_kept_members() -> None:
    kept = struct(members({"a": 1}), members({"b": "x"}))
    assert xmlrpc.client.loads(written(response([kept, Raw(kept.xml)])))[0][0] == [{"a": 1, "b": "x"}] * 2


def test_items_and_texts_may_wait_for_what_they_are_made_of() -> None:
    def slices() -> Any:
        yield "one "
        yield (yield later("two"))

    def items() -> Any:
        yield 1
        yield Text(slices())
        try:
            yield later(KeyError())
        except KeyError:
            yield [Items(iter_of(2, 3))]

    def later(value: Any) -> Any:
        return lambda answer: answer(value)

    body = b""
    pieces = response(Items(items()))
    answer: Any = None
    while True:
        try:
            item = pieces.throw(answer) if isinstance(answer, Exception) else pieces.send(answer)
        except StopIteration:
            break
        answer = None
        if isinstance(item, bytes):
            body += item
        else:
            answers: list[Any] = []
            item(answers.append)
            answer = answers[0]
    assert xmlrpc.client.loads(body)[0][0] == [1, "one two", [[2, 3]]]


def iter_of(*values: Any) -> Any:
    yield from values


def test_what_has_no_xml_rpc_type_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError):
        written(response(object()))

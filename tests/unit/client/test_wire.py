from __future__ import annotations

import xmlrpc.client
from typing import Any

import pytest

from initd.control.client.wire import Fault, decode_response, encode_call


def answer(value: Any) -> bytes:
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True).encode()


@pytest.mark.parametrize("params", [(), ("web",), ("a&b <c> ü €",), (-1600, 0), (True, False), (2**31 - 1, -(2**31))])
def test_a_call_reads_as_it_was_meant(params: tuple[str | int, ...]) -> None:
    read, method = xmlrpc.client.loads(encode_call("supervisor.tail", params))
    assert (read, method) == (params, "supervisor.tail")
    assert list(map(type, read)) == list(map(type, params))


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1])
def test_a_number_the_wire_cannot_carry_is_refused_in_the_known_words(number: int) -> None:
    with pytest.raises(OverflowError, match="int exceeds XML-RPC limits"):
        encode_call("m", (number,))


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, True, False, "", "a & b\n <c> ü", 1.5, None, [], {}, [[]], [{}]),
        [1, "two", [3, {"four": [5]}], ""],
        {"name": "web", "pid": 7, "nested": {"": ""}, "list": [True]},
    ],
)
def test_a_response_is_the_value_that_was_sent(value: Any) -> None:
    assert decode_response(answer(value)) == value


def test_a_bare_value_is_a_string_whatever_surrounds_it() -> None:
    xml = (
        b"<?xml version='1.0'?><methodResponse><params><param><value>\n text </value></param></params></methodResponse>"
    )
    assert decode_response(xml) == "\n text "


def test_white_space_between_elements_is_nothing() -> None:
    inner = b"<value>\n<array><data>\n</data></array>\n</value>"
    array = b"<array>\n<data>\n<value> <int>1</int> </value>\n" + inner + b"\n</data>\n</array>"
    xml = b"<methodResponse>\n<params> <param> <value> " + array + b" </value> </param>\n</params>\n</methodResponse>\n"
    assert decode_response(xml) == [1, []]


def test_a_fault_is_raised_and_prints_as_scripts_know_it() -> None:
    with pytest.raises(Fault) as raised:
        decode_response(xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME: it's")).encode())
    known = xmlrpc.client.Fault(10, "BAD_NAME: it's")
    assert (str(raised.value), repr(type(raised.value))) == (str(known), repr(type(known)))
    assert (raised.value.code, raised.value.text) == (10, "BAD_NAME: it's")


def test_broken_xml_is_complained_about_like_there() -> None:
    document = answer("ü \x1b[31m red")
    with pytest.raises(Exception) as ours:
        decode_response(document)
    parser, _unmarshaller = xmlrpc.client.getparser()
    with pytest.raises(Exception) as theirs:
        parser.feed(document.decode().encode("ascii", "xmlcharrefreplace"))
        parser.close()
    assert (type(ours.value), str(ours.value)) == (type(theirs.value), str(theirs.value))


@pytest.mark.parametrize("document", [b"<html/>", b"<methodResponse><params/></methodResponse>"])
def test_what_is_no_response_is_an_error(document: bytes) -> None:
    with pytest.raises(ValueError, match="not an XML-RPC response"):
        decode_response(document)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from initd.config import values
from initd.config.model import Autorestart
from initd.config.values import BadValue


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (values.boolean, "YES", True),
        (values.boolean, "off", False),
        (values.integer, " +1_000 ", 1000),
        (values.integer, "-3", -3),
        (values.octal, "022", 0o22),
        (values.octal, "0o22", 0o22),
        (values.byte_size, "1 kb", 1024),
        (values.byte_size, "2Gb", 2 * 1024**3),
        (values.byte_size, "77", 77),
        (values.signal, " sigterm ", 15),
        (values.signal, "64", 64),
        (values.exit_codes, "", ()),
        (values.exit_codes, "0, 255", (0, 255)),
        (values.strings, " a , b,", ("a", "b", "")),
        (values.strings, "", ()),
        (values.autorestart, "Unexpected", Autorestart.UNEXPECTED),
        (values.autorestart, "1", Autorestart.ALWAYS),
        (values.autorestart, "no", Autorestart.NEVER),
        (values.log_level, "TRACE", "trace"),
        (values.name, " a.b ", "a.b"),
        (values.name, "", ""),
        (values.inet_address, "9001", ("", 9001)),
        (values.inet_address, "*:1", ("", 1)),
        (values.inet_address, "Host:65535", ("host", 65535)),
    ],
)
def test_a_good_text_becomes_its_value(parser: Callable[[str], Any], text: str, value: Any) -> None:
    assert parser(text) == value


@pytest.mark.parametrize(
    ("parser", "text", "complaint"),
    [
        (values.boolean, " true", "not a valid boolean value: ' true'"),
        (values.integer, "0x1", "invalid literal for int() with base 10: '0x1'"),
        (values.octal, "9", "9 can not be converted to an octal type"),
        (values.byte_size, "1TB", "invalid literal for int() with base 10: '1tb'"),
        (values.byte_size, "1.5MB", "invalid literal for int() with base 10: '1.5'"),
        (values.signal, "RTMIN+1", "value 'RTMIN+1' is not a valid signal name"),
        (values.signal, "40", "value '40' is not a valid signal number"),
        (values.exit_codes, "256", "not a valid list of exit codes: '256'"),
        (values.exit_codes, "1,", "not a valid list of exit codes: '1,'"),
        (values.autorestart, "Always", "invalid 'autorestart' value 'always'"),
        (values.log_level, "Warning", "bad logging level name 'Warning'"),
        (values.name, "a b", "Invalid name: 'a b' because of character: ' '"),
        (values.name, "a:/", "Invalid name: 'a:/' because of character: ':'"),
        (values.inet_address, "", "not a valid port number: '' "),
        (values.inet_address, "a:", "no port number specified in ''"),
        (values.inet_address, "a:65536", "65536 is above upper bound (65535)"),
    ],
)
def test_a_bad_text_is_refused_in_supervisords_words_with_a_hint(
    parser: Callable[[str], Any], text: str, complaint: str
) -> None:
    with pytest.raises(BadValue) as refused:
        parser(text)
    assert refused.value.text == complaint
    assert refused.value.hint


def test_the_nearest_name_is_offered_and_nothing_if_none_is_near() -> None:
    assert values.nearest("autostrat", ["autostart", "command"]) == "autostart"
    assert values.nearest("zzz", ["autostart", "command"]) == ""

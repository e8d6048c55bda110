from __future__ import annotations

from initd.errors import traced


def fails(error: Exception) -> None:
    raise error


def caught(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        try:
            fails(cause or KeyError("first"))
        except Exception as earlier:
            raise error from (earlier if cause else None)
    except Exception as raised:
        return raised


def test_a_trace_names_every_place_and_the_error_and_opens_no_file() -> None:
    lines = traced(caught(ValueError("what"))).splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].startswith(f'  File "{__file__}", line ') and lines[1].endswith(", in caught")
    assert lines[2:] == ["ValueError: what"]


def test_a_trace_begins_with_what_caused_the_error() -> None:
    text = traced(caught(ValueError("what"), KeyError("why")))
    assert text.index(", in fails\nKeyError: 'why'\nThen:\nTraceback") < text.index("ValueError: what")


def test_a_long_chain_of_causes_is_cut() -> None:
    error = ValueError("0")
    for number in range(1, 100):
        error, earlier = ValueError(str(number)), error
        error.__cause__ = earlier
    assert traced(error).count("Traceback") == 5

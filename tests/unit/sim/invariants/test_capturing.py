"""The reference for capture mode, told by hand."""

from __future__ import annotations

from sim.invariants.capturing import BEGIN, END, divide, kept


def test_messages_and_output_are_told_apart():
    stream = b"a" + BEGIN + b"one" + END + b"b" + END + BEGIN + BEGIN + END + b"c"
    found = divide(stream)
    assert [stream[first:last] for first, last in found.messages] == [b"one", BEGIN]
    assert (found.output, found.unfinished) == (b"ab" + END + b"c", None)
    assert found.everything == b"aoneb" + END + BEGIN + b"c"
    assert not found.ends_with_message
    assert divide(stream[:-1]).ends_with_message


def test_what_stands_around_a_message_makes_no_token_together():
    found = divide(BEGIN[:9] + BEGIN + b"x" + END + BEGIN[9:])
    assert (len(found.messages), found.output, found.unfinished) == (1, BEGIN, None)


def test_a_message_without_an_end_is_neither_told_nor_output():
    found = divide(b"a" + BEGIN + b"never" + END[:4])
    assert (found.messages, found.output, found.unfinished) == ((), b"a", b"never" + END[:4])


def test_of_a_message_that_is_too_long_each_piece_that_does_not_fit_takes_as_much_away():
    text = b"0123456789" * 5
    assert list(kept([BEGIN + text + END], 20)) == [text], "one piece is kept whole"
    assert list(kept([BEGIN + text[:30], text[30:] + END], 20)) == [text[20:]]
    assert list(kept([BEGIN + text[:30], text[30:40] + END + b"more"], 35)) == [text[10:40]]
    assert list(kept([BEGIN + text[:10], text[10:] + END], 20)) == [text], "no more than a token is not looked at"
    assert list(kept([BEGIN + text[:30] + END[:7], END[7:]], 20)) == [text[:30]], "a part of a token is not handed over"

"""initd.logs.lines: what is held back, what is cut, and whose line goes on."""

from __future__ import annotations

from initd.logs.lines import LONGEST_BYTES, Lines


class Shelf:
    """A sink that keeps what it is handed, and ends a line of somebody else's as FileSink does."""

    own, full = True, False
    unfinished: object = None

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.ended = 0

    def write(self, data: bytes) -> None:
        if self.unfinished is not None:
            data, self.unfinished = b"\n" + data, None
        self.chunks.append(data)

    def end(self) -> None:
        self.ended += 1

    def when_room(self, callback) -> None:
        callback()

    def forget(self, callback) -> None:
        pass

    reopen = clear = close = when_room


def shown(text: bytes, cut: bool) -> bytes:
    return b"".join(b"<%s%s>\n" % (line, b"..." if cut else b"") for line in text.split(b"\n"))


def test_lines_go_on_whole_and_as_many_as_there_are_at_once() -> None:
    shelf = Shelf()
    lines = Lines(shelf, "a")
    for data in (b"one\ntwo\nth", b"re", b"e", b"\n\nfour"):
        lines.write(data)
    assert shelf.chunks == [b"one\ntwo\n", b"three\n\n"]
    lines.end()
    lines.end()
    assert shelf.chunks[2:] == [b"four"]
    assert shelf.ended == 2


def test_a_format_makes_whole_lines_of_what_has_no_end() -> None:
    shelf = Shelf()
    lines = Lines(shelf, "a", shown)
    for data in (b"one\ntwo\nth", b"ree\r\n", b"\nfour"):
        lines.write(data)
    lines.end()
    assert b"".join(shelf.chunks) == b"<one>\n<two>\n<three\r>\n<>\n<four>\n"
    assert shelf.unfinished is None


def test_what_one_writer_left_without_its_end_another_does_not_go_on_with() -> None:
    shelf = Shelf()
    first, second, again = Lines(shelf, "a"), Lines(shelf, "b"), Lines(shelf, "b")
    first.write(b"half")
    second.write(b"whole\n")
    first.end()
    second.write(b"of b\nrest")
    second.end()
    again.write(b" of the rest\n")
    first.write(b"end\n")
    assert b"".join(shelf.chunks) == b"whole\nhalf\nof b\nrest of the rest\nend\n"


def test_a_line_that_is_too_long_goes_out_in_parts_that_nobody_elses_line_is_glued_to() -> None:
    shelf = Shelf()
    long, other = Lines(shelf, "a"), Lines(shelf, "b")
    long.write(b"x" * LONGEST_BYTES)
    assert shelf.chunks == []
    long.write(b"y")
    assert shelf.chunks == [b"x" * LONGEST_BYTES]
    long.write(b"z" * LONGEST_BYTES)
    other.write(b"between\n")
    long.write(b"!\n")
    assert b"".join(shelf.chunks) == b"".join(
        [b"x" * LONGEST_BYTES, b"y", b"z" * (LONGEST_BYTES - 1), b"\nbetween\n", b"z!\n"]
    )


def test_a_line_is_cut_at_the_same_places_however_it_comes_and_not_within_a_character() -> None:
    line = b"x" * (LONGEST_BYTES - 1) + "\N{SNOWMAN}".encode() * LONGEST_BYTES
    stream = b"before\n" + line + b"\nafter\n" + b"y" * LONGEST_BYTES + b"\n"
    seen = set()
    for size in (len(stream), 4096, 65536, 7777):
        shelf = Shelf()
        lines = Lines(shelf, "a", shown)
        for at in range(0, len(stream), size):
            lines.write(stream[at : at + size])
        seen.add(b"".join(shelf.chunks))
    (made,) = seen
    parts = [part.strip(b"<>") for part in made.split(b"\n")]
    whole = b"".join(part.removesuffix(b"...") for part in parts[1:-3])
    assert whole == line
    assert all(part.endswith(b"...") for part in parts[1:-4])
    assert all(len(part) <= LONGEST_BYTES + 3 and part.decode() for part in parts[:-1])
    assert parts[0] == b"before" and parts[-3:] == [b"after", b"y" * LONGEST_BYTES, b""]


def test_bytes_that_only_go_on_characters_are_cut_all_the_same() -> None:
    shelf = Shelf()
    Lines(shelf, "a", shown).write(b"\x80" * (LONGEST_BYTES + 1))
    assert shelf.chunks == [b"<" + b"\x80" * LONGEST_BYTES + b"...>\n"]


def test_it_is_full_when_the_sink_is_and_holds_no_more_than_a_line() -> None:
    shelf = Shelf()
    lines = Lines(shelf, "a")
    assert not lines.full
    shelf.full = True
    assert lines.full
    for _ in range(100):
        lines.write(b"x" * 10_000)
    assert 1_000_000 - sum(map(len, shelf.chunks)) <= LONGEST_BYTES

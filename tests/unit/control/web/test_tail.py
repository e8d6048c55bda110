from __future__ import annotations

import pytest

from tests.unit.control.fake import World, get, parse
from tests.unit.control.web.browser import Page, visit

LOG = "/var/log/web.out"


@pytest.fixture(autouse=True)
def web(world: World) -> None:
    world.daemon.program("web", 1)
    world.kernel.files.put(LOG, b"".join(b"%04d\n" % number for number in range(400)))  # 2000 bytes


def shown(page: Page) -> str:
    (text,) = page.texts("pre")
    return text


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        ("", 1024),
        ("&limit=5", 1024),
        ("&limit=-1500", 1024),
        ("&limit=x", 1024),
        ("&limit=%C2%B2", 1024),
        ("&limit=1025", 1025),
        ("&limit=2000", 2000),
        ("&limit=" + "9" * 5000, 2000),
    ],
)
def test_the_end_of_the_log_is_shown_at_least_a_kilobyte_of_it(world: World, limit: str, size: int) -> None:
    page = visit(world, f"/tail.html?processname=web{limit}")
    assert len(shown(page)) == size and shown(page).endswith("0399\n")
    assert page.values("pre", "data-position") == ["2000"]
    assert page.texts("title") == ["Supervisor tail of process web"]


def test_a_long_log_is_read_while_it_is_sent(world: World) -> None:
    world.kernel.files.put(LOG, b"\xc3\xa9" * 500_000 + b"end")
    assert shown(visit(world, "/tail.html?processname=web&limit=1000003")) == "\u00e9" * 500_000 + "end"


def test_a_log_that_is_rotated_meanwhile_ends_early(world: World) -> None:
    world.kernel.files.put(LOG, b"x" * 3_000_000)
    client = world.connect()
    client.stall()
    client.send(get("/tail.html?processname=web&limit=3000000"))
    world.settle()
    world.kernel.files.put(LOG, b"new")
    client.resume()
    world.settle()
    status, _, body = parse(bytes(client.received))
    assert status == 200 and body.endswith(b"</html>\n") and 0 < body.count(b"x" * 1000) < 3000


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/tail.html", "No process name found"),
        ("/tail.html?processname=", "No process name found"),
        ("/tail.html?processname=nope", "ERROR: unexpected rpc fault [10] BAD_NAME: nope"),
        ("/tail.html?processname=web:*", "ERROR: unexpected rpc fault [10] BAD_NAME: web:*"),
        ("/tail.html?processname=web&stream=stderr", "No file for web"),
    ],
)
def test_what_cannot_be_shown_is_explained(world: World, path: str, text: str) -> None:
    assert shown(visit(world, path)) == text


def test_a_process_without_a_log_has_none(world: World) -> None:
    world.daemon.live[0].processes[0].logs = (None, "")
    for stream in ("stdout", "stderr"):
        assert shown(visit(world, f"/tail.html?processname=web&stream={stream}")) == "No file for web"


def test_standard_error_is_a_stream_of_its_own(world: World) -> None:
    world.kernel.files.put("/var/log/web.err", b"oops\n")
    assert shown(visit(world, "/tail.html?processname=web&stream=stderr")) == "oops\n"


def test_bytes_of_a_log_are_text_whatever_they_look_like(world: World) -> None:
    world.kernel.files.put(LOG, b"</pre><script>alert(1)</script>\xff\x00\x1b[31mred\x1b[0m\xc3")
    page = visit(world, "/tail.html?processname=web")
    assert page.texts("script") == [""]
    assert shown(page) == "</pre><script>alert(1)</script>\ufffd\ufffdred\ufffd"


def test_a_line_break_at_the_start_is_not_lost(world: World) -> None:
    world.kernel.files.put(LOG, b"\nfirst\n")
    assert b"><\n" not in parse(world.exchange(get("/tail.html?processname=web")))[2]
    assert shown(visit(world, "/tail.html?processname=web")) == "\n\nfirst\n"  # a browser drops one of them


def test_a_hostile_name_stays_a_name(world: World) -> None:
    page = visit(world, "/tail.html?processname=%22%3E%3Cscript%3Ex%3C/script%3E")
    assert page.texts("script") == [""]
    assert shown(page) == 'ERROR: unexpected rpc fault [10] BAD_NAME: "><script>x</script>'

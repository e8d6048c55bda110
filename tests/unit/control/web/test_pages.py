from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initd.config.model import OwnConfig
from initd.control.door import METHODS
from initd.control.reply import Head
from initd.control.rpc import Rpc
from initd.control.web.pages import ROWS_A_TURN, SECRET_BYTES, Pages
from initd.states import ProcessState
from tests.unit.control.fake import SERVER, FakeProcess, World, get, parse, post
from tests.unit.control.web.browser import Page, submit, token, told, visit

STOP = "/index.html?action=stop&processname=web"


@pytest.fixture(autouse=True)
def web(world: World) -> None:
    world.daemon.program("web", 1, state=ProcessState.RUNNING)


def test_a_get_of_an_action_asks_and_changes_nothing(world: World) -> None:
    page = visit(world, STOP)
    assert page.texts("h1") == ["Stop web?"]
    assert world.daemon.asked == []
    (form,) = page.find("form", method="post")
    assert form[1]["action"] == "index.html"
    fields = {attributes["name"]: attributes["value"] for _, attributes, _ in page.find("input", type="hidden")}
    assert told(submit(world, **fields)) == "Process web stopped"


@pytest.mark.parametrize("wrong", ["", "x", "0" * 40, "\u00e9"])
def test_a_post_without_the_token_asks_and_changes_nothing(world: World, wrong: str) -> None:
    status, _, body = submit(world, action="stop", processname="web", token=wrong)
    assert (status, world.daemon.asked) == (403, [])
    fields = {
        attributes["name"]: attributes["value"] for _, attributes, _ in Page(body.decode()).find("input", type="hidden")
    }
    assert fields == {"action": "stop", "processname": "web", "token": token(world)}


def test_a_get_acts_as_in_supervisord_where_the_configuration_says_so(world: World) -> None:
    world.daemon.config = world.daemon.config.replace(own=OwnConfig(web_get_actions=True))
    answer = parse(world.exchange(get(STOP)))
    assert answer[0] == 301 and answer[1]["location"].startswith("http://localhost/?message=")
    assert told(answer) == "Process web stopped"
    assert world.daemon.verbs() == [("stop", "web", True)]


def test_after_a_form_the_browser_is_sent_to_where_it_is_by_a_relative_address(world: World) -> None:
    status, headers, _ = submit(world, action="stop", processname="web")
    assert (status, headers["location"]) == (303, "./?message=Process%20web%20stopped")


def test_a_script_gets_the_sentence_itself(world: World) -> None:
    status, headers, body = submit(world, "Accept: text/plain", action="stop", processname="web")
    assert (status, headers["content-type"], body) == (200, "text/plain;charset=utf-8", b"Process web stopped")


def test_the_token_is_as_long_as_a_daemon_lives_and_no_other_has_it(world: World) -> None:
    assert token(world) == token(world)
    other = World(SERVER)
    other.kernel.files._random.seed(1)
    other.daemon.program("web", 1)
    assert token(other) != token(world) and len(token(world)) == 40


def test_what_was_begun_is_finished_when_the_browser_leaves(world: World) -> None:
    process = world.daemon.live[0].processes[0]
    known = token(world)
    world.daemon.patient = True
    client = world.connect()
    client.send(post(f"action=restart&processname=web&token={known}".encode(), path="/index.html"))
    world.settle()
    client.close()
    world.settle()
    process.state = ProcessState.STOPPED
    for _ in ("stop", "check", "start"):
        world.daemon.asked[-1][3](True)
        world.settle()
    assert [verb for verb, *_ in world.daemon.verbs()] == ["stop", "check", "start"]


@pytest.mark.parametrize("path", ["/", "/tail.html?processname=web", STOP, "/live/programs?poll=1"])
def test_pages_are_kept_by_nobody_framed_by_nobody_and_load_nothing_from_elsewhere(world: World, path: str) -> None:
    _, headers, _ = parse(world.exchange(get(path)))
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}
    assert headers["cache-control"] == "no-store"
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/index.html", 200),
        ("//index.html", 200),
        ("/%69ndex.html", 200),
        ("/status.html", 200),
        ("/index.html/", 404),
        ("/INDEX.HTML", 404),
        ("/live/nope", 404),
        ("/live/log", 400),
        ("/live/log?processname=web&from=x", 400),
        ("/live/log?processname=nope", 404),
        ("/stylesheets/../index.html", 404),
    ],
)
def test_an_address_is_answered_as_it_deserves(world: World, path: str, status: int) -> None:
    assert parse(world.exchange(get(path)))[0] == status


@pytest.mark.parametrize(("method", "status"), [("HEAD", 404), ("PUT", 400), ("DELETE", 400)])
def test_the_first_page_is_for_get_and_post(world: World, method: str, status: int) -> None:
    assert parse(world.exchange(get("/", method=method)))[0] == status


def test_a_form_of_another_site_is_refused_even_with_the_token(world: World) -> None:
    status, _, _ = submit(world, "Origin: http://evil", action="stop", processname="web")
    assert (status, world.daemon.asked) == (403, [])
    assert told(submit(world, "Origin: http://localhost", action="stop", processname="web")) == "Process web stopped"


def test_the_pages_ask_for_the_credentials_of_their_server() -> None:
    world = World(SERVER.replace(username="user", password="secret"))
    for path in ("/", "/tail.html", "/live/programs", "/stylesheets/supervisor.css"):
        assert parse(world.exchange(get(path)))[0] == 401
    assert parse(world.exchange(get("/", "Authorization: Basic dXNlcjpzZWNyZXQ=")))[0] == 200


def test_a_long_table_lets_everybody_else_have_a_turn_every_few_rows(world: World) -> None:
    world.daemon.add("g", *[FakeProcess("g", f"p{at:03}", at + 2) for at in range(200)])
    pages = Pages(Rpc(world.daemon), bytes(SECRET_BYTES))
    waits: list[int] = []
    pieces = pages.reply("index.html", Head("GET", "/", {}), b"").pieces
    since = rows = 0
    for piece in pieces:
        if isinstance(piece, bytes):
            since, rows = since + 1, rows + piece.count(b"<tr id=")
        else:
            waits.append(since)
            since = 0
    assert rows == 202 and len(waits) > 10 and max(waits) <= ROWS_A_TURN


WORDS = st.sampled_from(
    [
        "action",
        "processname",
        "groupname",
        "token",
        "start",
        "stop",
        "stopall",
        "restartgroup",
        "clearlog",
        "refresh",
        "web",
    ]
    + [
        "g",
        "g:*",
        "limit",
        "stream",
        "stderr",
        "from",
        "since",
        "poll",
        "filter",
        "message",
        "",
        "0",
        "-1",
        "9" * 30,
        "%",
        "\0",
    ]
)
TEXTS = WORDS | st.text(max_size=8)
PATHS = st.sampled_from(sorted(METHODS)).map(lambda path: f"/{path}") | st.just("/")


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(PATHS, st.booleans(), st.lists(st.tuples(TEXTS, TEXTS), max_size=5), st.binary(max_size=20)),
        min_size=1,
        max_size=4,
    )
)
def test_no_request_without_the_token_changes_anything_or_goes_wrong(
    requests: list[tuple[str, bool, list[tuple[str, str]], bytes]],
) -> None:
    world = World()
    world.daemon.program("web", 1, state=ProcessState.RUNNING)
    world.daemon.add("g", FakeProcess("g", "a", 2), FakeProcess("g", "b", 3, state=ProcessState.RUNNING))
    warned = len(world.daemon.logged("crit"))
    for path, posted, fields, garbage in requests:
        form = urlencode(fields)
        request = post(form.encode() + garbage, path=path) if posted else get(f"{path}?{form}")
        client = world.connect()
        client.send(request)
        world.settle()
        assert parse(bytes(client.received))[0] in (200, 301, 303, 400, 403, 404, 500)
        client.close()
        world.settle()
    assert world.daemon.asked == [] and world.errors == []
    assert len(world.daemon.logged("crit")) == warned  # an unexpected exception would be told there
    assert len(world.servers._connections) == 0

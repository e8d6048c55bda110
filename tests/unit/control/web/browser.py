"""A browser without JavaScript, as far as the tests need one: it reads pages and sends their forms."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode

from sim.kernel.sockets import SimClient
from tests.unit.control.fake import World, get, parse, post

VOID = {"link", "meta", "input", "br"}


class Page(HTMLParser):
    """A document: its `text`, and its elements as (tag, attributes, text inside)."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(markup)
        self.close()
        assert not self._open, f"never closed: {[tag for tag, _, _ in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, {name: value or "" for name, value in attrs}, [])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for _, _, inside in self._open:
            inside.append(data)

    def texts(self, tag: str, **wanted: str) -> list[str]:
        """The text in each element of that tag with these attributes (`class_` for class)."""
        return ["".join(inside) for each, _, inside in self.find(tag, **wanted)]

    def find(self, tag: str, **wanted: str) -> list[tuple[str, dict[str, str], list[str]]]:
        attributes = {name.rstrip("_"): value for name, value in wanted.items()}
        return [each for each in self.elements if each[0] == tag and attributes.items() <= each[1].items()]

    def values(self, tag: str, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes, _ in self.find(tag) if attribute in attributes]


def visit(world: World, path: str, *headers: str) -> Page:
    """GET a page that must be there."""
    status, _, body = parse(world.exchange(get(path, *headers)))
    assert status == 200, (path, status)
    return Page(body.decode())


def token(world: World) -> str:
    """What our own forms carry."""
    tokens = set(re.findall(rb'name="token" value="(\w+)"', parse(world.exchange(get("/")))[2]))
    assert len(tokens) == 1
    return tokens.pop().decode()


def submit(world: World, *headers: str, **fields: str) -> tuple[int, dict[str, str], bytes]:
    """POST a form to index.html; without a `token` the right one is added."""
    fields.setdefault("token", token(world))
    return parse(world.exchange(post(urlencode(fields).encode(), *headers, path="/index.html")))


def told(answer: tuple[int, dict[str, str], bytes]) -> str:
    """The sentence that a redirection brings to the first page."""
    status, headers, _ = answer
    assert status in (301, 303), (status, headers)
    _, mark, message = headers["location"].partition("/?message=")
    assert mark
    return unescape(re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), message))


def follow(world: World, path: str, *headers: str) -> SimClient:
    """Open a stream of events."""
    client = world.connect()
    client.send(get(path, *headers))
    world.settle()
    return client


def events(client: SimClient) -> list[tuple[str, str, str]]:
    """What has come since the last call, as (event, id, data); comments are left out."""
    data = bytes(client.received)
    if data.startswith(b"HTTP"):
        status, headers, body = parse(data)
        assert (status, headers["content-type"]) == (200, "text/event-stream;charset=utf-8")
    else:
        _, _, body = parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data)
    client.received.clear()
    found = []
    for block in body.decode().split("\n\n"):
        fields = [line.partition(": ")[::2] for line in block.split("\n") if line and not line.startswith(":")]
        if any(name == "event" for name, _ in fields):
            one = dict(fields)
            found.append((one["event"], one["id"], "\n".join(value for name, value in fields if name == "data")))
    return found

"""What tests of pages ask of one: that it is well formed, loads nothing, and what can be read on it."""

from __future__ import annotations

from html.parser import HTMLParser

EMPTY = {"meta", "br"}
"""Elements that have no end tag."""
LOADS = {"src", "href", "xlink:href", "action", "data", "poster", "srcset", "background"}


class Page(HTMLParser):
    """A page that was read: every element must be closed where it was opened, and nothing may be loaded."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"
        bare = text.replace("&lt;", "").lower()
        assert "http:" not in bare and "https:" not in bare and "@import" not in bare and "<script" not in bare
        assert all(each.startswith(("#p", "var")) for each in _calls(bare)), "something is loaded"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        for name in LOADS & attributes.keys():
            assert (attributes[name] or "").startswith(("#", "data:")), (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        self.tags.append((tag, attributes))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, (tag, self._open)
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def count(self, name: str) -> int:
        """How many elements have that class."""
        return sum(name in (attributes.get("class") or "").split() for _, attributes in self.tags)


def _calls(text: str) -> list[str]:
    """What stands in the url(…) of a style."""
    return [each.partition(")")[0] for each in text.split("url(")[1:]]

from __future__ import annotations

import re

import pytest

from initd.control.web.document import ASSETS, EDITION
from tests.unit.control.fake import World, get, parse
from tests.unit.control.web.browser import visit


@pytest.mark.parametrize("path", ASSETS)
def test_an_asset_is_served_and_may_be_kept(world: World, path: str) -> None:
    status, headers, body = parse(world.exchange(get(f"/{path}?v={EDITION}")))
    assert (status, headers["content-type"], body) == (200, *ASSETS[path])
    assert headers["cache-control"] == "public, max-age=86400"


def test_every_asset_a_page_names_is_our_own_and_there(world: World) -> None:
    world.daemon.program("web", 1)
    named: set[str] = set()
    for path in ("/", "/tail.html?processname=web", "/index.html?action=stopall"):
        page = visit(world, path)
        named |= {*page.values("script", "src"), *page.values("link", "href"), *page.values("img", "src")}
    assert {name.partition("?")[0] for name in named} == set(ASSETS)


@pytest.mark.parametrize("path", ASSETS)
def test_no_asset_names_anything_elsewhere(path: str) -> None:
    assert not re.search(rb"https?:|//\w|@import|url\(", re.sub(rb"^ *// .*$", b"", ASSETS[path][1], flags=re.M))


def test_pages_have_no_script_or_style_inline(world: World) -> None:
    world.daemon.program("web", 1)
    for path in ("/", "/tail.html?processname=web", "/index.html?action=stopall"):
        page = visit(world, path)
        assert not any(page.texts("script")) and not page.find("style")
        names = {name for _, attributes, _ in page.elements for name in attributes}
        assert "style" not in names and not [name for name in names if name.startswith("on")]

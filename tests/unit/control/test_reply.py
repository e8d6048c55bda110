from __future__ import annotations

import pytest

from initd.control.reply import REASONS, Head, error_page


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a/b", "/a/b", ""),
        ("/a?x=1&y=%20", "/a", "x=1&y=%20"),
        ("/a%20b%3Fc?d", "/a b?c", "d"),
        ("/%C3%A9%ff%zz", "/\u00e9\ufffd%zz", ""),
        ("/a??b", "/a", "?b"),
    ],
)
def test_a_target_is_split_and_its_path_decoded(target: str, path: str, query: str) -> None:
    head = Head("GET", target, {})
    assert (head.path, head.query) == (path, query)


@pytest.mark.parametrize("status", sorted(REASONS))
def test_every_status_has_a_page(status: int) -> None:
    assert str(status).encode() in b"".join(piece for piece in error_page(status).pieces if isinstance(piece, bytes))


def test_a_refusal_for_lack_of_credentials_asks_for_them() -> None:
    assert ("WWW-Authenticate", 'Basic realm="default"') in error_page(401).headers

"""The parameters of a request, from its query and its body (application/x-www-form-urlencoded; supervisord-4.3 §5.9).

As there: empty values count as absent; of several in the query the first counts, in the body the last, and the body wins.
"""

from __future__ import annotations

import re

_ESCAPED = re.compile(b"%([0-9A-Fa-f]{2})")
PAIRS = 1000
"""So many parameters are looked at; a page sends a handful."""


def parameters(query: str, body: bytes) -> dict[str, str]:
    """Name to value, decoded."""
    found: dict[str, str] = {}
    for name, value in _pairs(query.encode("latin-1", "replace")):
        found.setdefault(name, value)
    found.update(_pairs(body))
    return found


def _pairs(data: bytes) -> list[tuple[str, str]]:
    pairs = []
    for pair in data.split(b"&", PAIRS)[:PAIRS]:
        name, equals, value = pair.partition(b"=")
        if equals and value:
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(data: bytes) -> str:
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), data.replace(b"+", b" ")).decode(
        "utf-8", "replace"
    )

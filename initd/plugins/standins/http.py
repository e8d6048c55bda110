"""supervisor.http: the answer of a deferred method that has none yet."""

from __future__ import annotations


class NOT_DONE_YET:
    """Returned until there is an answer."""

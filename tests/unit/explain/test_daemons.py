"""Programs that leave for the background, and what keeps them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from initd.explain.daemons import FOREGROUND, advice, known


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("nginx", "nginx -g 'daemon off;'"),
        ("/usr/sbin/nginx -c x", "nginx -g 'daemon off;'"),
        ("php-fpm8.2 -y x", "php-fpm8.2 -F"),
        ("env A=1 sshd", "sshd -D"),
        ("/etc/init.d/cron start", "the command that the script starts, in the foreground"),
        ("gunicorn --daemon app:x", "without --daemon"),
        ("python app.py", ""),
        ("", ""),
        ("python nginx", ""),
    ],
)
def test_what_keeps_a_command_in_the_foreground(command: str, shown: str) -> None:
    words = shlex.split(command)
    assert advice(words) == shown
    assert bool(known(words)) == bool(shown)


def test_the_page_has_the_whole_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "explain.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {shown(words)} |" for name, words in FOREGROUND.items()]


def shown(words: str) -> str:
    return f"`{words[2:]}`" if words.startswith("+ ") else words

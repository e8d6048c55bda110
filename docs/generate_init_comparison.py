"""Writes docs/init-comparison.md: asks every init every question of tests/e2e/inits. As root, with Debian's inits:
`python docs/generate_init_comparison.py`; with words, only the cases whose names have one of them are asked anew."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.e2e.inits import page
from tests.e2e.inits.case import Case, Init


def main(words: list[str]) -> None:
    """Ask, and write."""
    before = page.committed() if page.PAGE.exists() else {}

    def answer(case: Case, init: Init) -> str:
        known = before.get((case.name, init.name))
        if known is None or not words or any(word in case.name for word in words):
            known = page.cell(case, case.answered(init))
            sys.stderr.write(f"{case.name}: {init.name}: {known}\n")
        return known

    page.PAGE.write_text(page.render(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

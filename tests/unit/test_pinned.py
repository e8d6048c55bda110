import subprocess
import sys

BODY = """
import sys
sys.path.insert(0, {where!r})
import pkg.first
from initd.kernel.linux_files import LinuxFiles
from initd.pinned import pin
print(pin(LinuxFiles(), ("pkg", "absent")))
import pathlib
for file in pathlib.Path({where!r}).rglob("*.py"):
    file.write_text("this is not python")
for cache in pathlib.Path({where!r}).rglob("*.pyc"):
    cache.unlink()
import pkg.later, pkg.deep.down
from pkg.deep import WORD
print(pkg.first.WORD, pkg.later.WORD, pkg.deep.down.WORD, WORD)
"""


def test_modules_first_imported_after_the_package_was_overwritten_are_the_old_ones(tmp_path):
    where = tmp_path / "site"
    (where / "pkg" / "deep").mkdir(parents=True)
    (where / "pkg" / "__init__.py").write_text("")
    (where / "pkg" / "first.py").write_text("WORD = 'one'")
    (where / "pkg" / "later.py").write_text("from pkg.first import WORD as one\nWORD = one + ' two'")
    (where / "pkg" / "deep" / "__init__.py").write_text("from .down import WORD")
    (where / "pkg" / "deep" / "down.py").write_text("WORD = 'three'")
    (where / "pkg" / "broken.py").write_text("def")
    run = subprocess.run(
        [sys.executable, "-c", BODY.format(where=str(where))], capture_output=True, text=True, timeout=60
    )
    assert run.stderr == ""
    assert run.stdout.splitlines() == ["3", "one one two three three"]

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


LARGE = """
import sys
sys.path.insert(0, {where!r})
from initd.kernel.linux_files import LinuxFiles
from initd import pinned
print(pinned.pin(LinuxFiles(), (), ("large", "flat", "absent")), pinned.MOST_OF_OTHERS)
"""


def test_of_a_large_package_of_somebody_elses_not_everything_is_kept(tmp_path):
    for package in ("large", "flat"):
        (tmp_path / package).mkdir()
    for number in range(600):
        (tmp_path / "large" / f"m{number}.py").write_text("")
    (tmp_path / "large" / "__init__.py").write_text("")
    (tmp_path / "flat" / "one.py").write_text("")  # a package without __init__.py
    run = subprocess.run(
        [sys.executable, "-c", LARGE.format(where=str(tmp_path))], capture_output=True, text=True, timeout=60
    )
    assert run.stderr == ""
    assert run.stdout.split() == ["501", "500"]

"""What all pages have in common: the frame around them, the headers they go out with, and the status page and questions.

Nothing comes from outside, nothing is inline, and nobody may frame us: the policy says so to the browser. The referrer
policy is not `no-referrer`, since then browsers send `Origin: null` with our own forms.
"""

from __future__ import annotations

from hashlib import sha1

from initd import SUPERVISOR_VERSION, __version__
from initd.control.reply import Reply, plain
from initd.control.web.icon import ICON
from initd.control.web.markup import Safe, Template, joined
from initd.control.web.script_common import COMMON
from initd.control.web.script_log import LOG
from initd.control.web.script_programs import PROGRAMS
from initd.control.web.style import STYLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from initd.control.steps import Pieces

HTML = "text/html;charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
)
ASSETS = {
    "stylesheets/supervisor.css": ("text/css;charset=utf-8", STYLE.encode()),
    "scripts/programs.js": ("text/javascript;charset=utf-8", f"{COMMON}{PROGRAMS}".encode()),
    "scripts/log.js": ("text/javascript;charset=utf-8", f"{COMMON}{LOG}".encode()),
    "images/icon.png": ("image/png", ICON),
}
"""Path to content type and content."""
EDITION = sha1(b"".join(content for _, content in ASSETS.values()), usedforsecurity=False).hexdigest()[:8]
"""Names this edition of the assets, so that browsers may keep them."""

_FRAME = Template(
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n'
    '<link rel="stylesheet" href="stylesheets/supervisor.css?v={edition}">\n'
    '<link rel="icon" type="image/png" href="images/icon.png?v={edition}">\n{script}</head>\n<body>\n'
)
_SCRIPT = Template('<script defer src="scripts/{name}?v={edition}"></script>\n')
_FOOT = Template(
    '<footer>initd {version}, speaking supervisor {supervisor}. <span class="keys" hidden></span></footer>\n</body>\n</html>\n'
)
_QUESTION = Template(
    '<main class="question"><h1>{question}</h1>\n<p>{why}</p>\n<form action="index.html" method="post">'
    '{fields}<button>{yes}</button> <a class="button" href="index.html">Cancel</a></form></main>\n'
)
_FIELD = Template('<input type="hidden" name="{name}" value="{value}">')


def framed(title: str, content: Iterable[Safe], script: str = "") -> Pieces:
    """A whole document around the pieces of its body."""
    tag = _SCRIPT(name=script, edition=EDITION) if script else Safe("")
    yield _FRAME(title=title, edition=EDITION, script=tag).encode()
    for piece in content:
        yield piece.encode()
    yield _FOOT(version=__version__, supervisor=SUPERVISOR_VERSION).encode()


def page(pieces: Pieces, status: int = 200) -> Reply:
    """A document on its way to a browser."""
    return Reply(status, HTML, pieces, HEADERS)


def question_page(question: str, why: str, fields: Mapping[str, str], status: int) -> Reply:
    """Asks whether to do what `fields` say, and does it on a click."""
    hidden = joined(_FIELD(name=name, value=value) for name, value in fields.items())
    yes = question.partition(" ")[0]
    body = _QUESTION(question=question, why=why, fields=hidden, yes=yes)
    return page(framed("Supervisor Status", [body]), status)


def asset(path: str) -> Reply | None:
    """A stylesheet, script or image; None if there is none of that name."""
    content_type, content = ASSETS.get(path, ("", b""))
    if not content_type:
        return None
    headers = (("Cache-Control", "public, max-age=86400"), ("X-Content-Type-Options", "nosniff"))
    return plain(200, content_type, content, headers)

"""The web pages in a real browser: what people see and do there, with JavaScript and without.

Needs Debian's `chromium` and PyPI's `playwright` and takes a minute, so it runs from .ci/long. INITD_SCREENSHOTS names
a folder that keeps what was seen.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from supervisor.xmlrpc import SupervisorTransport

from tests.e2e.instance import ROOT, Instance, until

pytestmark = pytest.mark.timeout(300)

HOSTILE = "'\"><h2>&lt;"
CONFIG = """
[unix_http_server]
file = %(here)s/s.sock
[inet_http_server]
port = 127.0.0.1:PORT
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
identifier = browser test
nodaemon = true
silent = true
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:web]
command = cat
stdout_logfile = %(here)s/web.log
stdout_logfile_maxbytes = 20KB
[program:batch]
command = sh -c 'exit 3'
autostart = false
startretries = 0
[program:missing]
command = /no/such/program
startretries = 0
[group:workers]
programs = worker
[program:worker]
command = sleep 1000
process_name = worker_%(process_num)02d
numprocs = 3
startsecs = 0
"""
MORE = f"""
[program:{HOSTILE}]
command = cat
startsecs = 0
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    subprocess.run([ROOT / ".ci" / "packages", "chromium:chromium"], check=True, timeout=900)
    # Otherwise the browser itself keeps strangers from a loopback address, and what we send against them is not tried.
    options = ["--disable-features=LocalNetworkAccessChecks", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        yield browser
        browser.close()


class Site:
    """A daemon that serves pages at `url`, and what people do to it from elsewhere."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        instance.config.write_text(instance.config.read_text().replace("PORT", self.url.rpartition(":")[2]))
        instance.start()

    def write(self, text: str, name: str = "web") -> None:
        """Have a program that copies its input write something into its log."""
        transport = SupervisorTransport(serverurl=f"unix://{self.instance.folder}/s.sock")
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as client:
            assert client.supervisor.sendProcessStdin(name, text)


@pytest.fixture
def site(instance: Callable[[str], Instance]) -> Site:
    made = Site(instance(CONFIG))
    made.instance.until_running("web")
    until("missing to be FATAL", lambda: made.instance.states().get("missing") == "FATAL")
    return made


class Visit:
    """A tab of a browser, and everything that was wrong in it: errors, violations of the policy, foreign requests."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.page = context.new_page()
        self.site = site
        self.wrong: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self._requested(request.url))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))

    def _requested(self, url: str) -> None:
        if not url.startswith(self.site.url):
            self.wrong.append(f"asked elsewhere: {url}")

    def open(self, path: str = "/") -> Page:
        """Go to one of the daemon's pages."""
        self.page.goto(self.site.url + path)
        return self.page

    def keep(self, name: str, whole: bool = True) -> None:
        """A screenshot, if somebody wants to look."""
        if folder := os.environ.get("INITD_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=whole)


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Callable[..., Visit]]:
    """Opens tabs, each in a context of its own with the options given; nothing may have been wrong in any."""
    made: list[Visit] = []

    def begin(**options: Any) -> Visit:
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        made.append(Visit(context, site))
        return made[-1]

    yield begin
    for each in made:
        each.page.context.close()
    assert [wrong for each in made for wrong in each.wrong] == []


def row(page: Page, name: str) -> Any:
    """The row of a program."""
    return page.locator("tr.program").filter(has=page.get_by_role("link", name=name, exact=True))


def live(page: Page) -> Page:
    """The page, once it listens; a reload would lose the mark that it leaves."""
    expect(page.locator("#live")).to_have_text("live")
    page.evaluate("window.mark = 'the same page'")
    return page


def assert_not_reloaded(page: Page) -> None:
    assert page.evaluate("window.mark") == "the same page"


# -- without JavaScript ---------------------------------------------------------------------------------------------


def test_everything_works_without_javascript(visit: Callable[..., Visit], site: Site) -> None:
    tab = visit(java_script_enabled=False)
    page = tab.open()
    expect(row(page, "web").locator("td.status")).to_have_text("running")
    expect(row(page, "missing").locator("td.desc")).to_have_text("can't find command '/no/such/program'")
    row(page, "web").get_by_role("button", name="Stop").click()
    expect(page.locator("#message")).to_have_text("Process web stopped")
    expect(row(page, "web").locator("td.status")).to_have_text("stopped")
    row(page, "web").get_by_role("button", name="Start").click()
    expect(page.locator("#message")).to_have_text("Process web started")
    tab.keep("no-javascript")
    row(page, "batch").get_by_role("button", name="Start").click()
    expect(page.locator("#message")).to_have_text("ERROR: Process batch: spawn error")
    page.get_by_role("button", name="Stop group").click()
    expect(page.locator("#message")).to_have_text("Group workers stopped")
    expect(page.locator("tr.group")).to_contain_text("0 of 3 running")
    page.get_by_role("searchbox").fill("worker")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tr.program")).to_have_count(3)
    page.get_by_role("link", name="Supervisor status").click()
    site.write("hello from the log\n")
    row(page, "web").get_by_role("link", name="web", exact=True).click()

    def told() -> bool:
        page.get_by_role("link", name="Refresh").click()
        return page.locator("pre").inner_text() == "hello from the log\n"

    until("the log to be shown", told)
    page.get_by_role("link", name="Stderr").click()
    expect(page.locator("pre")).to_have_text("")
    page.go_back()
    tab.open("/index.html?action=stopall")
    expect(page.locator("h1")).to_have_text("Stop all programs?")
    tab.keep("question")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#message")).to_contain_text("All stopped at ")
    assert set(site.instance.states().values()) <= {"STOPPED", "FATAL", "EXITED"}


# -- live -----------------------------------------------------------------------------------------------------------


def test_the_table_changes_by_itself_and_uptimes_run(visit: Callable[..., Visit], site: Site) -> None:
    tab = visit()
    page = live(tab.open())
    tab.keep("status")
    expect(page.locator("#summary")).to_have_text("4 running, 1 stopped, 1 fatal")
    before = row(page, "web").locator("td.desc").inner_text()
    expect(row(page, "web").locator("td.desc")).not_to_have_text(before)
    site.instance.ctl("stop", "web")
    expect(row(page, "web").locator("td.status")).to_have_text("stopped")
    expect(row(page, "web").get_by_role("button", name="Start")).to_be_visible()
    expect(page.locator("#summary")).to_have_text("3 running, 2 stopped, 1 fatal")
    site.instance.ctl("stop", "workers:worker_01")
    expect(page.locator("tr.group")).to_contain_text("2 of 3 running")
    assert_not_reloaded(page)


def test_actions_are_done_without_leaving_the_page(visit: Callable[..., Visit], site: Site) -> None:
    page = live(visit().open())
    old = site.instance.pid_of("web")
    row(page, "web").get_by_role("button", name="Restart").click()
    expect(page.locator("#message")).to_have_text("Process web restarted")
    site.instance.until_replaced("web", old)
    page.get_by_role("button", name="Stop group").click()
    expect(page.locator("#message")).to_have_text("Group workers stopped")
    expect(page.locator("tr.group")).to_contain_text("0 of 3 running")
    page.get_by_role("button", name="Restart All").click()
    expect(page.locator("#message")).to_contain_text("All restarted at ")
    assert_not_reloaded(page)


def test_programs_that_are_added_and_removed_come_and_go(visit: Callable[..., Visit], site: Site) -> None:
    tab = visit()
    page = live(tab.open())
    text = site.instance.config.read_text()
    site.instance.config.write_text(text + MORE)
    site.instance.ctl("update")
    expect(row(page, HOSTILE).locator("td.status")).to_have_text("running")
    tab.keep("hostile-name")
    expect(page.locator("h2")).to_have_count(0)
    site.instance.config.write_text(text)
    site.instance.ctl("update")
    expect(row(page, HOSTILE)).to_have_count(0)
    assert_not_reloaded(page)


def test_what_programs_are_called_and_write_is_never_markup(visit: Callable[..., Visit], site: Site) -> None:
    site.instance.config.write_text(site.instance.config.read_text() + MORE)
    site.instance.ctl("update")
    page = visit().open()
    row(page, HOSTILE).get_by_role("link", name=HOSTILE, exact=True).click()
    line = '</pre><script>document.title = "broken"</script>'
    site.write(f"{line}\n", HOSTILE)
    expect(page.locator("#log")).to_contain_text(line)
    expect(page.locator("#live")).to_have_text("live")
    assert page.title() == f"Supervisor tail of process {HOSTILE}"
    visit().open("/?message=<script>document.title='broken'</script>")
    without = visit(java_script_enabled=False).open(page.url.removeprefix(site.url))
    expect(without.locator("#log")).to_contain_text(line)


def test_a_page_that_gets_no_events_asks_again_and_again(visit: Callable[..., Visit], site: Site) -> None:
    tab = visit()
    events = re.compile(r"/live/programs\?since=")
    tab.page.route(events, lambda route: route.fulfill(status=503, body="no"))
    page = tab.open()
    expect(page.locator("#live")).to_have_text("asking every 2 s")
    tab.wrong.clear()  # the browser says that there was a 503
    page.evaluate("window.mark = 'the same page'")
    site.instance.ctl("stop", "web")
    expect(row(page, "web").locator("td.status")).to_have_text("stopped")
    site.instance.ctl("start", "web")
    expect(row(page, "web").locator("td.status")).to_have_text("running")
    assert_not_reloaded(page)


def test_a_page_outlives_a_restart_of_the_daemon_and_acts_on_the_new_one(
    visit: Callable[..., Visit], site: Site
) -> None:
    tab = visit()
    page = live(tab.open())
    old = site.instance.pid_of("web")
    site.instance.ctl("reload")
    site.instance.until_replaced("web", old)
    expect(page.locator("#live")).to_have_text("live")
    pid = site.instance.pid_of("web")
    expect(row(page, "web").locator("td.desc")).to_contain_text(f"pid {pid}, ")
    row(page, "web").get_by_role("button", name="Stop").click()
    expect(page.locator("#message")).to_have_text("Process web stopped")
    assert_not_reloaded(page)
    tab.wrong.clear()  # the browser says that it was refused for a moment


def test_a_page_says_that_the_daemon_is_gone(visit: Callable[..., Visit], site: Site) -> None:
    tab = visit()
    page = live(tab.open())
    assert site.instance.process is not None
    site.instance.process.send_signal(signal.SIGTERM)
    site.instance.wait()
    expect(page.locator("#live")).to_have_text("connection lost, trying again")
    tab.keep("connection-lost")
    tab.wrong.clear()


def test_more_open_pages_than_a_browser_has_connections_are_all_kept_up_to_date(
    visit: Callable[..., Visit], site: Site
) -> None:
    tab = visit()
    pages = [tab.page, *[tab.page.context.new_page() for _ in range(8)]]
    for page in pages:
        page.goto(site.url)  # a headless browser calls all of them visible
    expect(pages[-1].locator("#live")).to_have_text("live")
    expect(pages[0].locator("#live")).to_have_text("asking every 2 s")
    row(pages[-1], "web").get_by_role("button", name="Stop").click()
    for page in pages:
        expect(row(page, "web").locator("td.status")).to_have_text("stopped")


# -- filter, keyboard, looks ----------------------------------------------------------------------------------------


def test_the_filter_works_while_one_types_and_survives_news(visit: Callable[..., Visit], site: Site) -> None:
    page = live(visit().open())
    box = page.get_by_role("searchbox")
    box.fill("work")
    expect(page.locator("tr.program:visible")).to_have_count(3)
    expect(page.locator("tr.group:visible")).to_have_count(1)
    box.fill("stopped")
    expect(page.locator("tr.program:visible")).to_have_count(1)
    site.instance.ctl("stop", "web")
    expect(page.locator("tr.program:visible")).to_have_count(2)
    assert page.url.endswith("?filter=stopped")
    page.reload()
    expect(page.locator("tr.program:visible")).to_have_count(2)
    box.fill("")
    expect(page.locator("tr.program:visible")).to_have_count(6)


def test_everything_can_be_done_from_the_keyboard(visit: Callable[..., Visit], site: Site) -> None:
    page = live(visit().open())
    press = page.keyboard.press
    press("/")
    page.keyboard.type("web")
    press("Escape")
    press("j")
    press("x")
    expect(page.locator("#message")).to_have_text("Process web stopped")
    expect(row(page, "web").locator("td.status")).to_have_text("stopped")
    expect(row(page, "web")).to_be_focused()
    press("s")
    expect(page.locator("#message")).to_have_text("Process web started")
    press("l")
    expect(page).to_have_title("Supervisor tail of process web")
    press("b")
    expect(page).to_have_title("Supervisor Status")
    press("k")
    expect(row(page, "workers:worker_02")).to_be_focused()
    for _ in range(9):
        press("k")
    expect(row(page, "batch")).to_be_focused()


def darkness(page: Page) -> tuple[int, int]:
    """How bright the paper and the ink are, 0 to 255."""
    read = "name => getComputedStyle(document.body)[name].match(/\\d+/g).slice(0, 3).map(Number)"
    paper, ink = (page.evaluate(read, name) for name in ("backgroundColor", "color"))
    return sum(paper) // 3, sum(ink) // 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_dark_for_those_who_like_it_dark(visit: Callable[..., Visit], scheme: str) -> None:
    tab = visit(color_scheme=scheme)
    for path, name in (("/", "status"), ("/tail.html?processname=web", "log"), ("/?action=stopall", "question")):
        paper, ink = darkness(tab.open(path))
        assert (paper < 60 and ink > 200) if scheme == "dark" else (paper > 200 and ink < 60)
        tab.keep(f"{name}-{scheme}")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_pages_can_be_read_and_used_on_a_phone(visit: Callable[..., Visit], site: Site, javascript: bool) -> None:
    phone = {"width": 360, "height": 740}
    tab = visit(viewport=phone, device_scale_factor=2, is_mobile=True, has_touch=True, java_script_enabled=javascript)
    site.write("a line that is much longer than a telephone is wide, so that it has to be wrapped somewhere\n" * 9)
    for path, name in (("/", "status"), ("/tail.html?processname=web", "log"), ("/?action=stopall", "question")):
        page = tab.open(path)
        tab.keep(f"{name}-phone{'' if javascript else '-no-javascript'}")
        width = page.locator("body").evaluate("() => document.documentElement.scrollWidth") if javascript else 0
        assert width <= phone["width"], path
        for control in page.locator("button:visible, a.button:visible").all():
            box = control.bounding_box()
            assert box and box["height"] >= 34 and box["x"] >= 0 and box["x"] + box["width"] <= phone["width"], path
    page = tab.open()
    row(page, "web").get_by_role("button", name="Stop").tap()
    expect(page.locator("#message")).to_have_text("Process web stopped")


# -- logs -----------------------------------------------------------------------------------------------------------


def test_a_log_is_followed_filtered_and_left_alone_while_one_reads(visit: Callable[..., Visit], site: Site) -> None:
    site.write("".join(f"line {number}\n" for number in range(50)))
    until("the log to be written", lambda: b"line 49" in (site.instance.folder / "web.log").read_bytes())
    tab = visit()
    page = live(tab.open("/tail.html?processname=web"))
    log, lines = page.locator("#log"), page.locator("#log div")
    expect(lines).to_have_count(50)
    at_end = "log => log.scrollHeight - log.scrollTop - log.clientHeight < 24"
    assert log.evaluate(at_end)
    site.write("fresh, and not ended")
    expect(lines.last).to_have_text("fresh, and not ended")
    site.write(" but now\n" + "".join(f"more {number}\n" for number in range(50)))
    expect(lines.nth(50)).to_have_text("fresh, and not ended but now")
    expect(lines).to_have_count(101)
    assert log.evaluate(at_end)
    page.keyboard.press("g")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    site.write("while reading\n")
    expect(lines).to_have_count(102)
    assert log.evaluate("log => log.scrollTop") == 0
    page.keyboard.press("G")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")
    assert log.evaluate(at_end)
    page.keyboard.press("/")
    page.keyboard.type("MORE 4")
    expect(page.locator("#log div:visible")).to_have_count(11)
    expect(page.locator("#log mark").first).to_have_text("more 4")
    site.write("more 4711\nless\n")
    expect(page.locator("#log div:visible")).to_have_count(12)
    tab.keep("log-filtered")
    assert_not_reloaded(page)


def test_a_log_is_followed_through_its_rotation(visit: Callable[..., Visit], site: Site) -> None:
    page = live(visit().open("/tail.html?processname=web"))
    for number in range(30):
        site.write(f"{number:04} {'x' * 1000}\n")
        expect(page.locator("#log div").last).to_contain_text(f"{number:04} x")
    assert (site.instance.folder / "web.log.1").exists()
    numbers = [text[:4] for text in page.locator("#log div").all_inner_texts()]
    assert numbers == [f"{number:04}" for number in range(30)]
    assert_not_reloaded(page)


# -- strangers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_of_another_site_cannot_stop_a_program(visit: Callable[..., Visit], site: Site, method: str) -> None:
    tab = visit()
    evil = f"""<form method="{method}" action="{site.url}/index.html"><input name="action" value="stop">
        <input name="processname" value="web"></form><script>document.forms[0].submit()</script>"""
    tab.page.route("http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html"))
    tab.page.goto("http://evil.example/")
    expect(tab.page.locator("h1")).to_have_text("403 Forbidden" if method == "post" else "Stop web?")
    assert site.instance.states()["web"] == "RUNNING"
    tab.wrong.clear()  # evil.example is elsewhere


def test_no_other_site_can_frame_a_page(visit: Callable[..., Visit], site: Site) -> None:
    tab = visit()
    evil = f'<iframe name="harmless" src="{site.url}/ok.html"></iframe><iframe name="page" src="{site.url}/"></iframe>'
    tab.page.route("http://evil.example/", lambda route: route.fulfill(body=evil, content_type="text/html"))
    tab.page.goto("http://evil.example/")
    expect(tab.page.frame_locator("[name=harmless]").locator("body")).to_have_text("OK")
    frame = tab.page.frame("page")
    assert frame is not None and frame.url.startswith("chrome-error:")
    tab.wrong.clear()


def test_people_log_in_and_the_page_stays_logged_in(visit: Callable[..., Visit], site: Site) -> None:
    config = site.instance.config
    text = config.read_text().replace("[inet_http_server]", "[inet_http_server]\nusername = me\npassword = secret")
    config.write_text(text)
    old = site.instance.pid_of("web")
    site.instance.ctl("reload")
    site.instance.until_replaced("web", old)
    assert visit().page.context.request.get(site.url).status == 401
    tab = visit(http_credentials={"username": "me", "password": "secret"})
    page = live(tab.open())
    row(page, "web").get_by_role("button", name="Stop").click()
    expect(page.locator("#message")).to_have_text("Process web stopped")
    expect(row(page, "web").locator("td.status")).to_have_text("stopped")

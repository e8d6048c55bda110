from __future__ import annotations

import pytest

from initd.config.commands import words_of
from tests.unit.config.memory import MAIN, config


def said(command: str, files: dict[str, str] | None = None) -> list[str]:
    """The codes of what is said about a command."""
    text = f"[supervisord]\n[program:a]\ncommand={command}\n"
    found = config(text, files=files).diagnostics
    assert all((one.section, one.key, one.origin.line) == ("program:a", "command", 3) for one in found)
    return [one.code for one in found]


def message(command: str) -> str:
    (one,) = config(f"[supervisord]\n[program:a]\ncommand={command}\n").diagnostics
    return one.message


def test_words_know_which_of_their_characters_a_shell_would_have_seen() -> None:
    (first, second, third) = words_of("a'b'\\c \"$d\\\"\" ''")
    assert (first.text, first.bare, first.open) == ("abc", "a\0\0", "a\0\0")
    assert (second.text, second.bare, second.open) == ('$d"', "\0\0\0", "$d\0")
    assert (third.text, third.bare, third.open) == ("", "", "")


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/web --port=80 -a b",
        "sh -c 'cd /srv && exec web > /dev/null'",
        'bash -c "exec web --port $PORT | tee log"',
        "bash -lc 'web; true'",
        "env A=b web",
        "ssh host tail -f x | grep y",
        "find /tmp -exec rm {} ';'",
        "expr 1 > 2",
        "awk '{print $NF}' file",
        "web --format '$REMOTE_ADDR $STATUS'",
        "web --regexp a|b",
        "web --cost $5 --name $lower",
        "web --home=~",
        "web url?a=b&c=d",
        "./manage.py runserver",
        "web 'it is; so'",
        "web A=1;",
    ],
)
def test_nothing_is_said_about_commands_that_are_right_or_may_be(command: str) -> None:
    assert said(command) == []


@pytest.mark.parametrize(
    "command",
    [
        "web && other",
        "web || true",
        "web | tee log",
        "web > /tmp/log 2>&1",
        "web >/dev/null",
        "web; other",
        "sh -c web && other",
        "web &",
        "cd /srv",
        "export A=b",
        "source env/bin/activate",
        "A=b web",
        "nohup web",
    ],
)
def test_what_only_a_shell_would_understand_is_told(command: str) -> None:
    assert said(command) == ["shell-syntax"]


def test_what_to_write_instead_is_told() -> None:
    assert message("cd /srv").endswith("use directory=")
    assert message("A=b web") == "command of [program:a] begins with A=b: no shell reads it; use environment="
    assert message("exec web").endswith("use what follows it")
    assert message("web --port $PORT").endswith("write %(ENV_PORT)s")
    assert message("web --host $(hostname)").endswith("use /bin/sh -c '...'")


@pytest.mark.parametrize("command", ["web $HOME", 'web "${DATA_2}/x"', "web --at=$(date)", "web `hostname`", "web a$A"])
def test_a_variable_that_nobody_expands_is_told(command: str) -> None:
    assert said(command) == ["literal-variable"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("~/bin/web", "literal-tilde"),
        ("web \u201cx\u201d", "smart-quote"),
        ("web 'x", "bad-command"),
        ("web \\", "bad-command"),
        ("", "bad-command"),
    ],
)
def test_a_command_that_cannot_be_started_as_it_is_meant_is_told(command: str, code: str) -> None:
    assert said(command) == [code]


@pytest.mark.parametrize(
    "command",
    [
        "redis-server --daemonize yes",
        "/usr/bin/redis-server /etc/redis.conf --daemonize yes",
        "mongod --fork --logpath x",
        "gunicorn -D app:app",
        "gunicorn --daemon app:app",
        "uwsgi --daemonize=/tmp/log",
        "celery multi start w1",
        "apachectl start",
        "apachectl -k start",
        "apache2",
        "php-fpm8.2 -D",
        "sshd",
        "/usr/sbin/sshd -f /etc/sshd",
        "cron",
        "rsyslogd -i none",
        "service nginx start",
        "/etc/init.d/nginx start",
        "systemctl restart x",
        "docker run -d image",
    ],
)
def test_a_program_that_leaves_for_the_background_is_told(command: str) -> None:
    assert said(command) == ["goes-to-background"]


@pytest.mark.parametrize(
    "command",
    [
        "redis-server --daemonize no",
        "redis-server /etc/redis.conf",
        "gunicorn app:app",
        "uwsgi --ini x",
        "celery -A app worker",
        "apachectl -D FOREGROUND -k start",
        "apache2 -DFOREGROUND",
        "httpd -D FOREGROUND",
        "php-fpm8.2 -F",
        "sshd -D",
        "/usr/sbin/sshd -eD",
        "cron -f",
        "crond -nf",
        "rsyslogd -n",
        "docker run image -d",
        "nginx -g 'daemon off;'",
        'nginx -g "worker_processes 2;  daemon  off;"',
        "nginx -t",
        "pidproxy /run/nginx.pid nginx",
    ],
)
def test_a_program_that_stays_is_let_alone(command: str) -> None:
    assert said(command) == []


def test_nginx_is_let_alone_if_its_configuration_keeps_it() -> None:
    off = "user www;\n  daemon   off;\n"
    assert said("nginx", {"/etc/nginx/nginx.conf": off}) == []
    assert said("nginx", {"/etc/nginx/nginx.conf": "# daemon off;\n"}) == ["goes-to-background"]
    assert said("nginx -c /srv/n.conf", {"/srv/n.conf": off}) == []
    files = {"/etc/nginx/nginx.conf": off, "/srv/n.conf": "user www;\n"}
    assert said("/usr/sbin/nginx -c /srv/n.conf", files) == ["goes-to-background"]
    assert said("nginx") == [], "nobody can tell"


def test_a_command_is_judged_once_for_all_its_processes_and_groups() -> None:
    text = "[supervisord]\n[program:a]\ncommand=cd /x\nnumprocs=3\nprocess_name=%(process_num)s\n"
    groups = "[group:g]\nprograms=a\n[group:h]\nprograms=a\n"
    assert [(one.code, one.origin.place()) for one in config(text + groups).diagnostics] == [
        ("shell-syntax", f"{MAIN}:3")
    ]

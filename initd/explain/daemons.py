"""Programs that go into the background, by the name of their command, and what keeps them in the foreground.

Each from its manual page as packaged in Debian 12, or from its own --help. `docs/explain.md` shows the table. For each:
what is added to its command (`+ `), or the command to use instead, or a line for its configuration (`in `).
"""

from __future__ import annotations

from posixpath import basename

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FOREGROUND: dict[str, str] = {
    "apache2": "+ -DFOREGROUND",
    "apache2ctl": "+ -DFOREGROUND",
    "apachectl": "+ -DFOREGROUND",
    "atd": "+ -f",
    "celery": "celery worker, without multi and --detach",
    "chronyd": "+ -n",
    "collectd": "+ -f",
    "cron": "+ -f",
    "dnsmasq": "+ --keep-in-foreground",
    "dovecot": "+ -F",
    "dropbear": "+ -F",
    "exim4": "+ -bdf",
    "freeradius": "+ -f",
    "gunicorn": "without --daemon",
    "haproxy": "+ -db",
    "httpd": "+ -DFOREGROUND",
    "incrond": "+ --foreground",
    "keepalived": "+ --dont-fork",
    "lighttpd": "+ -D",
    "mariadbd": "mariadbd itself, which stays: without a script around it",
    "master": "postfix start-fg",
    "memcached": "without -d",
    "monit": "+ -I",
    "mosquitto": "without -d",
    "mysqld": "mysqld itself, which stays: without --daemonize",
    "mysqld_safe": "mysqld itself; or pidproxy PIDFILE mysqld_safe, which hands on the signals",
    "named": "+ -f",
    "nginx": "+ -g 'daemon off;'",
    "nmbd": "+ --foreground --no-process-group",
    "nscd": "+ --debug",
    "nsd": "+ -d",
    "ntpd": "+ -n",
    "openvpn": "without --daemon",
    "pdns_server": "+ --daemon=no",
    "pg_ctl": "postgres -D DATADIR, which stays",
    "pgbouncer": "without -d",
    "php-fpm": "+ -F",
    "postfix": "postfix start-fg",
    "privoxy": "+ --no-daemon",
    "proftpd": "+ --nodaemon",
    "redis-server": "+ --daemonize no",
    "rpc.mountd": "+ --foreground",
    "rpcbind": "+ -f",
    "rsync": "+ --no-detach",
    "rsyslogd": "+ -n",
    "samba": "+ --foreground --no-process-group",
    "service": "the command that the script starts, in the foreground",
    "slapd": "+ -d 0",
    "smbd": "+ --foreground --no-process-group",
    "squid": "+ --foreground",
    "sshd": "+ -D",
    "start-stop-daemon": "without --background",
    "stunnel": "in its configuration: foreground = yes",
    "stunnel4": "in its configuration: foreground = yes",
    "supervisord": "+ -n",
    "tor": "+ --RunAsDaemon 0",
    "unbound": "+ -d",
    "uwsgi": "without -d and --daemonize",
    "varnishd": "+ -F",
    "vsftpd": "+ -obackground=NO",
    "xinetd": "+ -dontfork",
    "znc": "+ --foreground",
}


def known(words: Sequence[str]) -> str:
    """The name in the table of the program that a command starts; "" for one that is not there."""
    for word in words[:1] if not words or basename(words[0]) not in _WRAPPERS else words[:4]:
        name = basename(word)
        if word.startswith("/etc/init.d/"):
            return "service"
        name = "php-fpm" if name.startswith("php-fpm") else name
        if name in FOREGROUND:
            return name
    return ""


_WRAPPERS = frozenset({"env", "nice", "ionice", "setpriv", "su-exec", "gosu", "chpst", "stdbuf", "exec"})


def advice(words: Sequence[str]) -> str:
    """What keeps that command in the foreground; "" if it is not in the table."""
    name = known(words)
    if not name:
        return ""
    switch = FOREGROUND[name]
    command = basename(next(word for word in words if basename(word).startswith(name) or name == "service"))
    return f"{command} {switch[2:]}" if switch.startswith("+ ") else switch

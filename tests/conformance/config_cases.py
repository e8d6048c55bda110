"""The configurations both programs are given: a name, the files, the command line, the environment.

Which of them are broken is for the reference to say. Cases on which we differ on purpose are not here but in the unit
tests of the module that differs.
"""

from __future__ import annotations

from typing import NamedTuple

ENVIRON = {"HOME": "/tmp", "PATH": "/bin:/usr/bin", "NAME": "web", "PERCENT": "5%", "EMPTY": ""}


class Case(NamedTuple):
    """Files are written into an empty directory, which is the working directory."""

    name: str
    files: dict[str, str]
    argv: tuple[str, ...] = ("-c", "s.conf")
    environ: dict[str, str] = ENVIRON
    client: bool = False
    argv0: str = "/nowhere/bin/program"


def _main(name: str, text: str) -> Case:
    return Case(name, {"s.conf": text})


def _daemon(option: str) -> Case:
    return _main(f"supervisord {option}", f"[supervisord]\n{option}\n")


def _program(option: str) -> Case:
    return _main(f"program {option}", f"[supervisord]\n[program:a]\ncommand=/bin/cat\n{option}\n")


def _environment(text: str) -> Case:
    return _main(f"environment {text}", f"[supervisord]\n[program:a]\ncommand=c\nenvironment={text}\n")


def _server(option: str) -> Case:
    return _main(f"server {option}", f"[supervisord]\n{option}\n")


def _arguments(*argv: str) -> Case:
    return Case(f"arguments {' '.join(argv)}", {"s.conf": "[supervisord]\nloglevel=debug\n"}, ("-c", "s.conf", *argv))


def _client(text: str, *argv: str) -> Case:
    return Case(f"client {text} {argv}", {"s.conf": text}, ("-c", "s.conf", *argv), client=True)


GRAMMAR = [
    _main("nothing", ""),
    _main("only a comment", "; nothing\n"),
    _main("empty supervisord", "[supervisord]"),
    _main("no supervisord", "[program:a]\ncommand=x\n"),
    _main("text before a section", "hello=1\n[supervisord]\n"),
    _main("byte order mark", "\ufeff[supervisord]\n"),
    _main("undecodable", "[supervisord]\nidentifier=\udcff\n"),
    _main("key without delimiter", "[supervisord]\nnodaemon\nloglevel\n umask\n"),
    _main("key without delimiter at the end", "[supervisord]\nnodaemon"),
    _main("empty key", "[supervisord]\n=true\n"),
    _main("colon", "[supervisord]\nloglevel: debug\nidentifier:a=b\n"),
    _main("upper case key", "[supervisord]\nLogLevel=debug\n"),
    _main("upper case section", "[Supervisord]\n"),
    _main("inline comments", "[supervisord]\nidentifier=a;b ;c\nloglevel=debug #d\n"),
    _main("comment marks in step", "[supervisord]\nidentifier=a;b ;c #d\n"),
    _main("continuation", "[supervisord]\n[program:a]\ncommand=/bin/x\n  --y\n\n  ; no\n  --z\n"),
    _main("continuation of an error", "[supervisord]\nnodaemon\n  true\n"),
    _main("duplicate key", "[supervisord]\nidentifier=a\nidentifier=b\n"),
    _main("duplicate section", "[supervisord]\nidentifier=a\n[program:a]\ncommand=x\n[supervisord]\nloglevel=debug\n"),
    _main("defaults", "[DEFAULT]\nstartsecs=7\nenvironment=A=b\n[supervisord]\n[program:a]\ncommand=x\n"),
    _main("defaults give a command", "[DEFAULT]\ncommand=x\n[supervisord]\n[program:a]\n[program:b]\ncommand=y\n"),
    _main("unknown names with bad percents", "[supervisord]\nwhat=%(\n[where]\nthere=%(x)s\n"),
    _main("header with brackets", "[supervisord]\n[program:a]b]\ncommand=x\n"),
    _main("text after a header", "[supervisord] really\nidentifier=x\n"),
    _main("windows lines", "[supervisord]\r\nidentifier=x\r\n"),
    _main("empty value", "[supervisord]\nidentifier=\n"),
    Case("missing file", {}),
    Case("directory as file", {"s.conf/x": ""}),
    Case("default place", {"supervisord.conf": "[supervisord]\nidentifier=cwd\n"}, ()),
    Case("default place etc", {"etc/supervisord.conf": "[supervisord]\nidentifier=etc\n"}, ()),
]

DAEMON = [
    _daemon(option)
    for option in (
        "minfds=many",
        "minfds=1_000",
        "minfds= 7 ",
        "minprocs=1.5",
        "minprocs=",
        "directory=/tmp",
        "directory=/nonexistent",
        "directory=",
        "user=root",
        "user=0",
        "user=nosuchuser",
        "user=987654321",
        "umask=027",
        "umask=0o27",
        "umask=9",
        "logfile=/nonexistent/x.log",
        "logfile=syslog",
        "logfile=Syslog",
        "logfile=NONE",
        "logfile=",
        "logfile=~/x.log",
        "logfile=%(here)s/x.log",
        "logfile=%(here)s/%(nothing)s",
        "logfile=x%",
        "logfile_maxbytes=1k",
        "logfile_maxbytes=2 KB",
        "logfile_maxbytes=1GB",
        "logfile_maxbytes=1TB",
        "logfile_maxbytes=",
        "logfile_backups=no",
        "logfile_backups=0",
        "loglevel=warning",
        "loglevel=BLATHER",
        "pidfile=/nonexistent/x",
        "pidfile=run.pid",
        "identifier=%(ENV_NAME)s",
        "identifier=%(ENV_NONE)s",
        "identifier=100%%",
        "identifier=100%",
        "identifier=%(here)d",
        "identifier=%(here)",
        "nodaemon=yes",
        "nodaemon=maybe",
        "nodaemon= true",
        "silent=ON",
        "childlogdir=/nonexistent",
        "childlogdir=%(here)s",
        "nocleanup=2",
        "strip_ansi=1",
        "environment=A=1,B=%(ENV_NAME)s",
        "environment=A",
        "environment=A=%(host_node_name)s",
        "environment=A=%%(host_node_name)s",
        'environment=A="%%"',
        'environment=A="%%%%"',
        "environment=A=%(ENV_PERCENT)s",
    )
]

PROGRAM = [
    _program(option)
    for option in (
        "",
        "priority=1\nautostart=false\nstartsecs=0\nstartretries=0\nstopwaitsecs=5",
        "priority=high",
        "priority=%(program_name)s",
        "priority=%(here)s",
        "autostart=never",
        "autorestart=UNEXPECTED",
        "autorestart=always",
        "autorestart=1",
        "startsecs=1.5",
        "startsecs=-1",
        "startsecs=%(process_num)d",
        "startsecs=%(numprocs)d",
        "startretries=",
        "exitcodes=0,2, 255",
        "exitcodes=",
        "exitcodes=256",
        "exitcodes=0,",
        "stopsignal=usr1",
        "stopsignal=SIGHUP",
        "stopsignal= 9 ",
        "stopsignal=0",
        "stopsignal=SIG_DFL",
        "stopsignal=RTMIN",
        "stopsignal=RTMIN+1",
        "stopsignal=NOPE",
        "stopsignal=40",
        "stopasgroup=true",
        "stopasgroup=true\nkillasgroup=false",
        "killasgroup=true",
        "stopasgroup=x",
        "user=root",
        "user=nosuchuser",
        "user=987654321",
        "user=",
        "redirect_stderr=true\nstderr_logfile=/tmp/x",
        "redirect_stderr=true\nstderr_logfile=AUTO",
        "stdout_logfile=NONE\nstderr_logfile=off",
        "stdout_logfile=syslog",
        "stdout_logfile=/nonexistent/a.log",
        "stdout_logfile=",
        "stdout_logfile=%(program_name)s.log",
        "stdout_logfile=a%%b",
        "stdout_logfile=a%%%%b",
        "stdout_logfile=%(ENV_PERCENT)s",
        "stdout_logfile_maxbytes=0",
        "stdout_logfile_maxbytes=1.5MB",
        "stderr_logfile_backups=x",
        "stdout_logfile_backups=%(process_num)d",
        "stdout_capture_maxbytes=1MB",
        "stdout_capture_maxbytes=%(process_num)d",
        "stdout_events_enabled=true\nstderr_events_enabled=on",
        "stderr_syslog=true",
        "stderr_syslog=?",
        "directory=/nonexistent",
        "directory=%(here)s/%(group_name)s",
        "directory=%(ENV_X)s\nenvironment=X=y",
        "user=%(ENV_X)s\nenvironment=X=root",
        "umask=022",
        "umask=x",
        "serverurl=",
        "serverurl=auto",
        "serverurl=http://x",
        "process_name=%(program_name)s-%(host_node_name)s",
        "process_name=a b",
        "process_name=a:b",
        "process_name= b ",
        "process_name=%(nothing)s",
        "process_name=%(program_name)d",
        "numprocs=2",
        "numprocs=0",
        "numprocs=-3",
        "numprocs=x",
        "numprocs=3\nprocess_name=%(process_num)02d\nnumprocs_start=9\ncommand=x %(process_num)d/%(numprocs)s",
        "numprocs=12\nprocess_name=p%(process_num)s",
        'numprocs=2\nprocess_name=%(process_num)x\nenvironment=P%(process_num)d="x%(process_num)d"',
        "command=date +%Y",
        "command=date +%%Y",
        "command=",
        "command=echo %(ENV_NAME)s %(ENV_OWN)s\nenvironment=OWN=mine,NAME=over",
        "command=%(ENV_PERCENT)s",
        "environment=%(nothing)s",
    )
] + [
    _main("no command", "[supervisord]\n[program:a]\n"),
    _main("no command, no processes", "[supervisord]\n[program:a]\nnumprocs=0\n"),
    _main("program name with a blank", "[supervisord]\n[program:a b]\ncommand=x\n"),
    _main("program name in blanks", "[supervisord]\n[program: a ]\ncommand=x\n"),
    _main("program name with a slash", "[supervisord]\n[program:a/b]\ncommand=x\n"),
    _main("program without a name", "[supervisord]\n[program:]\ncommand=x\n"),
    _main(
        "order", "[supervisord]\n[program:c]\ncommand=x\n[program:a]\ncommand=x\n[program:b]\ncommand=x\npriority=1\n"
    ),
    _main(
        "daemon environment", "[supervisord]\nenvironment=A=1,B=2\n[program:a]\ncommand=%(ENV_A)s\nenvironment=B=3\n"
    ),
    _main("error order", "[supervisord]\n[program:a]\nstopsignal=x\nstartsecs=y\n"),
]

ENVIRONMENTS = [
    _environment(text)
    for text in (
        "A=1,B=2,",
        "A=a;B=b",
        "A=",
        "A=a@b",
        "A=1 B=2",
        "A=1,,B=2",
        "A=a=b",
        "A={1}",
        'A=""',
        "A=a b",
        'A="a""b"',
        "A=\"'q'\"",
        'A="x\\"y"',
        "A=x#y",
        'A="x#y"',
        "A=$X",
        "A=~/x",
        'A="x\n  y"',
        "A=x#c\n  B",
        "A=1,B=x#y,C=3",
        'A="x',
        "A=it's",
        '"A"=1',
        "A==1",
        "A=1,A=2",
        "A=(x):/.+-",
        "A=é",
        "KEY=\"v 2\",OTHER='v,3'",
    )
]

GROUPS = [
    _main("group " + text, "[supervisord]\n[program:a]\ncommand=x\n[program:b]\ncommand=y\npriority=3\n" + text)
    for text in (
        "[group:g]\nprograms=b,a\n",
        "[group:g]\nprograms=a\npriority=5\n[group:h]\nprograms=a\n",
        "[group:g]\n",
        "[group:g]\nprograms=\n",
        "[group:g]\nprograms=a,\n",
        "[group:g]\nprograms=zzz\n",
        "[group:g]\nprograms=a,zzz\n",
        "[group:g]\nprograms=a\npriority=x\n",
        "[group:g]\nprograms=%(nothing)s\n",
        "[group:g h]\nprograms=a\n",
        "[group:a]\nprograms=b\n",
        "[group:b]\nprograms=b\n",
        "[program:c]\nstartsecs=x\n[group:g]\nprograms=a,c\n",
        "[fcgi-program:a]\nsocket=unix:///tmp/x\ncommand=x\n[group:g]\nprograms=a\n",
        "[program:d]\ncommand=%(group_name)s\n[group:g]\nprograms=d\n",
    )
]

FASTCGI = [
    _main(f"fastcgi {options}", f"[supervisord]\n[fcgi-program:f]\ncommand=/bin/cat\n{options}\n")
    for options in (
        "",
        "socket=",
        "socket=unix:///tmp/f.sock",
        "socket=unix:///tmp/../run//%(program_name)s.sock",
        "socket=unix://%(here)s/f.sock",
        "socket=unix:///%(here)s/f.sock",
        "socket=unix:///tmp/%(ENV_NAME)s.sock",
        "socket=unix:///tmp/%(group_name)s.sock",
        "socket=unix:///tmp/%(process_num)d.sock",
        "socket=unix://tmp/f.sock",
        "socket=unix://~/f.sock",
        "socket=unix://",
        "socket=unix:///tmp/f.sock\nsocket_mode=0660",
        "socket=unix:///tmp/f.sock\nsocket_mode=0o7",
        "socket=unix:///tmp/f.sock\nsocket_mode=rw",
        "socket=unix:///tmp/f.sock\nsocket_mode=",
        "socket=unix:///tmp/f.sock\nsocket_mode=%(here)s",
        "socket=unix:///tmp/f.sock\nsocket_owner=nobody",
        "socket=unix:///tmp/f.sock\nsocket_owner=nobody:root",
        "socket=unix:///tmp/f.sock\nsocket_owner=0:0",
        "socket=unix:///tmp/f.sock\nsocket_owner=nosuchuser",
        "socket=unix:///tmp/f.sock\nsocket_owner=root:nosuchgroup",
        "socket=unix:///tmp/f.sock\nsocket_owner=",
        "socket=unix:///tmp/f.sock\nsocket_backlog=1",
        "socket=unix:///tmp/f.sock\nsocket_backlog=65535",
        "socket=unix:///tmp/f.sock\nsocket_backlog=65536",
        "socket=unix:///tmp/f.sock\nsocket_backlog=0",
        "socket=unix:///tmp/f.sock\nsocket_backlog=many",
        "socket=unix:///tmp/f.sock\nsocket_backlog=",
        "socket=unix:///tmp/f.sock\nuser=nobody",
        "socket=unix:///tmp/f.sock\nuser=root",
        "socket=unix:///tmp/f.sock\nuser=nobody\nsocket_owner=root",
        "socket=unix:///tmp/f.sock\nuser=nosuchuser",
        "socket=unix:///tmp/f.sock\nuser=",
        "socket=tcp://localhost:9000",
        "socket=tcp://LOCALHOST:09000",
        "socket=tcp://127.0.0.1:0",
        "socket=tcp://127.0.0.1:65536",
        "socket=tcp://*:9000",
        "socket=tcp://:9000",
        "socket=tcp://[::1]:9000",
        "socket=tcp://a/b:9000",
        "socket=tcp://a b:9000",
        "socket=tcp://localhost",
        "socket=tcp://localhost:",
        "socket=tcp://localhost:http",
        "socket=tcp://localhost:-1",
        "socket=TCP://localhost:1",
        "socket=tcp://localhost:1\nsocket_mode=0700",
        "socket=tcp://localhost:1\nsocket_owner=root",
        "socket=tcp://localhost:1\nsocket_backlog=5\nuser=nobody",
        "socket=http://localhost:1",
        "socket=localhost:1",
        "socket=/tmp/f.sock",
        "socket=nonsense\nsocket_mode=0700",
        "socket=nonsense\nstartsecs=x",
        "socket=nonsense\npriority=x",
        "socket=unix:///tmp/f.sock\nstartsecs=x",
        "socket=unix:///tmp/f.sock\npriority=5",
        "socket=unix:///tmp/f.sock\nnumprocs=3\nprocess_name=f%(process_num)d\nnumprocs_start=7",
        "socket=unix:///tmp/f.sock\nnumprocs=3",
        "socket=unix:///tmp/f.sock\nredirect_stderr=true\nautorestart=true",
        "socket=unix:///tmp/f.sock\n[eventlistener:f]\ncommand=x\nevents=EVENT\npriority=999",
        "socket=unix:///tmp/f.sock\n[program:f]\ncommand=x\n[group:g]\nprograms=f",
        "[group:g]\nprograms=f\n[program:a]\ncommand=y",
        "startsecs=x\n[group:g]\nprograms=f",
        "socket=nonsense\n[group:g]\nprograms=f\n[group:h]\nprograms=f",
        "socket=unix:///tmp/f.sock\n[group:g]\nprograms=f,nosuch",
    )
]

SERVERS = [
    _server(text)
    for text in (
        "[unix_http_server]",
        "[unix_http_server]\nfile=~/x.sock",
        "[unix_http_server]\nfile= %(here)s/../x.sock\nchmod=0777\nchown=root:root",
        "[unix_http_server]\nfile=x\nchmod=9",
        "[unix_http_server]\nfile=x\nchown=nosuchuser",
        "[unix_http_server]\nfile=x\nchown=root:nosuchgroup",
        "[unix_http_server]\nfile=x\nchown=root",
        "[unix_http_server]\nfile=x\nchown=0:0",
        "[unix_http_server]\nfile=x\nusername=u",
        "[unix_http_server]\nfile=x\npassword=p",
        "[unix_http_server]\nfile=x\nusername=u\npassword=%(here)s",
        "[unix_http_server]\nfile=x\nusername=u\npassword={SHA}00",
        "[unix_http_server:a]\nfile=a\n[unix_http_server:b]\nfile=b\n[inet_http_server]\nport=1",
        "[inet_http_server]",
        "[inet_http_server]\nport=9001",
        "[inet_http_server]\nport=:9001",
        "[inet_http_server]\nport=*:9001",
        "[inet_http_server]\nport=LocalHost:9001",
        "[inet_http_server]\nport=x",
        "[inet_http_server]\nport=",
        "[inet_http_server]\nport=x:",
        "[inet_http_server]\nport=x:y",
        "[inet_http_server]\nport=0",
        "[inet_http_server]\nport=a:0",
        "[inet_http_server]\nport=a:65536",
        "[inet_http_server]\nport=[::1]:9001",
        "[inet_http_server]\nport=%(here)s",
        "[inet_http_server]\nusername=u",
        "[inet_http_server:a]\nport=1\n[inet_http_server:b]\nport=*:2",
        "[inet_http_server_x]\nport=1",
        "[rpcinterface:supervisor]",
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=%(here)s",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no_such:make",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json:no_such",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json:loads.no.such",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json :loads [extra]\nkey=value",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json:loads\nkey=%(ENV_NAME)s",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json:loads\nkey=%(nothing)s",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json;loads",
        "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no_such:make\n[program:a]",
        "[eventlistener:l]\ncommand=x\nevents=EVENT\nresult_handler=json:loads",
        "[eventlistener:l]\ncommand=x\nevents=EVENT\nresult_handler=json",
        "[eventlistener:l]\ncommand=x\nevents=EVENT\nresult_handler=supervisor.dispatchers:default_handler",
        "[eventlistener:l]\ncommand=x\nevents=EVENT\nresult_handler=no_such:handler",
        "[eventlistener:l]\ncommand=x\nevents=EVENT\nresult_handler=json:no_such",
        "[eventlistener:l]\ncommand=x\nresult_handler=json:no_such",
        "[eventlistener:l]\ncommand=x\nevents=NOPE\nresult_handler=json:no_such\nbuffer_size=0",
        "[program:a]\ncommand=x\nserverurl=AUTO\n[unix_http_server]\nfile=/tmp/x\n[inet_http_server]\nport=1",
    )
]

_INCLUDED = (
    "[include]\nfiles=d/*.conf missing/* d\n[supervisord]\nidentifier=%(here)s/m\n[program:m]\ncommand=x %(here)s\n"
)
INCLUDES = [
    Case(
        "include", {"s.conf": _INCLUDED, "d/a.conf": "[program:b]\ncommand=y %(here)s\n[supervisord]\nloglevel=debug\n"}
    ),
    Case(
        "include order",
        {"s.conf": _INCLUDED, "d/b.conf": "[program:m]\npriority=2\n", "d/a.conf": "[program:m]\npriority=1\n"},
    ),
    Case(
        "include inside", {"s.conf": _INCLUDED, "d/a.conf": "[include]\nfiles=e/*\n", "e/x": "[program:e]\ncommand=x\n"}
    ),
    Case("include broken", {"s.conf": _INCLUDED, "d/a.conf": "[program:b]\ncommand\n"}),
    Case("include headless", {"s.conf": _INCLUDED, "d/a.conf": "command=x\n"}),
    Case("include bad value", {"s.conf": _INCLUDED, "d/a.conf": "[program:b]\ncommand=x\nstartsecs=x\n"}),
    Case("include bad value of main", {"s.conf": _INCLUDED, "d/a.conf": "[program:m]\nstartsecs=x\n"}),
    Case(
        "include defaults",
        {"s.conf": "[DEFAULT]\ndirectory=%(here)s\n" + _INCLUDED, "d/a.conf": "[program:b]\ncommand=y\n"},
    ),
    Case(
        "include up", {"s.conf": "[supervisord]\n[include]\nfiles=d/../d/*\n", "d/a": "[program:b]\ncommand=%(here)s\n"}
    ),
    Case("include undecodable", {"s.conf": _INCLUDED, "d/a.conf": "[program:\udcc3]\ncommand=y\n"}),
    _main("include escaped here", "[include]\nfiles=x\n[supervisord]\nidentifier=%%(here)s\n"),
    _main("include without files", "[include]\n[supervisord]\n"),
    _main("include empty", "[include]\nfiles=\n[supervisord]\n"),
    _main("include unknown name", "[include]\nfiles=%(nothing)s\n[supervisord]\n"),
    _main("include names", "[include]\nfiles=%(here)s/x/%(host_node_name)s-%(ENV_NAME)s\n[supervisord]\n"),
]

ARGUMENTS = [
    _arguments(*argv)
    for argv in (
        ("-n", "-s", "-k", "-t"),
        ("--nodaemon", "--silent", "--nocleanup", "--strip_ansi"),
        ("-n", "-n"),
        ("--nodaemon", "-n"),
        ("-c", "x"),
        ("foo", "-n"),
        ("-",),
        ("-x",),
        ("-nx",),
        ("-nu", "root"),
        ("-uroot",),
        ("-u",),
        ("-u", "nosuchuser"),
        ("-u", "987654321"),
        ("--user",),
        ("--user=root", "--umask=077"),
        ("--us", "root"),
        ("--nodaemon=1",),
        ("--log=x",),
        ("--logfil=x",),
        ("--logfile=a.log",),
        ("-l", "/nonexistent/x"),
        ("-l", ""),
        ("-l", "syslog"),
        ("--bogus",),
        ("--m=1",),
        ("-m", "x"),
        ("-d", "/nonexistent"),
        ("-d", "/tmp", "-q", "/tmp"),
        ("-y", "1x"),
        ("-y", "1MB", "-z", "3"),
        ("-z", "x"),
        ("-e", "warning"),
        ("-e", "TRACE"),
        ("-j", "/nonexistent/x"),
        ("-j", "x.pid", "-i", "me"),
        ("-a", "x"),
        ("-a", "7", "--minprocs=8"),
        ("--minprocs", "x"),
        ("--profile_options=callers",),
        ("--profile", "x"),
        ("-h",),
        ("-?",),
        ("-n", "-n", "-h"),
        ("-h", "-n", "-n"),
        ("-e", "x", "--help"),
    )
]

CLIENTS = [
    _client(*arguments)
    for arguments in (
        ("[supervisorctl]\n",),
        ("[supervisord]\n",),
        (
            "[supervisorctl]\nserverurl=unix://%(here)s/../x.sock\nusername=u\npassword=p\nprompt=q\nhistory_file=%(here)s/h\n",
        ),
        ("[supervisorctl]\nserverurl=unix://~/x\nhistory_file=~/h\n",),
        ("[supervisorctl]\nserverurl=nonsense\nhistory_file=\n", "status"),
        ("[supervisorctl]\nserverurl=%(ENV_NAME)s\n", "-i", "status", "-x"),
        ("[supervisorctl]\nprompt=%(here)s\n",),
        ("[supervisorctl]\nusername=%(nothing)s\n",),
        (
            "[supervisorctl]\nserverurl=http://a\n",
            "-s",
            "http://b:1",
            "-u",
            "me",
            "-p",
            "secret",
            "-r",
            "h",
            "stop",
            "all",
        ),
        ("[supervisorctl]\n", "-s", "a:b"),
        ("[supervisorctl]\n", "-s", "nope"),
        ("[supervisorctl]\n", "-s", "http://[x"),
        ("[supervisorctl]\n", "--serverurl"),
        ("[supervisorctl]\n", "-n"),
        ("[supervisorctl]\n", "--interactive", "--interactive"),
        ("[supervisorctl]\n[ctlplugin:x]\n",),
        ("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=no_such:make\n",),
        ("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=json:no_such\n",),
        ("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=json:loads\nkey=%(nothing)s\n", "status"),
        ("[supervisorctl]\n[ctlplugin:x]\nsupervisor.ctl_factory=json:loads\nkey=1\n", "status"),
        ("[include]\nfiles=nothing\n[supervisorctl]\n",),
        ("[supervisorctl]\n", "-h"),
    )
] + [
    Case("client without a file", {}, ("status",), client=True),
    Case("client with a missing file", {}, ("-c", "no.conf", "status"), client=True),
]

CASES = [*GRAMMAR, *DAEMON, *PROGRAM, *ENVIRONMENTS, *GROUPS, *FASTCGI, *SERVERS, *INCLUDES, *ARGUMENTS, *CLIENTS]

"""What people and scripts do with supervisorctl, right and wrong (supervisord-4.3 §7, §12.1, §12.6)."""

from __future__ import annotations

from tests.conformance.ctl_steps import Edit, Run, Scenario, Touch, Wait, WaitForEnd, WaitForFile, run

CAT = "\n[program:cat]\ncommand = /bin/cat\nstartsecs = 0\n"
MANY = """
[program:many]
command = /bin/sleep 600
process_name = %(program_name)s_%(process_num)d
numprocs = 2
startsecs = 0
"""
PAIR = """
[program:left]
command = /bin/sleep 600
startsecs = 0
[program:right]
command = /bin/sleep 600
startsecs = 0
autostart = false
[group:pair]
programs = left, right
"""
MANUAL = "\n[program:manual]\ncommand = /bin/sleep 600\nautostart = false\nstartsecs = 0\n"
BROKEN = """
[program:missing]
command = /nonexistent/command
startretries = 0
[program:unexecutable]
command = /etc/passwd
autostart = false
[program:nowhere]
command = /bin/true
directory = /nonexistent
autostart = false
startretries = 0
[program:hasty]
command = /bin/sh -c "exit 3"
autostart = false
startretries = 0
"""
DONE = "\n[program:done]\ncommand = /bin/true\nstartsecs = 0\nautorestart = false\n"
LONG = "\n[program:a-program-with-a-name-of-forty-characters]\ncommand = /bin/sleep 600\nstartsecs = 0\n"
TALKER = """
[program:talker]
command = /bin/sh -c "echo first line; printf 'zweite Zeile: \\303\\244\\n' >&2; printf 'last & <least>'; exec sleep 600"
startsecs = 0
stdout_logfile = %(here)s/talker.out
stderr_logfile = %(here)s/talker.err
[program:silent]
command = /bin/sleep 600
startsecs = 0
stdout_logfile = NONE
stderr_logfile = NONE
"""
# ends on TERM only when told to by a file, so that a shutdown takes as long as a test needs
STUBBORN = """
[program:stubborn]
command = /bin/sh -c "trap '' TERM; echo up; while [ ! -e release ]; do sleep 0.1; done"
directory = %(here)s
startsecs = 0
autorestart = false
stopwaitsecs = 600
stdout_logfile = %(here)s/stubborn.out
"""

_ALL_UP = [Wait("cat", ["RUNNING"]), Wait("many:many_1", ["RUNNING"]), Wait("pair:left", ["RUNNING"])]

STATUS = Scenario(
    CAT + MANY + PAIR + MANUAL + BROKEN + DONE,
    [
        *_ALL_UP,
        Wait("missing", ["FATAL"]),
        Wait("done", ["EXITED"]),
        *run("status", "status all", "status cat", "status nope", "status many:*", "status many:", "status nope:*"),
        *run("status many", "status cat nope many:many_0", "status cat all nope", "status cat cat", "status manual"),
        *run(
            "status nope done", "status done nope", "status many:nope", "status many:many_0:x", "status :", "status *"
        ),
        *run("status  cat   many:*", "status missing", "stop cat", "status cat", "status :cat"),
    ],
)
WIDE = Scenario(LONG + CAT, [Wait("cat", ["RUNNING"]), *run("status", "status cat", "avail")])
START = Scenario(
    CAT + MANY + PAIR + MANUAL + BROKEN,
    [
        *_ALL_UP,
        Wait("missing", ["FATAL"]),
        *run("start"),
        *run("start cat", "start nope", "start nope:*", "start nope:x", "start many:*", "start many", "start pair:*"),
        *run("start missing", "start unexecutable", "start nowhere", "start hasty", "start manual", "start manual cat"),
        *run("status manual hasty unexecutable", "start nope manual", "start many:many_0", "start missing nope:*"),
        *run("start nope:* missing"),
        *run("start all", look="sorted"),
        *run("status"),
    ],
)
STOP = Scenario(
    CAT + MANY + PAIR + MANUAL,
    [
        *_ALL_UP,
        *run("stop"),
        *run(
            "stop nope", "stop nope:*", "stop manual", "stop many:many_0", "status many:*", "stop many:*", "stop many:*"
        ),
        *run("stop cat nope", "stop nope cat", "stop manual nope:*"),
        *run("start many:*", "stop all", "stop all", look="sorted"),
        *run("status"),
    ],
)
RESTART = Scenario(
    CAT + MANY + PAIR + MANUAL,
    [
        *_ALL_UP,
        *run("restart"),
        *run("restart cat", "restart nope", "restart nope:*", "restart manual", "restart cat nope", "restart nope cat"),
        *run("restart many:*", "restart pair:*", "restart all", look="sorted"),
        *run("status"),
    ],
)
SIGNAL = Scenario(
    CAT + MANY + MANUAL + PAIR,
    [
        *_ALL_UP,
        *run("signal", "signal HUP"),
        *run(
            "signal SIGCONT cat",
            "signal cont cat",
            "signal 18 cat",
            "signal 0 cat",
            "signal NOPE cat",
            "signal 999 cat",
        ),
        *run("signal HUP manual", "signal HUP nope", "signal HUP nope:*", "signal CONT many:*", "signal CONT all"),
        *run("signal NOPE many:*", "signal CONT cat nope manual", "signal CONT pair:*", "signal CONT cat:*"),
        *run("signal NOPE all", "signal -1 cat", "signal CONT nope cat"),
    ],
)
PID = Scenario(
    CAT + MANY + MANUAL,
    [
        Wait("cat", ["RUNNING"]),
        Wait("many:many_1", ["RUNNING"]),
        *run(
            "pid", "pid cat", "pid nope", "pid manual", "pid all", "pid cat many:many_0", "pid cat nope", "pid nope cat"
        ),
        *run("pid many", "pid many:*", "pid manual cat", "version", "version now"[:7]),
        *run("version now"),
    ],
)
LOGS = Scenario(
    TALKER + CAT + MANUAL,
    [
        Wait("cat", ["RUNNING"]),
        WaitForFile("talker.out", 25),
        WaitForFile("talker.err", 17),
        *run("tail", "tail a b c d"),
        *run("tail talker", "tail talker stdout", "tail talker stderr", "tail talker STDERR", "tail -5 talker"),
        *run("tail -0 talker", "tail -1000000 talker", "tail -8 talker stderr", "tail --5 talker", "tail -f"),
        *run(
            "tail -x talker",
            "tail - talker",
            "tail -5",
            "tail talker nope",
            "tail nope",
            "tail silent",
            "tail talker:*",
        ),
        *run("tail -99999999999 talker", "tail talker extra stderr", "tail silent stderr", "tail nope nope"),
        *run("tail cat", "tail manual", "tail -1_0 talker", "tail -f nope", "tail -f silent", "tail -f talker nope"),
        Run(["tail", "-f", "talker"], until="<least>"),
        Run(["tail", "-f", "talker", "stderr"], until="\u00e4\n"),
        Run(["tail", "talker"], env=[("PYTHONIOENCODING", "latin-1")]),
        *run("maintail a b"),
        *run("maintail -x", "maintail nope", "maintail -"),
        *run("maintail", "maintail -100", "maintail --1", look="code"),
        Run(["maintail", "-f"], "first", until="spawned: 'cat'"),
        *run("clear"),
        *run("clear nope", "clear nope:x", "clear nope:*", "clear cat:*", "clear talker", "tail talker"),
        *run("clear talker nope silent", "clear all"),
    ],
)
CONFIG = Scenario(
    CAT + MANY + MANUAL,
    [
        Wait("cat", ["RUNNING"]),
        Wait("many:many_1", ["RUNNING"]),
        *run("reread x", "avail x"),
        *run("avail", "reread", "update", "add", "remove", "add cat", "add nope", "remove cat", "remove nope"),
        Edit("[program:manual]", "[program:fresh]\ncommand = /bin/sleep 600\nstartsecs = 0\n[program:manual]"),
        Edit("command = /bin/cat", "command = /bin/cat -u"),
        Edit("[program:many]", "[program:few]"),
        *run("reread", "avail", "status", "add fresh", "add fresh nope cat", "update nope", "update few"),
        *run(
            "status few:*",
            "update manual nope",
            "update all",
            "update",
            "reread",
            "status",
            "stop fresh",
            "remove fresh",
        ),
        *run("remove fresh cat", "update cat", "add fresh", "add all", "remove all"),
        Edit("command = /bin/cat -u", "command = /bin/cat -u -u\nautostart = maybe"),
        *run("reread", "update", "avail"),
        Edit("autostart = maybe", "autostart = true"),
        *run("update cat fresh", "status cat"),
    ],
)
WORDS = Scenario(
    CAT,
    [
        Wait("cat", ["RUNNING"]),
        *run("help", "help nope", "help start stop", "?", "?nope", "!sh", "nope", "nope cat", "status-cat", "statuses"),
        *run("quit", "exit", "EOF", "quit now", "shell", "-", "=", "fg cat cat", "fg nope", "open", "open cat"),
        *run("open https://localhost", "open unix://{dir}/s.sock", "open unix:///nonexistent/socket", "open http:x"),
        *run("help start", "help status", "?tail", "help help", "help maintail", "help clear", "help exit", "help add"),
        *run("fg", "shutdown now", "reload now"),
        Run([""]),
        Run([" "]),
        Run(["start cat"]),
        Run(["status", "cat nope"]),
        *run("stop cat", "fg cat"),
    ],
)
_LINES = "help nope\n\nfoo bar\n  pid \nstop cat\nstart\nversion\nshutdown\nn\nreload\n\nquit\nnever\n"
SHELL = Scenario(
    CAT + MANUAL,
    [
        Wait("cat", ["RUNNING"]),
        Run([], stdin=_LINES.replace("start\n", "")),
        Run([], stdin="open unix:///nonexistent/socket\nstatus\nopen unix://{dir}/s.sock\nexit\n"),
        Run([], stdin=""),
        Run(["-i"], stdin="status cat\nEOF\n"),
        Run(["-i", "status", "cat"], stdin="never read\n"),
        Run(["-i", "shutdown"], stdin="no\n"),
        Run(["-i", "shutdown"], stdin=""),
        Run(["-i", "reload"], stdin="N\n"),
    ],
    client="prompt = the prompt",
)
NOBODY = Scenario(
    CAT,
    [
        *run("-s unix://{dir}/none status", "-s unix://{dir}/none start cat", "-s unix://{dir}/none stop cat"),
        *run("-s unix://{dir}/none pid", "-s unix://{dir}/none version", "-s unix://{dir}/none tail cat"),
        *run("-s unix://{dir}/none maintail -f", "-s unix://{dir}/none shutdown", "-s unix://{dir}/none reload"),
        *run("-s unix://{dir}/none reread", "-s unix://{dir}/none update", "-s unix://{dir}/none avail"),
        *run("-s unix://{dir}/none add cat", "-s unix://{dir}/none add", "-s unix://{dir}/none remove cat"),
        *run("-s unix://{dir}/none clear all", "-s unix://{dir}/none signal", "-s unix://{dir}/none restart"),
        *run("-s unix://{dir}/none fg cat", "-s unix://{dir}/none help nope", "-s unix://{dir}/none nope"),
        *run("-s unix://{dir}/supervisord.conf status", "-s unix://{dir}/supervisord.conf shutdown"),
        *run("-s unix://{dir} pid", "-s http://127.0.0.1:1 status", "-s http://127.0.0.1:1 shutdown"),
        *run(
            "-s http://localhost:1 pid", "-s http://127.0.0.1:1 reload", "-s https://127.0.0.1:1 status", "-s a:b pid"
        ),
        *run("-s http://127.0.0.1:x pid", "-s ftp://x shutdown", "-s http://no.such.host.invalid. status"),
        Run(["-s", "unix://{dir}/none"], stdin="pid\nversion\n"),
    ],
)
AUTH = Scenario(
    CAT + TALKER,
    [
        Wait("cat", ["RUNNING"]),
        *run("-u user -p secret status", "-u user -p wrong status", "-u user status", "-p secret status", "status"),
        *run("-u user -p wrong reread", "-u user -p wrong shutdown", "-u user -p wrong open unix://{dir}/s.sock"),
        *run("-u user -p wrong fg cat", "-u user -p wrong maintail -f", "-u nobody -p secret pid"),
        WaitForFile("talker.out", 25),
        Run(["-u", "user", "-p", "secret", "tail", "-f", "talker"], until="<least>"),
    ],
    server="username = user\npassword = secret",
)
KNOWN = Scenario(
    CAT,
    [
        Wait("cat", ["RUNNING"]),
        *run("status", "pid cat", "tail cat", "-u user status", "-p nope status"),
        Run([], stdin="status\nstop cat\n"),
    ],
    server="username = user\npassword = {SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
    client="username = user\npassword = secret",
)
INET = Scenario(
    CAT + TALKER,
    [
        Wait("cat", ["RUNNING"]),
        WaitForFile("talker.out", 25),
        *run(
            "-s http://127.0.0.1:{port} status",
            "-s http://localhost:{port}/ pid cat",
            "-s http://127.0.0.1:{port} nope",
        ),
        *run("-s http://127.0.0.1:{port} -u user -p wrong status", "-s HTTP://127.0.0.1:{port} pid"),
        *run("open http://127.0.0.1:{port}", "-s http://127.0.0.1:{port} tail -f nope"),
        Run(["-s", "http://127.0.0.1:{port}", "tail", "-f", "talker"], until="<least>"),
    ],
    server="[inet_http_server]\nport = 127.0.0.1:{port}\nusername = user\npassword = secret",
    client="username = user\npassword = secret",
)
OPTIONS = Scenario(
    CAT,
    [
        Wait("cat", ["RUNNING"]),
        *run("-c {dir}/none status", "-x", "-s", "-s nope status", "-s http: status", "-c a -c b status"),
        *run(
            "-s a:b -s a:b pid", "--serverurl=unix://{dir}/s.sock pid", "--conf={dir}/none pid", "--nope", "--s=a:b pid"
        ),
        *run("-i -i status", "-u a -u a status", "--interactive=1 status", "-r {dir}/history pid", "--p=x pid"),
        *run("-c {dir}/main.conf status"),
        *run("-h", "--help", "-?", "-h -x", look="code"),
        Edit("[supervisorctl]", "[supervisorctl_not]"),
        *run("status"),
        Edit("[supervisorctl_not]", "[supervisorctl]\nprompt = %(nope)s"),
        *run("status"),
        Edit("prompt = %(nope)s", "prompt = 100%"),
        *run("status"),
        Edit("prompt = 100%", "prompt = %(ENV_LANG)s%%"),
        Run([], stdin="quit\n"),
        Edit("serverurl = unix://%(here)s/s.sock", "serverurl = unix://s.sock"),
        *run("pid"),
        Edit("serverurl = unix://s.sock", "serverurl = nonsense"),
        *run("pid", "-s unix://{dir}/s.sock pid"),
    ],
)
_WHILE_STOPPING = [
    *run("status", "start cat", "start", "stop cat", "restart cat", "signal HUP cat", "pid", "pid cat", "version"),
    *run("tail cat", "maintail", "clear cat", "clear all", "fg cat", "reread", "update", "avail", "add cat", "add"),
    *run("remove cat", "shutdown", "reload", "start all", "stop many:*", "open unix://{dir}/s.sock"),
]
SHUTDOWN = Scenario(
    STUBBORN + CAT + MANY,
    [
        Wait("stubborn", ["RUNNING"]),
        WaitForFile("stubborn.out", 3),
        *run("shutdown"),
        *_WHILE_STOPPING,
        Touch("release"),
        WaitForEnd(),
        *run("shutdown", "status", "reload", "pid"),
    ],
)
RELOAD = Scenario(
    STUBBORN + CAT,
    [
        Wait("stubborn", ["RUNNING"]),
        WaitForFile("stubborn.out", 3),
        *run("reload", "reload", "shutdown x"[:8]),
        Touch("release"),
        Wait("stubborn", ["EXITED"]),
        *run("status"),
    ],
)
WITHOUT_RPC = Scenario(
    CAT,
    run("status", "pid", "start cat", "reread", "shutdown", "reload", "add cat", "open unix://{dir}/s.sock"),
    frame="""
[unix_http_server]
file = %(here)s/s.sock
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/s.pid
childlogdir = %(here)s
[supervisorctl]
serverurl = unix://%(here)s/s.sock
""",
)

SCENARIOS = {name.lower(): value for name, value in list(globals().items()) if isinstance(value, Scenario)}

"""What `-h` prints: one line a flag, in the order people look for them. Imported only then."""

from __future__ import annotations

DAEMON = """\
usage: {program} [options] [-- CMD [ARG...]]
       {program} check [options] [FILE...]
       {program} health [options] [NAME...]

Run and supervise the programs of a configuration file, check such files (`{program} check -h`), or ask whether all is well
(`{program} health -h`).

  -c, --configuration FILE      read this file; without it the usual places are searched
  -n, --nodaemon                stay in the foreground
  -s, --silent                  in the foreground, do not repeat the log on standard output
  -h, --help                    show this text and exit
  -v, --version                 show the version and exit

These override the option of the same name in [supervisord]:

  -u, --user USER               become this user (name or number) after the start
  -m, --umask OCTAL             file creation mask of the daemon (022)
  -d, --directory DIR           change to this directory when daemonizing
  -l, --logfile FILE            main log (supervisord.log)
  -y, --logfile_maxbytes SIZE   rotate the main log at this size, such as 50MB; 0 never
  -z, --logfile_backups N       how many rotated logs to keep (10)
  -e, --loglevel LEVEL          critical, error, warn, info, debug, trace or blather (info)
  -j, --pidfile FILE            where to write the process id (supervisord.pid)
  -i, --identifier NAME         name of this instance (supervisor)
  -q, --childlogdir DIR         where AUTO logs of programs go (the temporary directory)
  -k, --nocleanup               keep the AUTO logs of an earlier run
  -a, --minfds N                file descriptors to ask the system for (1024)
  --minprocs N                  processes to ask the system for (200)
  -t, --strip_ansi              remove ANSI escape sequences from program output
  --profile_options LIST        accepted without effect

Of ours alone:

  --record FILE                 write down what the system answers, for `initd-sim replay`; holds secrets
"""

CHECK = """\
usage: {program} check [options] [FILE...]

Tell everything that is wrong with configuration files; without FILE, with the one that {program} would read. Nothing is
started, opened or written. Exit status: 0 without errors, 1 with warnings and --strict, 2 with errors.

  --strict                      exit with 1 if there are warnings
  --json                        for editors and CI: one object, described in docs/diagnostics.md
  --color WHEN                  auto, always or never (auto: on a terminal)
  -c, --configuration FILE      the same as FILE
  -h, --help                    show this text and exit
"""

HEALTH = """\
usage: initd health [options] [NAME...]

Ask a running daemon, for HEALTHCHECK and exec probes, and print one line. Exit status: 0 for healthy, 1 for everything else, a
wrong call or a configuration that cannot be read included. Healthy is a daemon that answers, is not on its way down,
and has given up no program (FATAL); with NAME (PROGRAM, GROUP:PROGRAM or GROUP:*) these must be RUNNING instead.

  --programs                    every program must be RUNNING
  --alive                       the daemon must answer, whatever becomes of its programs
  -t, --timeout SECONDS         unhealthy without an answer by then (5)
  -c, --configuration FILE      ask the server of this file; without it the usual places are searched
  -s, --serverurl URL           ask there, http://host:port or unix:///path, and read no file
  -u, --username NAME           user name for the server, if not the one in the file
  -p, --password PASSWORD       its password
  -h, --help                    show this text and exit
"""

CLIENT = """\
usage: {program} [options] [action [arguments]]

Ask a running daemon; without an action, read actions from a prompt.

  -c, --configuration FILE      read [supervisorctl] of this file; without it the usual places are searched
  -s, --serverurl URL           where the daemon listens, http://host:port or unix:///path
  -u, --username NAME           user name for the server
  -p, --password PASSWORD       password for the server
  -i, --interactive             ask before actions that need it
  -r, --history_file FILE       accepted without effect; set history_file in [supervisorctl]
  -h, --help                    show this text and exit

The action `help` lists the actions.
"""


def daemon_help(program: str) -> str:
    """The daemon's help for a program called so."""
    return DAEMON.format(program=program)


def check_help(program: str) -> str:
    """What `check` says about itself."""
    return CHECK.format(program=program)


def client_help(program: str) -> str:
    """The client's help for a program called so."""
    return CLIENT.format(program=program)

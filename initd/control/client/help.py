"""What `help` says (supervisord-4.3 §7.3); the layout of the list is supervisorctl's, the words are ours."""

from __future__ import annotations

from initd.control.client.session import VERBS, Session

_TOPICS = {
    "add": "add GROUP...                   Start supervising groups that the last reread found",
    "avail": "avail                          List every configured process, supervised or not",
    "clear": (
        "clear NAME...                  Empty the logs of processes\n"
        "clear all                      Empty the logs of all processes"
    ),
    "exit": "exit                           Leave the shell",
    "fg": "fg NAME                        See a process's output and type its input; Ctrl-C leaves",
    "maintail": (
        "maintail                       Show the last 1600 bytes of the supervisor's own log\n"
        "maintail -BYTES                Show the last BYTES bytes of it\n"
        "maintail -f                    Follow it; Ctrl-C leaves"
    ),
    "open": "open URL                       Talk to another supervisor: http://HOST:PORT or unix:///PATH",
    "pid": (
        "pid                            Show the supervisor's pid\n"
        "pid NAME...                    Show the pids of processes, one a line\n"
        "pid all                        Show the pids of all processes, one a line"
    ),
    "quit": "quit                           Leave the shell",
    "reload": "reload                         Stop everything and start over with the configuration on disk",
    "remove": "remove GROUP...                Stop supervising groups whose processes are down",
    "reread": "reread                         Read the configuration again and say what changed; applies nothing",
    "restart": (
        "restart NAME...                Stop processes, then start them\n"
        "restart GROUP:*                The same for the processes of a group\n"
        "restart all                    The same for all processes\n"
        "The configuration is not read again; reread and update do that."
    ),
    "shutdown": "shutdown                       Stop all processes and the supervisor",
    "signal": (
        "signal SIGNAL NAME...          Send a signal, by name or number, to processes\n"
        "signal SIGNAL GROUP:*          Send it to the processes of a group\n"
        "signal SIGNAL all              Send it to all processes"
    ),
    "start": (
        "start NAME...                  Start processes\n"
        "start GROUP:*                  Start the processes of a group\n"
        "start all                      Start all processes"
    ),
    "status": (
        "status                         Show all processes\n"
        "status NAME...                 Show some processes\n"
        "status GROUP:*                 Show the processes of a group"
    ),
    "stop": (
        "stop NAME...                   Stop processes\n"
        "stop GROUP:*                   Stop the processes of a group\n"
        "stop all                       Stop all processes"
    ),
    "tail": (
        "tail NAME [stdout|stderr]      Show the last 1600 bytes of a process's log, stdout unless told\n"
        "tail -BYTES NAME [...]         Show the last BYTES bytes of it\n"
        "tail -f NAME [...]             Follow it; Ctrl-C leaves"
    ),
    "update": (
        "update                         Reread, then stop, restart and start groups as the changes ask\n"
        "update GROUP...                The same for some groups only"
    ),
    "version": "version                        Show the version of the supervisor",
    "help": "help                           List the actions\nhelp ACTION                    Explain one",
}


def usage(verb: str) -> str:
    """How a verb is used, without a final newline."""
    return _TOPICS[verb]


def do_help(session: Session, argument: str) -> None:
    """`help`, `help VERB`."""
    if argument in _TOPICS:
        session.say(usage(argument))
    elif argument:
        session.say(f"*** No help on {argument}")
    else:
        import cmd

        session.say("")
        verbs = sorted(verb for verb in VERBS if verb not in ("help", "EOF"))
        cmd.Cmd(stdout=session.out).print_topics("default commands (type help <topic>):", verbs, 15, 80)

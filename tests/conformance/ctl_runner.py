"""Runs a client many times for the price of one start: loads it, then forks for each call it reads from standard input.

A request is a line of JSON: the words, the paths of the files to use as the three standard streams, and whether root is to
become nobody. The answer is a line with the exit code. The directory and the environment are those of this program.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    module, *preloaded = sys.argv[1:]
    client = importlib.import_module(module)
    for name in preloaded:
        importlib.import_module(name)
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            for fd, path in enumerate(request["streams"]):
                opened = os.open(path, os.O_RDWR)
                os.dup2(opened, fd)
                os.close(opened)
            if request["nobody"] and os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            sys.stdin = open(0, closefd=False)  # the old one may have read ahead
            sys.argv = [module, *request["words"]]
            sys.exit(client.main())
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()

"""Campaigns on many machines: ranges of seeds on an existing `dask.distributed` cluster.

A range is keyed by (commit, profile, stage, model, range). Its result stays on the cluster, published under that key, so who
asks again gets what the cluster has or is working on, and an interrupted campaign goes on where it was. At the first failure
what has not begun is cancelled. The workers must run this very code; the extra `scale` brings the client.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from functools import cache

import initd
from initd.errors import InitdError
from sim.campaign import CHUNK, Failure, Result, run_seeds, together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MISSING = "--dask needs dask.distributed: pip install 'initd-supervisor[scale]'"


class ScaleError(InitdError):
    """The cluster cannot be used; the text says what to do."""


@cache
def commit() -> str:
    """What code this process runs: the commit of the checkout and a hash of what was changed since, or the installed version.

    The first answer is kept: a worker goes on running what it has imported when the checkout below it moves.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    try:
        head = subprocess.run(["git", "-C", here, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "-C", here, "diff", "HEAD"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return str(initd.__version__)
    dirt = f"+{hashlib.sha256(changed.stdout).hexdigest()[:12]}" if changed.stdout else ""
    return head.stdout.strip()[:12] + dirt


def key(commit: str, profile: str, stage: str, model: bool, first: int, last: int) -> str:
    """The name of a range on the cluster."""
    return f"initd-sim-{commit}-{profile}-{stage}-{'model' if model else 'alone'}-{first}-{last}"


def campaign(
    address: str,
    first: int,
    last: int,
    profile: str,
    stage: str = "core",
    model: bool = True,
    progress: Callable[[int], None] = lambda done: None,
    size: int = CHUNK,
) -> Result:
    """As `sim.campaign.campaign`, on the cluster at that address; ranges cancelled by a failure count as unknown.

    ScaleError without dask.distributed or without a cluster.
    """
    distributed = _distributed()
    began = time.perf_counter()
    try:
        client = distributed.Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ScaleError(f"no cluster at {address}: {error}") from error
    with client:
        code = commit()
        _same_code(client, address, code)
        published = set(client.list_datasets())
        pending: dict[str, Any] = {}
        for start in range(first, last, size):
            end = min(start + size, last)
            name = key(code, profile, stage, model, start, end)
            if name in published:
                pending[name] = client.get_dataset(name)
            else:
                pending[name] = client.submit(run_seeds, start, end, profile, stage, model, key=name, pure=True)
        results = _gather(distributed, client, pending, published, progress)
    done = sum(each.total for each in results)
    result = together(results).replace(seconds=time.perf_counter() - began)
    return result.replace(unknown=result.unknown + (last - first - done))


def _same_code(client: Any, address: str, code: str) -> None:
    """ScaleError unless the cluster has workers, and each would play with the code of this process."""
    answers = client.run(commit, on_error="return")
    if not answers:
        raise ScaleError(f"the cluster at {address} has no workers")
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, ModuleNotFoundError):
            raise ScaleError(f"worker {worker} cannot import {answer.name}: install initd-supervisor on it")
        if answer != code:
            raise ScaleError(f"worker {worker} runs {answer}, expected {code}: install that on it and start it again")


def _gather(
    distributed: Any, client: Any, pending: dict[str, Any], published: set[str], progress: Callable[[int], None]
) -> list[Result]:
    """The results in the order of their ranges, up to the first failure."""
    finished: dict[str, Result] = {}
    for future in distributed.as_completed(list(pending.values()), loop=client.loop):
        if future.status == "cancelled":
            continue
        result = finished[future.key] = _result(future)
        if result.clean and future.key not in published:
            client.publish_dataset(future, name=future.key, override=True)
        progress(sum(each.total for each in finished.values()))
        if not result.clean:
            client.cancel([each for name, each in pending.items() if name not in finished], force=True)
            break
    return [finished[name] for name in pending if name in finished]


def _result(future: Any) -> Result:
    """What came of a range; one whose workers died again and again is unknown from its first seed on."""
    if future.status == "finished":
        result: Result = future.result()
        return result
    first, last = map(int, future.key.split("-")[-2:])
    reason = f"cluster unknown: {future.exception()!r}"
    return Result(0, 0, last - first, 0, "", (Failure(first, (reason,), True, ""),))


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ScaleError(MISSING) from None
    return distributed

"""Campaigns on many machines: ranges of seeds on an existing `dask.distributed` cluster.

A range is keyed by (commit, profile, stage, model, range), so who submits it again gets the result that the cluster has
or is working on. At the first failure what has not begun is cancelled. The workers must have this very package; the extra
`scale` brings the client.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import time

import initd
from initd.errors import InitdError
from sim.campaign import CHUNK, Result, run_seeds, together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MISSING = "--dask needs dask.distributed: pip install 'initd-supervisor[scale]'"


class ScaleError(InitdError):
    """The cluster cannot be used; the text says what to do."""


def commit() -> str:
    """What code this is: the commit of the checkout and a hash of what was changed since, or the installed version."""
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
    model: bool = False,
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
        pending: dict[str, Any] = {}
        for start in range(first, last, size):
            end = min(start + size, last)
            name = key(code, profile, stage, model, start, end)
            pending[name] = client.submit(run_seeds, start, end, profile, stage, model, key=name, pure=True)
        results = _gather(distributed, client, pending, progress)
    done = sum(each.total for each in results)
    result = together(results).replace(seconds=time.perf_counter() - began)
    return result.replace(unknown=result.unknown + (last - first - done))


def _gather(distributed: Any, client: Any, pending: dict[str, Any], progress: Callable[[int], None]) -> list[Result]:
    """The results in the order of their ranges, up to the first failure."""
    finished: dict[str, Result] = {}
    for future in distributed.as_completed(list(pending.values()), loop=client.loop):
        if future.status == "cancelled":
            continue
        result = finished[future.key] = future.result()
        progress(sum(each.total for each in finished.values()))
        if not result.clean:
            client.cancel([each for name, each in pending.items() if name not in finished], force=True)
            break
    return [finished[name] for name in pending if name in finished]


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ScaleError(MISSING) from None
    return distributed

from __future__ import annotations

import _thread
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from initd.kernel import linux_workers
from initd.kernel.linux import LinuxKernel
from initd.kernel.linux_files import LinuxFiles
from initd.kernel.port import Completion, Files
from tests.unit.kernel.launching import PATIENCE_NS, SECOND_NS, threads, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Gate:
    """Something operations hang at until the test lets them go."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.reached: list[str] = []

    def hang(self, name: str) -> Any:
        def operation(_files: Files) -> str:
            self.reached.append(name)
            assert self.event.wait(60)
            return name

        return operation


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.event.set()


def completions(kernel: LinuxKernel, count: int) -> list[Completion]:
    """The next so many completions, in order."""
    got: list[Completion] = []

    def enough(_ready: object) -> bool:
        got.extend(kernel.take_completions())
        return len(got) >= count

    wait_until(kernel, enough)
    return got


def test_a_completion_ends_a_wait_without_deadline_and_carries_the_value(kernel: LinuxKernel) -> None:
    token = kernel.submit("a", lambda files: files.size("/proc/self/exe") > 0)
    assert kernel.poll(None) == []
    assert kernel.take_completions() == [Completion(token, True)]
    assert kernel.take_completions() == []


def test_a_completion_that_nobody_has_taken_lets_no_wait_begin(kernel: LinuxKernel) -> None:
    kernel.submit("a", lambda _: None)
    for _ in range(3):
        assert kernel.poll(None) == []
    assert len(kernel.take_completions()) == 1


def test_an_error_is_the_answer(kernel: LinuxKernel) -> None:
    token = kernel.submit("a", lambda files: files.read_file("/nowhere"))
    (completion,) = completions(kernel, 1)
    assert (completion.token, completion.value) == (token, None)
    assert isinstance(completion.error, FileNotFoundError)


@pytest.mark.parametrize("operation", [lambda _: sys.exit(3), lambda _: _thread.exit()])
def test_an_operation_that_wants_out_is_an_error_and_its_lane_goes_on(kernel: LinuxKernel, operation: Any) -> None:
    kernel.submit("a", operation)
    kernel.submit("a", lambda _: "next")
    first, second = completions(kernel, 2)
    assert "SystemExit" in str(first.error)
    assert second.value == "next"


def test_one_lane_keeps_its_order_and_runs_one_at_a_time(kernel: LinuxKernel) -> None:
    running: list[int] = []
    order: list[int] = []

    def operation(number: int) -> Any:
        def run(_files: Files) -> int:
            running.append(number)
            assert running == [number]
            order.append(number)
            running.remove(number)
            return number

        return run

    tokens = [kernel.submit("a", operation(number)) for number in range(200)]
    got = completions(kernel, 200)
    assert [completion.error for completion in got] == [None] * 200
    assert order == list(range(200)) == [completion.value for completion in got]
    assert [completion.token for completion in got] == tokens


def test_a_hung_lane_holds_up_its_own_operations_only(kernel: LinuxKernel, gate: Gate) -> None:
    kernel.submit("hung", gate.hang("hung"))
    kernel.submit("hung", lambda _: "behind")
    for number in range(20):
        kernel.submit(f"free {number % 5}", lambda _, number=number: number)
    got = {completion.value for completion in completions(kernel, 20)}
    assert got == set(range(20))
    gate.event.set()
    assert [completion.value for completion in completions(kernel, 2)] == ["hung", "behind"]


def test_however_many_lanes_hang_another_gets_through(kernel: LinuxKernel, gate: Gate) -> None:
    for number in range(20):
        kernel.submit(f"hung {number}", gate.hang(str(number)))
    token = kernel.submit("free", lambda _: "through")
    assert completions(kernel, 1) == [Completion(token, "through")]
    assert len(gate.reached) == 20


def test_a_wait_without_deadline_sees_to_the_threads_that_are_needed(kernel: LinuxKernel, gate: Gate) -> None:
    for number in range(linux_workers.KEPT_THREADS + 2):
        kernel.submit(f"hung {number}", gate.hang(str(number)))
    token = kernel.submit("free", lambda _: "through")
    assert kernel.poll(None) == []
    assert kernel.take_completions() == [Completion(token, "through")]


def test_threads_that_are_idle_beyond_a_few_end(kernel: LinuxKernel, gate: Gate) -> None:
    before = threads()
    for number in range(15):
        kernel.submit(f"lane {number}", gate.hang(str(number)))
    wait_until(kernel, lambda _: len(gate.reached) == 15)
    assert threads() == before + 15
    gate.event.set()
    completions(kernel, 15)
    deadline = kernel.mono() + PATIENCE_NS
    while threads() > before + linux_workers.KEPT_THREADS:
        assert kernel.mono() < deadline
    assert threads() == before + linux_workers.KEPT_THREADS
    kernel.submit("again", lambda _: "runs")
    assert completions(kernel, 1)[0].value == "runs"


def test_a_burst_of_quick_work_breeds_few_threads(kernel: LinuxKernel) -> None:
    before = threads()
    for number in range(100):
        kernel.submit(f"lane {number}", lambda _: None)
    assert threads() <= before + linux_workers.KEPT_THREADS
    completions(kernel, 100)


def test_nothing_wakes_the_loop_while_a_lane_hangs(kernel: LinuxKernel, gate: Gate) -> None:
    kernel.submit("hung", gate.hang("hung"))
    kernel.submit("hung", lambda _: "behind")
    wait_until(kernel, lambda _: bool(gate.reached))
    assert kernel._workers.start_due_ns() is None


def test_a_refused_thread_is_asked_for_again_later(
    kernel: LinuxKernel, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any) -> int:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(_thread, "start_new_thread", refuse)
        patched.setattr(linux_workers, "RETRY_NS", 3_000_000)
        kernel.submit("a", lambda _: "late")
        asked = kernel.mono()
        kernel.poll(asked + linux_workers.GRACE_NS * 2)
        assert kernel._workers.start_due_ns() is not None
        assert kernel.take_completions() == []
    assert completions(kernel, 1)[0].value == "late"


def test_signals_are_never_delivered_to_a_worker(kernel: LinuxKernel) -> None:
    kernel.submit("a", lambda _: signal.pthread_sigmask(signal.SIG_BLOCK, []))
    (completion,) = completions(kernel, 1)
    # The C library keeps two for itself, and two cannot be blocked.
    assert signal.valid_signals() - completion.value <= {signal.SIGKILL, signal.SIGSTOP}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()


def test_our_default_stack_size_stays_for_others(kernel: LinuxKernel) -> None:
    kernel.submit("a", lambda _: None)
    assert _thread.stack_size() == 0
    completions(kernel, 1)


def test_idle_threads_end_when_the_kernel_is_released() -> None:
    before = threads()
    made = LinuxKernel()
    for number in range(3):
        made.submit(f"lane {number}", lambda _: None)
    completions(made, 3)
    made.release()
    deadline = made.mono() + 30 * SECOND_NS
    while threads() > before:
        assert made.mono() < deadline
    assert threads() == before


def test_a_thread_that_was_refused_is_asked_for_again_a_second_later_and_not_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    workers = linux_workers.Workers(LinuxFiles(), lambda: None)
    workers.submit("a", lambda files: None, 0)
    due = workers.start_due_ns()
    assert due == linux_workers.GRACE_NS
    workers.tend(due)
    assert workers.start_due_ns() == due + linux_workers.RETRY_NS


def test_no_thread_is_wanted_once_all_work_is_done(kernel: LinuxKernel) -> None:
    tokens = [kernel.submit(f"lane {number}", lambda files: None) for number in range(20)]
    done: list[Completion] = []
    wait_until(kernel, lambda _: done.extend(kernel.take_completions()) or len(done) == len(tokens))
    assert kernel._workers.start_due_ns() is None
    assert not kernel._workers._late

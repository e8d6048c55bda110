"""What every test shares: the Hypothesis profile, plain signals, and the rule that root skips nothing."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow, not wrong: no test may depend on timing.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("long", settings.get_profile("patient"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))

# A shell starts what it puts into the background with INT and QUIT ignored, nohup with HUP, and all we start would inherit it.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """As root everything can be tested, so there a skip is a failure of the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.geteuid() == 0 and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.geteuid() == 0 and terminalreporter.stats.get("skipped"):
        terminalreporter.section("skipped as root: that is a failure", red=True)

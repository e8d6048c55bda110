"""What the suites of nitro and finit check of a supervisor (pid1.md §2): what does it here, and the test that shows it.

These rows are for `initd -c FILE`. Where supervisord has nothing of the kind, neither has initd; that is said plainly.
"""

from __future__ import annotations

NONE = "no such feature"
E2E, PROPERTY, UNIT = "tests/e2e", "tests/property", "tests/unit"
STARTS = f"{PROPERTY}/test_supervision.py"
ORDER = f"{PROPERTY}/test_shutdown_order.py"
RELOADS = f"{PROPERTY}/test_reloads.py"
ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("nitro", "default: what is there is started", "`autostart=true`",
     f"{PROPERTY}/test_spawning.py::test_a_boot_keeps_the_order_of_priorities_for_as_long_as_nobody_hangs"),
    ("nitro", "multiple services", "`[program:x]` sections",
     f"{RELOADS}::test_a_command_to_a_group_concerns_its_members_and_nobody_else"),
    ("nitro", "down: not started", "`autostart=false`",
     f"{PROPERTY}/test_conclusion.py::test_with_exit_when_idle_a_restart_by_a_client_is_no_idleness_and_neither_is_a_stop"),
    ("nitro, finit", "added at run time", "`reread`, `add`, `update`",
     f"{RELOADS}::test_a_reread_names_what_was_added_changed_and_removed_and_touches_nobody"),
    ("nitro, finit", "removed on rescan", "`update`; all else is left alone",
     f"{RELOADS}::test_an_update_of_one_group_leaves_the_processes_of_all_others_alone"),
    ("nitro", "wait for a state", "`start`, `stop` wait; `wait` of the RPC",
     f"{PROPERTY}/test_rpc_waits.py::test_a_start_is_answered_once_at_the_change_it_waits_for"),
    ("nitro", "once", "`autorestart=false`",
     f"{STARTS}::test_autorestart_follows_its_mode_the_exit_code_and_signals_which_are_never_expected"),
    ("nitro, finit", "setup, pre and post scripts; finish with code or signal", NONE, ""),
    ("nitro", "setup exit 111: give up", NONE + "; a program that never comes up is FATAL after `startretries`",
     f"{STARTS}::test_startretries_n_gives_n_plus_1_attempts_and_the_kth_wait_is_just_over_k_seconds"),
    ("nitro", "instances (7)", "`numprocs`, `%(process_num)d` in `process_name`",
     f"{UNIT}/config/test_programs.py::test_several_processes_differ_by_number_and_are_in_order_of_their_names"),
    ("nitro, finit", "readiness: notification fd, s6, systemd", NONE + "; `startsecs` instead",
     f"{STARTS}::test_a_start_counts_once_it_has_lasted_longer_than_startsecs_whatever_the_exit_code"),
    ("nitro", "logs (6): a logger that outlives its service", "the daemon writes them: `stdout_logfile`, rotation",
     f"{PROPERTY}/test_rotation.py::test_what_is_kept_is_the_end_of_what_was_written"),
    ("nitro", "SYS: setup, finish and final of the whole", NONE, ""),
    ("nitro", "pidof", "`pid NAME`", "tests/conformance/test_ctl.py::test_a_client_and_a_daemon_behave_as_the_stock_pair"),
    ("nitro", "parallel start", "the default; one that hangs holds nobody up for long",
     f"{PROPERTY}/test_spawning.py::test_programs_that_hang_at_a_start_of_many_hold_the_others_up_once_and_come_last"),
    ("nitro", "timeout of a stop", "`stopwaitsecs`",
     f"{ORDER}::test_the_stop_signal_comes_first_and_sigkill_exactly_after_stopwaitsecs"),
    ("nitro", "abspath: commands by path or through PATH", "`command=`",
     f"{UNIT}/drive/test_resolve.py::test_a_word_with_a_slash_is_not_searched_for"),
    ("finit", "crashing", "BACKOFF, then FATAL",
     f"{STARTS}::test_startretries_n_gives_n_plus_1_attempts_and_the_kth_wait_is_just_over_k_seconds"),
    ("finit", "restart for ever", "`autorestart=true`; in a burst, then five times a second",
     f"{STARTS}::test_a_program_that_is_up_at_once_and_ends_at_once_restarts_in_a_burst_then_5_times_a_second"),
    ("finit", "restart of itself", "HUP, `reload`: same process, new file",
     f"{E2E}/test_background.py::test_hangup_restarts_everything_from_the_new_file_in_the_same_process"),
    ("finit", "pre fails", NONE, ""),
    ("finit", "run parts", NONE, ""),
    ("finit", "signal", "`signal NAME`",
     f"{PROPERTY}/test_rpc_waits.py::test_a_signal_that_is_refused_leads_to_unknown_and_the_end_of_the_child_leads_out_of_it"),
    ("finit", "pid file of a daemonizing service", "`pidproxy`",
     f"{UNIT}/test_pidproxy.py::test_each_signal_it_forwards_reaches_the_pid_in_the_file"),
    ("finit", "depends, conditions, cond-start", NONE + "; `priority` orders groups, not dependencies",
     f"{ORDER}::test_a_shutdown_takes_one_group_after_the_other_by_priority_each_as_soon_as_the_last_is_down"),
    ("finit", "a crash at boot", "a shutdown or reload may come at any moment of a start",
     f"{PROPERTY}/test_spawning.py::test_a_shutdown_or_reload_does_not_wait_for_a_preparation"),
    ("finit", "global environment", "`environment=` of [supervisord]",
     f"{UNIT}/drive/test_spawner.py::test_the_environment_of_a_child_is_ours_then_supervisors_then_the_configurations"),
)  # fmt: skip
"""The suite, its fact, what does it here, the test."""


def table() -> list[str]:
    """The rows of the page."""
    lines = ["| suite | fact | here | shown by |", "|---|---|---|---|"]
    return [*lines, *[f"| {suite} | {fact} | {here} | {f'`{test}`' if test else ''} |" for suite, fact, here, test in ROWS]]

from __future__ import annotations

from initd.config.model import AUTO, Autorestart, LogConfig, Origin
from tests.unit.config.memory import MAIN, config, error, program, warnings

HEAD = "[supervisord]\n[program:a]\ncommand=x\n"


def test_a_bare_program_has_every_default() -> None:
    process = program("")
    assert (process.name, process.program, process.section) == ("a", "a", "program:a")
    assert (process.autorestart, process.exitcodes, process.stopsignal) == (Autorestart.UNEXPECTED, (0,), 15)
    assert process.stdout == process.stderr == LogConfig(AUTO, 50 * 1024 * 1024, 10)
    assert process.environment == {} and process.uid is None and process.serverurl is None


def test_a_process_knows_where_its_options_were_written() -> None:
    process = program("startsecs=2\nunknown=3\n")
    assert process.origins == {"command": Origin(MAIN, 3), "startsecs": Origin(MAIN, 4)}


def test_a_user_keeps_its_text_beside_its_number() -> None:
    process = program("user=web\n")
    assert (process.user, process.uid) == ("web", 33)


def test_several_processes_differ_by_number_and_are_in_order_of_their_names() -> None:
    (group,) = config(
        HEAD + "numprocs=3\nnumprocs_start=9\nprocess_name=p%(process_num)d\nenvironment=N=%(process_num)d\n"
    ).groups
    assert [process.name for process in group.processes] == ["p10", "p11", "p9"]
    assert [process.environment["N"] for process in group.processes] == ["10", "11", "9"]


def test_no_processes_need_no_command() -> None:
    (group,) = config("[supervisord]\n[program:a]\nnumprocs=0\n").groups
    assert group.processes == ()


def test_killasgroup_follows_stopasgroup_until_it_is_set() -> None:
    assert program("stopasgroup=true\n").killasgroup
    assert not program("").killasgroup
    assert error(HEAD + "stopasgroup=true\nkillasgroup=false\n").key == "killasgroup"


def test_own_environment_names_can_be_used_by_the_command_only_of_this_program() -> None:
    assert program("environment=OWN=1\ndirectory=%(ENV_OWN)s").directory == "1"
    refused = error(HEAD + "environment=OWN=1\n[program:b]\ncommand=%(ENV_OWN)s\n")
    assert refused.where() == f"{MAIN}:6: command"


def test_the_daemons_environment_is_overlaid_by_the_programs() -> None:
    (group,) = config("[supervisord]\nenvironment=A=1,B=2\n[program:a]\ncommand=%(ENV_A)s\nenvironment=B=3\n").groups
    assert group.processes[0].environment == {"A": "1", "B": "3"}
    assert group.processes[0].command == "1"


def test_log_file_names_are_expanded_twice() -> None:
    assert program("stdout_logfile=/tmp/a%%%%b\n").stdout.file == "/tmp/a%b"
    assert "is badly formatted" in error(HEAD + "stdout_logfile=/tmp/a%%b\n").text


def test_redirected_stderr_has_no_log_of_its_own() -> None:
    text = HEAD + "redirect_stderr=true\nstderr_logfile=/tmp/x\n"
    assert config(text).groups[0].processes[0].stderr.file is None
    assert warnings(text) == [
        (
            "For [program:a], redirect_stderr=true but stderr_logfile has also been set to a filename, "
            "the filename has been ignored"
        )
    ]


def test_the_file_name_syslog_means_the_option_and_a_warning() -> None:
    text = HEAD + "stdout_logfile=syslog\n"
    stdout = config(text).groups[0].processes[0].stdout
    assert (stdout.file, stdout.syslog) == (None, True)
    assert warnings(text) == [
        (
            "For [program:a], stdout_logfile=syslog but this is deprecated and will be removed.  "
            "Use stdout_syslog=true to enable syslog instead."
        )
    ]


def test_an_automatic_log_that_never_rotates_is_warned_about() -> None:
    assert warnings(HEAD + "stderr_logfile_maxbytes=0\n") == [
        (
            "For [program:a], AUTO logging used for stderr_logfile without rollover, set maxbytes > 0 to avoid filling up "
            "filesystem unintentionally"
        )
    ]


def test_a_log_that_could_not_be_written_later_is_refused_now() -> None:
    refused = error(HEAD + "stdout_logfile_maxbytes=-5\n")
    assert refused.text == f"-5 is below lower bound (0) in section 'program:a' (file: '{MAIN}')"
    assert refused.where() == f"{MAIN}:4: stdout_logfile_maxbytes"


def test_a_missing_command_is_told_with_the_key_that_was_probably_meant() -> None:
    refused = error("[supervisord]\n[program:a]\ncomand=x\n")
    assert (
        refused.text == f"program section program:a does not specify a command in section 'program:a' (file: '{MAIN}')"
    )
    assert (refused.where(), refused.hint) == (f"{MAIN}:2: command", "expected command=, found comand=")


def test_an_empty_command_is_taken() -> None:
    assert program("command=\n").command == ""


def test_text_that_the_environment_grammar_drops_is_warned_about_once_a_section() -> None:
    text = HEAD + "numprocs=2\nprocess_name=%(process_num)d\nenvironment=A=1 B\n"
    assert warnings(text) == [f"{MAIN}:6: environment of [program:a]: ignored 'B'"]


def test_names_of_processes_are_checked_before_they_are_expanded() -> None:
    assert error(HEAD + "process_name=a b\n").key == "process_name"
    assert program("process_name=%(ENV_BLANK)s\n", environ={"BLANK": "a b"}).name == "a b"


def test_numbers_need_a_place_in_the_name() -> None:
    refused = error(HEAD + "numprocs=2\n")
    assert refused.text.startswith("%(process_num) must be present within process_name when numprocs > 1 in section")
    assert refused.where() == f"{MAIN}:4: numprocs"

from __future__ import annotations

from initd.config.model import PluginConfig, ServerConfig
from initd.config.servers import STOCK_FACTORY
from tests.unit.config.memory import MAIN, config, error

HEAD = "[supervisord]\n"
STOCK = f"[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory={STOCK_FACTORY}\n"


def test_inet_servers_come_before_unix_ones_and_each_kind_in_order_of_the_file() -> None:
    text = "[unix_http_server]\nfile=~/x\n[inet_http_server:b]\nport=2\n[inet_http_server:a]\nport=h:1\n"
    assert config(HEAD + text).servers == (
        ServerConfig("inet_http_server:b", "inet", port=2),
        ServerConfig("inet_http_server:a", "inet", host="h", port=1),
        ServerConfig("unix_http_server", "unix", path="/root/x"),
    )


def test_a_socket_has_its_mode_owner_and_password() -> None:
    text = "[unix_http_server]\nfile=%(here)s/x\nchmod=0770\nchown=web:www\nusername=u\npassword={SHA}00\n"
    assert config(HEAD + text).servers == (
        ServerConfig("unix_http_server", "unix", "/etc/x", 0o770, (33, 44), username="u", password="{SHA}00"),
    )


def test_auto_means_the_first_unix_server_and_else_the_last_inet_one() -> None:
    inet = "[inet_http_server:a]\nport=h:1\n[inet_http_server:b]\nport=*:2\n"
    program = "[program:a]\ncommand=x\nserverurl=AUTO\n"
    assert config(HEAD + inet).daemon.serverurl == "http://localhost:2"
    both = config(HEAD + program + inet + "[unix_http_server]\nfile=/x\n")
    assert both.groups[0].processes[0].serverurl == both.daemon.serverurl == "unix:///x"
    assert config(HEAD + program).groups[0].processes[0].serverurl is None


def test_an_empty_serverurl_stays_none_whatever_servers_there_are() -> None:
    process = config(HEAD + "[program:a]\ncommand=x\nserverurl=\n[inet_http_server]\nport=1\n").groups[0].processes[0]
    assert process.serverurl is None and not process.auto_serverurl


def test_half_a_login_is_refused_with_the_missing_half() -> None:
    refused = error(HEAD + "[inet_http_server]\nport=1\nusername=u\n")
    assert refused.text.startswith("Section [inet_http_server] contains incomplete authentication: ")
    assert (refused.where(), refused.hint) == (f"{MAIN}:4: username", "add password=")


def test_the_stock_interface_is_taken_and_nothing_is_imported_for_it() -> None:
    assert config(HEAD + STOCK).rpcinterfaces == (PluginConfig("supervisor", STOCK_FACTORY, {}),)


def test_default_keys_are_no_options_of_the_interface() -> None:
    text = "[DEFAULT]\nstartsecs=3\n" + HEAD + STOCK + "[inet_http_server]\nport=1\n"
    assert config(text).rpcinterfaces[0].options == {}
    assert config(text + "[include]\nfiles=none\n").rpcinterfaces[0].options == {}


def test_own_keys_are_refused_once_there_is_a_server_to_make_the_interface() -> None:
    text = HEAD + STOCK + "retries=3\n"
    assert config(text).rpcinterfaces[0].options == {"retries": "3"}
    refused = error(text + "[inet_http_server]\nport=1\n")
    assert refused.text == "Could not make supervisor rpc interface"
    assert refused.where() == f"{MAIN}:4: retries"


def test_a_factory_that_is_not_there_is_refused_by_name_and_place() -> None:
    refused = error(HEAD + "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no_such_plugin:make\n")
    assert refused.text == "no_such_plugin:make cannot be resolved within [rpcinterface:x]"
    assert refused.where() == f"{MAIN}:3: supervisor.rpcinterface_factory"
    assert refused.hint == "ModuleNotFoundError: No module named 'no_such_plugin'"


def test_a_factory_that_is_there_gets_the_other_keys_of_its_section_and_none_of_default() -> None:
    text = "[DEFAULT]\nx=1\n" + HEAD + "[rpcinterface:x]\nsupervisor.rpcinterface_factory=json:loads\nA=%(ENV_WHO)s\n"
    assert config(text).rpcinterfaces == (PluginConfig("x", "json:loads", {"a": "me"}),)


def test_an_interface_needs_a_factory() -> None:
    refused = error(HEAD + "[rpcinterface:x]\n")
    assert refused.text == "section [rpcinterface:x] does not specify a supervisor.rpcinterface_factory"

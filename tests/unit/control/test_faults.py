from __future__ import annotations

from initd.control.faults import Fault, fault


def test_a_fault_is_worded_with_or_without_what_it_is_about() -> None:
    assert (fault(Fault.FAILED).code, fault(Fault.FAILED).text) == (30, "FAILED")
    assert fault(Fault.BAD_NAME, "web").text == "BAD_NAME: web"
    assert fault(Fault.BAD_SIGNAL, "").text == "BAD_SIGNAL: "


def test_the_codes_are_those_of_the_stock_daemon() -> None:
    from supervisor.xmlrpc import Faults

    stock = {name: code for name, code in vars(Faults).items() if name.isupper()}
    assert {each.name: int(each) for each in Fault} == stock

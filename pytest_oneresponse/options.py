"""One table: an option is its flag, its ini key, its marker key and its row in the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

MOST = 10**9
"""No number is greater: half as much again is still a time that every system's timer takes."""


@dataclass(frozen=True)
class Option:
    """One option. `kind`: "bool", "int", "float", "str", "path" or "list" (repeatable flag, linelist in the ini file).

    `ini` and `marker` tell whether there is an ini key and a marker key; both are named as the flag.
    """

    name: str
    kind: str
    help: str
    default: Any = None
    metavar: str = ""
    ini: bool = True
    marker: bool = False
    choices: tuple[str, ...] = ()
    """All values that there are, where not every text is one."""

    @property
    def key(self) -> str:
        """The ini key and the dest of the flag: "oneresponse_timeout"."""
        return f"oneresponse_{self.name}" if self.name else "oneresponse"

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")

    def check_choice(self, given: Any, told: str) -> None:
        """Raise ValueError for a value that is none of the choices; `told` is how its giver knows the option."""
        if self.choices and given not in self.choices:
            raise ValueError(f"{told} must be one of {', '.join(self.choices)}, not {given!r}")


OPTIONS = (
    Option(
        "",
        "bool",
        "Judge every request that the tests make by the response contract, and drive the app where one is named.",
        False,
    ),
    Option(
        "app",
        "list",
        "App to drive: a WSGI or ASGI object, or a factory without arguments. Repeatable.",
        (),
        "MODULE:ATTR",
    ),
    Option("requests", "int", "Most requests per route.", 100, "N", marker=True),
    Option("timeout", "float", "Time limit of one exchange, in seconds.", 5.0, "SECONDS"),
    Option(
        "faults",
        "str",
        "What is made to fail, in as many exchanges again as the route may have requests: "
        "every call of the app's own code, what other machines answer, or nothing.",
        "calls",
        "calls|upstream|none",
        marker=True,
        choices=("calls", "upstream", "none"),
    ),
    Option(
        "network",
        "bool",
        "Let a driven app reach other machines, which are answered for otherwise.",
        False,
    ),
    Option(
        "seed",
        "int",
        "Begin the search for branches at another place; the header names the one in use.",
        1,
        "N",
        ini=False,
    ),
    Option("replay", "str", "Run exactly one exchange again, by the ID that its finding names.", "", "ID", ini=False),
    Option("report", "list", "Write a report; the suffix tells its form (.json). Repeatable.", (), "PATH"),
    Option("select", "list", "Add a rule that is off by default. Repeatable.", (), "RULE"),
    Option("ignore", "list", "Drop a rule, everywhere or on one route. Repeatable.", (), "RULE[@ROUTE]", marker=True),
    Option("baseline", "path", "A report whose findings are known: they are listed, only new ones fail.", "", "PATH"),
)
BY_NAME = {option.name: option for option in OPTIONS}
MARKER_KEYS = (*(option.name for option in OPTIONS if option.marker), "expect")
MARKER = (
    "oneresponse(requests=N, faults=calls|upstream|none, ignore=[RULE, ...], expect=[RULE, ...]): "
    "hold this test's requests to the response contract in its own way"
)


_NUMBERS: dict[str, type[int] | type[float]] = {"int": int, "float": float}
_INI_TYPES = {"bool": "bool", "list": "linelist", **{kind: kind for kind in _NUMBERS}}


def add_options(parser: Any) -> None:
    """Register every flag and ini key with pytest's parser."""
    group = parser.getgroup("oneresponse", "the response contract (pytest-oneresponse)")
    for option in OPTIONS:
        _add_flag(group, option)
        if option.ini:
            _add_ini(parser, option)


def _add_flag(group: Any, option: Option) -> None:
    if option.kind == "bool":
        group.addoption(option.flag, action="store_true", dest=option.key, default=None, help=option.help)
        off = f"--no-{option.key.replace('_', '-')}"
        group.addoption(off, action="store_false", dest=option.key, help="Turn that off again.")
        return
    named: dict[str, Any] = {"dest": option.key, "default": None, "metavar": option.metavar, "help": option.help}
    if option.kind == "list":
        named["action"] = "append"
    elif option.kind in _NUMBERS:
        named["type"] = _NUMBERS[option.kind]
    group.addoption(option.flag, **named)


def _add_ini(parser: Any, option: Option) -> None:
    parser.addini(option.key, option.help, type=_INI_TYPES.get(option.kind, "string"), default=None)


def names_app_in_vain(config: Any) -> bool:
    """Whether an app is named on the command line, and nothing there says whether the plugin is to work."""
    given = config.getoption(BY_NAME["app"].key, None)
    return given is not None and config.getoption(BY_NAME[""].key, None) is None


def value(config: Any, name: str) -> Any:
    """An option's value: the flag's, else the ini file's, else the default. Raises ValueError for a wrong one."""
    option = BY_NAME[name]
    given = config.getoption(option.key, None)
    if given is None and option.ini:
        given = _from_ini(config, option)
    if given is None:
        return option.default
    if option.kind in _NUMBERS:
        _check_number(option, given)
    option.check_choice(given, option.flag)
    return tuple(given) if option.kind == "list" else given


def _check_number(option: Option, given: float) -> None:
    if not given > 0:
        raise ValueError(f"{option.flag} must be more than 0, not {given}")
    if given > MOST:
        raise ValueError(f"{option.flag} must be at most {MOST}, not {given}")


def _from_ini(config: Any, option: Option) -> Any:
    number = _NUMBERS.get(option.kind)
    if number is not None:
        return _number_from_ini(config, option, number)
    given = config.getini(option.key)
    return None if given in (None, "", []) else given


def _number_from_ini(config: Any, option: Option, number: type[int] | type[float]) -> int | float | None:
    try:
        given = config.getini(option.key)
    except (TypeError, ValueError, pytest.UsageError) as error:
        shown = str(error).rpartition(": ")[2]  # whoever refuses it, Python or pytest, ends with the value
        raise ValueError(f"{option.key} in the ini file must be a number, not {shown}") from None
    return None if given is None else number(given)

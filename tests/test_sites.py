"""From frames to places: whose code a file is, which frames a chain holds, and which column an instruction has."""

from __future__ import annotations

import json
import linecache
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pytest_oneresponse
from pytest_oneresponse import sites
from pytest_oneresponse.sites import Owners, Responses

PLUGIN = Path(pytest_oneresponse.__file__).parent
Load = Callable[..., SimpleNamespace]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A root directory of the user's, which is this one for the length of a test."""
    before = Owners.root, Owners.packages, Owners.frameworks
    folder = tmp_path / "root"
    folder.mkdir()
    Owners.configure(folder, (), ())
    yield folder
    Owners.root, Owners.packages, Owners.frameworks = before
    Owners._user = {}


@pytest.fixture
def load(root: Path) -> Load:
    """Runs a source as a module in a file of that name, which may lie anywhere; gives its names."""

    def load(name: str | Path, source: str, /, **names: Any) -> SimpleNamespace:
        path = root / name
        if str(path).startswith(str(root.parent)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        exec(compile(source, str(path), "exec"), names)
        return SimpleNamespace(**{key: value for key, value in names.items() if key != "__builtins__"})

    return load


def capture() -> sites.Chain:
    chain = sites.capture(sys._getframe(1))
    assert not isinstance(chain, sites.Site)
    return chain


def functions(chain: sites.Chain | None) -> list[str]:
    """The names of a chain's functions, innermost first, up to this file."""
    names = []
    for code, _ in sites.frames(chain):
        if code.co_filename == __file__:
            break
        names.append(code.co_name)
    return names


def lines(chain: sites.Chain | None) -> list[int]:
    return [sites.place_of(code, at).line for code, at in sites.frames(chain) if code.co_filename != __file__]


# ------------------------------------------------------------------------------------------ whose code

SEP = os.sep
STDLIB = sysconfig.get_path("stdlib")
PURELIB = sysconfig.get_path("purelib")

HOME = "pytest_oneresponse" if "site-packages" in PLUGIN.parts else ""
"""The package that the plugin's own files are of: none where it runs from its checkout."""

WHOSE: list[tuple[str, bool, str, bool]] = [
    # a file below {root} or elsewhere: the user's? which package? the standard library's?
    ("{root}/app.py", True, "", False),
    ("{root}/shop/deep/views.py", True, "", False),
    ("{root}/run.pyw", True, "", False),
    ("{root}/templates/page.html", False, "", False),
    ("{root}/native.pyx", False, "", False),
    ("{root}beside/app.py", False, "", False),
    ("/elsewhere/app.py", False, "", False),
    ("{root}/venv/lib/python3.13/site-packages/flask/app.py", False, "flask", False),
    ("{root}/venv/lib/python3.13/site-packages/single.py", False, "single", False),
    ("{root}/.tox/x/lib/dist-packages/flask/app.py", False, "flask", False),
    ("/usr/lib/python3/dist-packages/flask/views.py", False, "flask", False),
    ("/a/site-packages/outer/site-packages/inner/x.py", False, "inner", False),
    (f"{PURELIB}/werkzeug/serving.py", False, "werkzeug", False),
    (f"{STDLIB}/json/decoder.py", False, "", True),
    (str(PLUGIN / "sites.py"), False, HOME, False),
    (str(PLUGIN / "contract" / "machine.py"), False, HOME, False),
    ("app.py", False, "", True),
    ("shop/views.py", False, "", True),
    ("<string>", False, "", True),
    ("<frozen importlib._bootstrap>", False, "", True),
    ("", False, "", True),
]


@pytest.mark.parametrize(("file", "user", "package", "standard"), WHOSE, ids=[case[0] for case in WHOSE])
def test_whose_a_file_is(root: Path, file: str, user: bool, package: str, standard: bool) -> None:
    file = file.replace("{root}", str(root))
    assert Owners.is_user(file) is user
    assert Owners.package(file) == package
    assert Owners.is_standard(file) is standard
    assert Owners.is_user(file) is user, "the second time, from the cache"


def test_packages_that_the_user_names_are_his(root: Path) -> None:
    installed = f"{PURELIB}/shop/views.py"
    checkout = "/src/shop/shop/views.py"
    single = "/src/tool.py"
    assert not any(map(Owners.is_user, (installed, checkout, single)))
    Owners.configure(packages=("shop", "tool"))
    assert all(map(Owners.is_user, (installed, checkout, single)))
    assert not Owners.is_user(f"{PURELIB}/shopping/views.py")
    assert not Owners.is_user("/src/toolbox.py")
    assert not Owners.is_user("shop/views.py"), "a relative name is nobody's"


def test_frameworks_are_known_by_their_package(root: Path) -> None:
    Owners.configure(frameworks=("flask",))
    assert Owners.is_framework(f"{PURELIB}/flask/app.py")
    assert not Owners.is_framework(f"{PURELIB}/flask_login/utils.py")
    assert not Owners.is_framework(str(root / "flask.py"))


def test_the_root_can_be_set_alone(root: Path) -> None:
    Owners.configure(packages=("shop",), frameworks=("flask",))
    Owners.configure(root / "below")
    assert (Owners.packages, Owners.frameworks) == ({"shop"}, {"flask"})
    assert not Owners.is_user(str(root / "app.py"))
    assert Owners.is_user(str(root / "below" / "app.py"))


def test_the_standard_library_is_nobodys_even_below_the_root(root: Path) -> None:
    Owners.configure(Path(STDLIB).parents[1])
    assert not Owners.is_user(json.decoder.__file__)


def test_the_root_may_be_the_root_of_the_file_system(root: Path) -> None:
    Owners.configure(Path("/"))
    assert Owners.is_user("/app/views.py")


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("{root}/shop/views.py", "shop/views.py"),
        ("{root}/venv/lib/site-packages/slowapi/middleware.py", "slowapi/middleware.py"),
        ("/elsewhere/app.py", "/elsewhere/app.py"),
        ("<string>", "<string>"),
    ],
)
def test_how_a_file_is_shown(root: Path, file: str, shown: str) -> None:
    assert Owners.shown(file.replace("{root}", str(root))) == shown


# ------------------------------------------------------------------------------------------ capturing

CALLS = """\
def outer(f):
    return middle(f)


def middle(f):
    return inner(
        f
    )


def inner(f):
    x = 1
    return f()
"""


def test_a_chain_holds_every_frame_innermost_first(load: Load) -> None:
    chain = load("app.py", CALLS).outer(capture)
    assert functions(chain) == ["inner", "middle", "outer"]
    assert lines(chain)[:3] == [13, 6, 2]
    assert chain[-2].co_filename != __file__, "it does not stop at the caller"


def test_no_frame_no_chain() -> None:
    assert sites.capture(None) == ()
    assert sites.walk(None) == ((), sites.NO_SENDER, None, (), ())
    assert sites.capture_built(None) == ()
    assert sites.frames(None) == sites.frames(()) == []
    assert sites.places(None) == ()


CALL = "def call(f, *args):\n    return f(*args)\n"


@pytest.mark.parametrize("folder", ["protocols", "watch"])
def test_a_chain_ends_where_the_app_was_called(load: Load, folder: str) -> None:
    server = load(PLUGIN / folder / "made_up.py", CALL)
    app = load("app.py", CALLS)
    chain = server.call(app.outer, capture)
    assert [code.co_name for code, _ in sites.frames(chain)] == ["inner", "middle", "outer"]


def test_frames_of_this_plugin_are_left_out(load: Load) -> None:
    server = load(PLUGIN / "protocols" / "made_up.py", CALL)
    ours = load(PLUGIN / "exchange_made_up.py", CALL)
    app = load("app.py", CALLS)
    chain = server.call(app.outer, lambda: ours.call(capture))
    assert [code.co_name for code, _ in sites.frames(chain)][1:] == ["inner", "middle", "outer"]
    assert sites.frames(chain)[0][0].co_name == "<lambda>"


def test_code_without_a_file_is_in_the_chain(load: Load) -> None:
    names: dict[str, Any] = {}
    exec("def made(f):\n    return f()", names)
    chain = load("app.py", CALLS).outer(lambda: names["made"](capture))
    made = sites.frames(chain)[0]
    assert (made[0].co_filename, sites.place_of(*made).line) == ("<string>", 2)
    assert not Owners.is_user(made[0].co_filename)


def test_the_cache_of_frames_is_bounded(monkeypatch: pytest.MonkeyPatch, load: Load) -> None:
    monkeypatch.setattr(sites, "_MOST_KEPT", 10)
    for number in range(30):
        names: dict[str, Any] = {}
        exec(compile(f"def f(g):\n    return g()\nX = {number}", "x.py", "exec"), names)
        assert names["f"](capture)
        assert len(sites._kept) <= 40 and len(sites._marks) <= 40


def test_an_exceptions_chain_begins_where_it_was_raised(load: Load) -> None:
    server = load(PLUGIN / "protocols" / "made_up.py", CALL)
    app = load("app.py", CALLS)
    with pytest.raises(ZeroDivisionError) as caught:
        server.call(app.outer, lambda: 1 // 0)
    chain = sites.chain_of(caught.value)
    assert [code.co_name for code, _ in sites.frames(chain)] == ["<lambda>", "inner", "middle", "outer"]
    assert [place.line for place in sites.places(chain)][:3] == [2, 6, 13], "as places, outermost first"
    assert sites.chain_of(None) == sites.chain_of(ValueError()) == ()


def test_an_endless_recursion_has_a_chain_of_bounded_length(load: Load) -> None:
    app = load("app.py", "def again():\n    return again()\n")
    with pytest.raises(RecursionError) as caught:
        app.again()
    chain = sites.chain_of(caught.value)
    assert 2 <= len(chain) <= 400
    assert chain[0].co_name == "again"


def test_where_an_object_is_built_reaches_as_far_out_as_the_users_own_frames(load: Load) -> None:
    def built() -> sites.Chain:
        return sites.capture_built(sys._getframe(1))

    framework = load("venv/site-packages/fw/x.py", CALL + "\n\ndef init(f):\n    return f()\n")
    views = load("views.py", CALLS)
    server = load("venv/site-packages/fw/y.py", "def dispatch(f, *args):\n    return f(*args)\n")
    main = load("main.py", "def main(f, *args):\n    return f(*args)\n")
    chain = main.main(server.dispatch, views.outer, lambda: framework.call(framework.init, built))
    names = [code.co_name for code, _ in sites.frames(chain)]
    assert names == ["init", "call", "<lambda>", "inner", "middle", "outer"], "up to the server's, and no further"
    direct = main.main(server.dispatch, views.outer, built)
    assert [code.co_name for code, _ in sites.frames(direct)] == ["inner", "middle", "outer"]


def test_without_a_frame_of_the_users_it_reaches_a_bounded_way(load: Load) -> None:
    deep = load("site-packages/fw/x.py", "def deep(n, f):\n    return f() if n == 0 else deep(n - 1, f)\n")
    chain = deep.deep(300, lambda: sites.capture_built(sys._getframe(1)))
    assert {code.co_name for code, _ in sites.frames(chain)} == {"deep"}
    assert 10 <= len(sites.frames(chain)) <= 100


# ------------------------------------------------------------------------------------------ who sends


class Response:
    def __init__(self) -> None:
        self.name = "response"


@pytest.fixture
def responses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Responses, "classes", ())
    Responses.add(Response)
    yield
    sites._marks.clear()
    sites._kept.clear()


def sender() -> tuple[sites.Chain, int, Any]:
    return sites.walk(sys._getframe(1))[:3]


SENDERS = """\
class Sends(Response):
    def __call__(self, f):
        return f()


class Streams(Response):
    def __call__(self, f):
        return self.stream_response(f)

    def stream_response(self, f):
        return f()


class Other:
    def __call__(self, f):
        return f()


def handle(response, f):
    return f()


def send(response, f):
    return f()


def middleware(response, f):
    return response(lambda: f())
"""


@pytest.mark.usefixtures("responses")
def test_the_response_that_sends_itself_is_seen(load: Load) -> None:
    app = load("app.py", SENDERS, Response=Response)
    response = app.Sends()
    chain, index, found = response(sender)
    assert found is response
    assert index == 0
    chain, index, found = app.middleware(response, sender)
    assert found is response
    assert [code.co_name for code, _ in sites.frames(chain)][:3] == ["<lambda>", "__call__", "middleware"]
    assert index == 1, "counted in frames"


@pytest.mark.usefixtures("responses")
def test_the_outermost_method_of_the_same_response_counts(load: Load) -> None:
    app = load("app.py", SENDERS, Response=Response)
    response = app.Streams()
    chain, index, found = response(sender)
    assert found is response
    assert sites.frames(chain)[index][0].co_name == "__call__"
    inner = app.Sends()
    _, index, found = app.Sends()(lambda: inner(sender))
    assert found is inner and index == 0, "a response that sends another: the inner one"


@pytest.mark.usefixtures("responses")
def test_a_response_that_somebody_else_sends_is_seen_too(load: Load) -> None:
    app = load("app.py", SENDERS, Response=Response)
    response = app.Sends()
    assert app.handle(response, sender)[1:] == (sites.NOT_ITSELF, response)
    assert app.send(response, sender)[1:] == (sites.NO_SENDER, None), "only in functions that are known to send"
    assert app.handle("no response", sender)[1:] == (sites.NO_SENDER, None)


@pytest.mark.usefixtures("responses")
def test_methods_of_other_objects_are_no_senders(load: Load) -> None:
    app = load("app.py", SENDERS, Response=Response)
    for _ in range(2):
        chain, index, found = app.Other()(sender)
        assert (index, found) == (sites.NO_SENDER, None)
        assert [code.co_name for code, _ in sites.frames(chain)][0] == "__call__", "and stay in the chain"


def test_a_class_that_becomes_known_later_is_seen_in_frames_that_were_met_before(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Responses, "classes", ())
    app = load("app.py", SENDERS, Response=Response)
    response = app.Sends()
    assert response(sender)[2] is None
    Responses.add(Response)
    Responses.add(Response)
    assert Responses.classes == (Response,)
    assert response(sender)[2] is response


@pytest.mark.usefixtures("responses")
def test_a_sender_is_found_in_front_of_the_servers_frame_only(load: Load) -> None:
    server = load(PLUGIN / "protocols" / "made_up.py", CALL)
    app = load("app.py", SENDERS, Response=Response)
    chain, index, found = app.Sends()(lambda: server.call(app.Other(), sender))
    assert (index, found) == (sites.NO_SENDER, None)
    assert [code.co_name for code, _ in sites.frames(chain)] == ["__call__"]


PASSES = """\
def made(send, message):
    return send(message)


def passes(message, send):
    return send(message)


class Middleware:
    def send(self, message, send):
        return passes(message, send)


def changes(message, send):
    return send(dict(message))


def makes(send):
    message = {}
    return send(message)
"""


def test_frames_that_only_pass_a_message_on_are_told_apart(load: Load) -> None:
    app = load("app.py", PASSES)
    package = load("site-packages/third/x.py", PASSES)
    message: dict[str, Any] = {"type": "x"}

    def look(sent: Any) -> tuple[list[str], tuple[int, ...]]:
        site = sites.capture(sys._getframe(1), sent)
        chain = site.chain if isinstance(site, sites.Site) else site
        return functions(chain), site.passed if isinstance(site, sites.Site) else ()

    for _ in range(2):
        assert app.passes(message, look) == (["passes"], (0,))
        assert app.Middleware().send(message, look) == (["passes", "send"], (0, 1))
        assert app.changes(message, look) == (["changes"], ())
        assert app.makes(look) == (["makes"], ()), "its own, and no argument"
        assert package.passes(message, look) == (["passes"], ()), "a package's frames are left out anyway"


def test_a_frame_that_changes_some_messages_and_passes_on_others(load: Load) -> None:
    source = "def middleware(message, send):\n    send({**message} if message['type'] == 'start' else message)\n"
    app = load("app.py", source)
    passed: list[tuple[int, ...]] = []

    def look(sent: Any) -> None:
        site = sites.capture(sys._getframe(1), sent)
        passed.append(site.passed if isinstance(site, sites.Site) else ())

    app.middleware({"type": "start"}, look)
    app.middleware({"type": "body"}, look)
    assert passed == [(), (0,)]


# ------------------------------------------------------------------------------------------ places


def test_a_place_has_line_column_function_and_source(load: Load) -> None:
    chain = load("shop/app.py", CALLS).outer(capture)
    place = sites.place_of(*sites.frames(chain)[0])
    assert (place.file, place.line, place.function, place.source) == ("shop/app.py", 13, "inner", "return f()")
    assert (place.column, place.end_column) == (12, 15), "from 1, the end exclusive"
    assert place.package == ""


def test_an_instruction_over_several_lines_has_no_end_column(load: Load) -> None:
    chain = load("app.py", CALLS).outer(capture)
    place = sites.place_of(*sites.frames(chain)[1])
    assert (place.line, place.column, place.end_column, place.source) == (6, 12, 0, "return inner(")


COLUMNS = [
    # the line, and the part of it that calls
    ("x = f()", "f()"),
    ("x = 'caf\xe9'; y = f()", "f()"),
    ("x = '日本語', f()", "f()"),
    ("x = '\U0001f600'; y = f('日本')", "f('日本')"),
    ("żółć = f()", "f()"),
]


@pytest.mark.parametrize(("line", "part"), COLUMNS, ids=[ascii(line) for line, _ in COLUMNS])
def test_columns_are_counted_in_characters(load: Load, line: str, part: str) -> None:
    found: list[sites.Chain] = []
    load("app.py", f"def view(f):\n    {line}\n\n\nview(keep)\n", keep=lambda *_: found.append(capture()))
    (code, at) = next(frame for frame in sites.frames(found[0]) if frame[0].co_name == "view")
    place = sites.place_of(code, at)
    assert place.line == 2 and place.source == line
    text = linecache.getline(code.co_filename, 2)
    assert text[place.column - 1 : place.end_column - 1] == part


def test_an_instruction_that_is_not_known_is_the_first_line(load: Load) -> None:
    code = load("app.py", CALLS).inner.__code__
    assert sites.place_of(code, -1).line == 11
    assert sites.place_of(code, 10_000).line == 11


def test_a_file_that_is_gone_leaves_line_and_column(load: Load, root: Path) -> None:
    chain = load("app.py", CALLS).outer(capture)
    linecache.clearcache()
    (root / "app.py").unlink()
    place = sites.place_of(*sites.frames(chain)[0])
    assert (place.line, place.column, place.source) == (13, 12, "")


def test_a_place_in_a_package_says_so(load: Load) -> None:
    chain = load("venv/site-packages/fw/x.py", CALLS).outer(capture)
    place = sites.place_of(*sites.frames(chain)[0])
    assert (place.file, place.package) == ("fw/x.py", "fw")
    Owners.configure(packages=("fw",))
    assert sites.place_of(*sites.frames(chain)[0]).package == "", "the user's own"


def test_methods_are_named_in_full(load: Load) -> None:
    app = load("app.py", "class View:\n    def get(self, f):\n        return (lambda: f())()\n")
    places = sites.places(app.View().get(capture))
    assert [place.function for place in places][-2:] == ["View.get", "View.get.<locals>.<lambda>"]


HANDS_ON = """\
def forwards(status, headers, go):
    return go(status, [*headers])

def seen(status, headers, go):
    return go(status, [*headers, ("X-Seen", "1")])

def empties(status, headers, go):
    return go("204 No Content", headers)

def passes(message, go):
    return go(message)

def measures(message, go):
    return go({**message, "headers": [(b"Content-Length", b"9")]})

def body(message, go):
    return go({"type": "http.response.body", "body": b""})

def makes(go):
    return go("200 OK", [])
"""
HEAD = ("200 OK", [("A", "b")])
MESSAGE = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}


@pytest.mark.parametrize(
    ("function", "head", "changed", "passed"),
    [
        ("forwards", HEAD, [], (0,)),
        ("seen", HEAD, [("x-seen", "1")], ()),
        ("empties", HEAD, [("status", "204 No Content")], ()),
        ("passes", (MESSAGE,), [], (0,)),
        ("measures", (MESSAGE,), [("content-length", "9")], ()),
        ("body", (MESSAGE,), [], ()),
        ("makes", (), [], ()),
    ],
)
def test_what_a_frame_changes_of_a_head_that_it_hands_on(
    function: str, head: tuple[Any, ...], changed: list[Any], passed: tuple[int, ...], load: Load
) -> None:
    walked: list[sites.Walked] = []

    def go(first: Any, headers: Any = None) -> None:
        frame = sys._getframe(1)
        walked.append(sites.walk(frame, first) if headers is None else sites.walk(frame, headers, first))

    getattr(load("app.py", HANDS_ON), function)(*head, go)
    _, _, _, seen, given = walked[0]
    assert [(one.what, one.value) for one in given] == changed and seen[:1] == passed
    assert all(sites.place_of(*one.chain).function == function for one in given)

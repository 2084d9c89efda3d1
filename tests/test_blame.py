"""Which two lines a breach is laid to, on small modules whose files lie in the user's folder, a framework or a package."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pytest_oneresponse
from pytest_oneresponse import sites
from pytest_oneresponse.blame import Blame, _is_others_send, blame, same_line
from pytest_oneresponse.contract.events import Data, End, Event, Improper, Raised, Returned, Start, TimedOut
from pytest_oneresponse.contract.machine import Breach
from pytest_oneresponse.routes import Handler, handler_of
from pytest_oneresponse.sites import NOT_ITSELF, Owners, Site

SERVER = Path(pytest_oneresponse.__file__).parent / "protocols" / "made_up.py"
FRAMEWORK = "venv/site-packages/fw/core.py"
PACKAGE = "venv/site-packages/third/middleware.py"
Load = Callable[..., SimpleNamespace]


@pytest.fixture(autouse=True)
def root(tmp_path: Path) -> Iterator[Path]:
    """The user's root; "fw" is a framework."""
    before = Owners.root, Owners.packages, Owners.frameworks
    Owners.configure(tmp_path, (), ("fw",))
    yield tmp_path
    Owners.root, Owners.packages, Owners.frameworks = before
    Owners._user = {}


@pytest.fixture
def load(root: Path) -> Load:
    """Runs a source as a module in a file of that name."""

    def load(name: str | Path, source: str, /, **names: Any) -> SimpleNamespace:
        path = root / name
        if path != SERVER:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        exec(compile(source, str(path), "exec"), names)
        return SimpleNamespace(**{key: value for key, value in names.items() if key != "__builtins__"})

    return load


class Sent(list[sites.Chain]):
    """The chains of the calls to `send`, in order."""

    def __call__(self, *_: Any) -> None:
        frame = sys._getframe(1)
        self.append(sites.capture(frame))

    def built(self) -> sites.Chain:
        return sites.capture_built(sys._getframe(1))


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def serve(load: Load) -> Callable[..., Any]:
    """Calls an app as a server does: no frame outside of it is in a chain."""
    serve: Callable[..., Any] = load(SERVER, "def serve(app, *args):\n    return app(*args)\n").serve
    return serve


def start(chain: sites.Chain | None, status: Any = 200, handling: BaseException | None = None, **site: Any) -> Start:
    return Start(status, (), Site(chain, **site) if chain is not None else None, handling=handling)


def lay(
    rule: str, at: Event | None, also: Event | None, handler: Any = None, *, head: Start | None = None, **more: Any
) -> Blame:
    """Lay a breach; `head` is the start in force."""
    handler = handler if isinstance(handler, Handler) or handler is None else handler_of(handler)
    interface = more.pop("interface", "asgi")
    return blame(Breach(rule, at, also, "BODY", start=head, **more), handler, interface)


def line(place: Any) -> str:
    return f"{place.file}:{place.line}" if place else ""


def two(found: Blame) -> tuple[str, str]:
    return line(found.where), line(found.also)


# ------------------------------------------------------------------------------------------ two events on a live stack

PAIRS: list[tuple[str, str, tuple[int, int]]] = [
    # an app, and the lines of the second and of the first
    ("two lines of one function", "def app(send):\n    send()\n    send()\n", (3, 2)),
    (
        "a helper that is called twice",
        "def start(send):\n    send()\n\n\ndef app(send):\n    start(send)\n    start(send)\n",
        (7, 6),
    ),
    (
        "a helper of a helper",
        "def deep(send):\n    send()\n\n\ndef start(send):\n    deep(send)\n\n\n"
        "def app(send):\n    start(send)\n    start(send)\n",
        (11, 10),
    ),
    (
        "a helper once, and the app itself",
        "def start(send):\n    send()\n\n\ndef app(send):\n    start(send)\n    send()\n",
        (7, 2),
    ),
    (
        "the app itself, then a helper",
        "def start(send):\n    send()\n\n\ndef app(send):\n    send()\n    start(send)\n",
        (2, 6),
    ),
    (
        "two helpers",
        "def one(send):\n    send()\n\n\ndef two(send):\n    send()\n\n\ndef app(send):\n    one(send)\n    two(send)\n",
        (6, 2),
    ),
    (
        "one helper that calls itself again",
        "def start(send, again):\n    send()\n    if again:\n        start(send, False)\n\n\n"
        "def app(send):\n    start(send, True)\n",
        (4, 8),
    ),
    (
        "a loop",
        "def app(send):\n    for _ in range(2):\n        send()\n",
        (3, 3),
    ),
    (
        "a loop around a helper",
        "def start(send):\n    send()\n\n\ndef app(send):\n    for _ in range(2):\n        start(send)\n",
        (7, 7),
    ),
    (
        "two calls on one line",
        "def app(send):\n    send(), send()\n",
        (2, 2),
    ),
]


@pytest.mark.parametrize("rule", ["second-response", "write-after-end", "late-send", "websocket-second-decision"])
@pytest.mark.parametrize(("source", "lines"), [case[1:] for case in PAIRS], ids=[case[0] for case in PAIRS])
def test_two_events_are_laid_to_two_lines(
    load: Load, sent: Sent, serve: Any, source: str, lines: tuple[int, int], rule: str
) -> None:
    app = load("app.py", source).app
    serve(app, sent)
    first, second = sent
    found = lay(rule, start(second), start(first), app)
    assert two(found) == (f"app.py:{lines[0]}", f"app.py:{lines[1]}")
    assert found.notes == ()
    assert line(found.stack[0]).startswith("app.py:") and found.stack[-1].function in ("app", "start", "two", "deep")


def test_a_helper_that_is_called_from_nowhere_and_from_the_app(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def start(send):\n    send()\n\n\ndef app(send):\n    start(send)\n")
    serve(app.start, sent)
    serve(app.app, sent)
    alone, from_app = start(sent[0]), start(sent[1])
    assert two(lay("second-response", from_app, alone, app.app)) == ("app.py:6", "app.py:2")
    assert two(lay("second-response", alone, from_app, app.app)) == ("app.py:2", "app.py:6")


def test_frames_of_frameworks_and_packages_between_do_not_count(load: Load, sent: Sent, serve: Any) -> None:
    middleware = load(PACKAGE, "def wrap(send):\n    def sending():\n        send()\n    return sending\n")
    framework = load(FRAMEWORK, "def respond(send):\n    send()\n")
    source = "def app(send):\n    send = wrap(send)\n    respond(send)\n    respond(send)\n"
    app = load("app.py", source, wrap=middleware.wrap, respond=framework.respond).app
    serve(app, sent)
    found = lay("second-response", start(sent[1]), start(sent[0]), app)
    assert two(found) == ("app.py:4", "app.py:3")
    assert [line(place) for place in found.stack] == ["app.py:4", "fw/core.py:2", "third/middleware.py:3"]


def test_a_package_that_sends_twice_is_blamed_itself(load: Load, sent: Sent, serve: Any) -> None:
    package = load(PACKAGE, "def twice(send):\n    send()\n    send()\n")
    app = load("app.py", "def app(send):\n    twice(send)\n", twice=package.twice).app
    serve(app, sent)
    found = lay("second-response", start(sent[1]), start(sent[0]), app)
    assert two(found) == ("third/middleware.py:3", "app.py:2")
    assert found.where is not None and found.where.package == "third"
    assert found.notes == ("the line is in the package third, not in your code",)


def test_the_frameworks_own_frame_is_not_the_package_to_blame(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def respond(send):\n    send()\n")
    package = load(PACKAGE, "def twice(send):\n    respond(send)\n    respond(send)\n", respond=framework.respond)
    app = load("app.py", "def app(send):\n    twice(send)\n", twice=package.twice).app
    serve(app, sent)
    assert two(lay("second-response", start(sent[1]), start(sent[0]), app)) == ("third/middleware.py:3", "app.py:2")


def test_an_app_that_is_wholly_installed_is_its_own_user(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def respond(send):\n    send()\n")
    source = "def app(send):\n    respond(send)\n    respond(send)\n"
    app = load("venv/site-packages/wiki/views.py", source, respond=framework.respond).app
    serve(app, sent)
    found = lay("second-response", start(sent[1]), start(sent[0]), app)
    assert two(found) == ("wiki/views.py:3", "wiki/views.py:2")
    assert found.notes == (), "its own package is no package of somebody else's"


def test_the_users_own_lines_go_before_those_of_the_handlers_package(load: Load, sent: Sent, serve: Any) -> None:
    wiki = load("venv/site-packages/wiki/views.py", "def inner(send):\n    send()\n\n\ndef view(f):\n    f()\n")
    app = load("app.py", "def app(send):\n    view(lambda: inner(send))\n", view=wiki.view, inner=wiki.inner).app
    serve(app, sent)
    assert line(lay("duplicate-header", start(sent[0]), None, wiki.view).where) == "app.py:2"


# ------------------------------------------------------------------------------------------ built objects

BUILDS = """\
def view(build):
    first = build()
    return build(), first


def other(build):
    return build()
"""


def test_where_a_response_was_built_goes_before_where_it_was_sent(load: Load, sent: Sent, serve: Any) -> None:
    views = load("views.py", BUILDS)
    second, first = views.view(sent.built)
    framework = load(FRAMEWORK, "def respond(send):\n    send()\n    send()\n")
    serve(framework.respond, sent)
    found = lay("second-response", start(sent[1], origin=second), start(sent[0], origin=first), views.view)
    assert two(found) == ("views.py:3", "views.py:2")


def test_one_object_that_a_package_starts_twice(load: Load, sent: Sent, serve: Any) -> None:
    views = load("views.py", BUILDS)
    origin = views.other(sent.built)
    package = load(PACKAGE, "def twice(send):\n    send()\n    send()\n")
    serve(package.twice, sent)
    found = lay("second-response", start(sent[1], origin=origin), start(sent[0], origin=origin), views.other)
    assert two(found) == ("third/middleware.py:3", "views.py:7")
    assert found.notes == ("the line is in the package third, not in your code",)


def test_a_response_that_sends_itself_blames_no_frame_that_only_called_the_app(
    load: Load, sent: Sent, serve: Any
) -> None:
    framework = load(FRAMEWORK, "def call(send):\n    send()\n\n\ndef dispatch(f, send):\n    f(send)\n")
    source = "def middleware(send):\n    dispatch(call, send)\n"
    app = load("app.py", source, dispatch=framework.dispatch, call=framework.call)
    serve(app.middleware, sent)
    origin = load("views.py", BUILDS).other(sent.built)
    (chain,) = sent
    with_sender = start(chain, sender=0, origin=origin)
    assert line(lay("duplicate-header", with_sender, None, app.middleware).where) == "views.py:7"
    unknown = start(chain, sender=0)
    assert line(lay("duplicate-header", unknown, None, app.middleware).where) == "app.py:1", "the handler"
    plain = start(chain)
    assert line(lay("duplicate-header", plain, None, app.middleware).where) == "app.py:2", "on the live stack"


def test_a_user_who_calls_the_response_himself_is_to_blame(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def call(send):\n    send()\n")
    app = load("app.py", "def app(send):\n    call(send)\n    call(send)\n", call=framework.call).app
    serve(app, sent)
    found = lay("second-response", start(sent[1], sender=0), start(sent[0], sender=0), app)
    assert two(found) == ("app.py:3", "app.py:2")


def test_a_users_own_method_inside_the_response_is_to_blame(load: Load, sent: Sent, serve: Any) -> None:
    own = load("own.py", "def stream(send):\n    send()\n")
    framework = load(FRAMEWORK, "def call(stream, send):\n    stream(send)\n")
    serve(framework.call, own.stream, sent)
    assert line(lay("duplicate-header", start(sent[0], sender=1), None, own.stream).where) == "own.py:2"


def test_a_response_that_another_object_sends_has_no_sender_on_the_stack(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send()\n").app
    serve(app, sent)
    origin = load("views.py", BUILDS).other(sent.built)
    assert (
        line(lay("duplicate-header", start(sent[0], sender=NOT_ITSELF, origin=origin), None, app).where) == "views.py:7"
    )
    assert line(lay("duplicate-header", start(sent[0], sender=NOT_ITSELF), None, app).where) == "app.py:1"


def test_what_the_framework_made_of_the_return_is_laid_to_the_handler(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def finish(send, build):\n    send()\n    return build()\n")
    view = load("views.py", "import functools\n\n\ndef view(send):\n    send()\n    return 1\n").view
    serve(view, sent)
    origin = serve(framework.finish, sent, sent.built)
    found = lay("second-response", start(sent[1], origin=origin, sender=0), start(sent[0]), view)
    assert two(found) == ("views.py:4", "views.py:5")
    assert found.notes == ("a framework made the response, in fw/core.py:3",)


def test_without_a_handler_the_innermost_frame_that_differs_is_named(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def twice(send):\n    send()\n    send()\n")
    serve(framework.twice, sent)
    assert line(lay("second-response", start(sent[1]), start(sent[0])).where) == "fw/core.py:3"
    assert lay("second-response", start(None), start(None)).where is None


# ------------------------------------------------------------------------------------------ one event


def test_an_event_of_the_users(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send()\n    send()\n").app
    serve(app, sent)
    first, second = start(sent[0]), Data(1, Site(sent[1]))
    assert two(lay("body-not-bytes", second, first, app, head=first)) == ("app.py:3", "app.py:2")
    assert line(lay("hung-response", TimedOut(Site(sent[1])), first, app).where) == "app.py:3"


def test_an_event_without_a_site_is_laid_to_the_handler(load: Load) -> None:
    app = load("app.py", "@print\ndef wrong():\n    pass\n\n\ndef app(send):\n    send()\n").app
    found = lay("body-not-bytes", Data(1), None, app)
    assert line(found.where) == "app.py:6"
    assert found.where is not None
    assert (found.where.column, found.where.source, found.where.function) == (1, "def app(send):", "app")
    assert found.where.end_column == len("def app(send):") + 1


def test_a_chain_alone_will_do_for_a_site(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send()\n").app
    serve(app, sent)
    assert line(lay("hung-response", TimedOut(sent[0]), None, app).where) == "app.py:2"


def test_a_handler_of_the_frameworks_own_is_not_blamed_before_a_package(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def view(send):\n    send()\n")
    package = load(PACKAGE, "def wrapped(view, send):\n    view(send)\n")
    serve(package.wrapped, framework.view, sent)
    handler = Handler(str(Path(Owners.root) / FRAMEWORK), 1, "view", "elsewhere")
    assert line(lay("invalid-status", start(sent[0]), None, handler).where) == "third/middleware.py:2"


def test_without_a_handler_and_a_line_of_the_users_the_package_is_named(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def respond(send):\n    send()\n")
    package = load(PACKAGE, "def wrapped(respond, send):\n    respond(send)\n")
    serve(package.wrapped, framework.respond, sent)
    serve(framework.respond, sent)
    assert line(lay("invalid-status", start(sent[0]), None).where) == "third/middleware.py:2"
    assert line(lay("invalid-status", start(sent[1]), None).where) == "fw/core.py:2", "there is nobody else"


def test_a_second_event_of_the_users_stands_beside_a_first_of_nobodys(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def outer(send):\n    app(send)\n\n\ndef app(send):\n    send()\n")
    framework = load(FRAMEWORK, "def respond(send):\n    send()\n")
    serve(framework.respond, sent)
    serve(app.outer, sent)
    assert two(lay("second-response", start(sent[1]), start(sent[0]))) == ("app.py:6", "fw/core.py:2")


def test_who_called_an_app_has_to_close_what_he_got(load: Load, sent: Sent, serve: Any) -> None:
    package = load(PACKAGE, "def middleware(send):\n    send()\n")
    app = load("app.py", "def outer(send):\n    middleware(send)\n", middleware=package.middleware)
    serve(app.outer, sent)
    found = lay("iterable-not-closed", Improper("iterable-not-closed", "x", Site(sent[0])), None, app.outer)
    assert two(found) == ("third/middleware.py:2", "")
    assert line(lay("iterable-not-closed", Improper("iterable-not-closed", "x"), None, app.outer).where) == "app.py:1"


@pytest.mark.parametrize("rule", ["no-response", "unfinished-response", "trailers-missing", "websocket-no-decision"])
def test_what_is_missing_is_laid_to_the_handler(load: Load, sent: Sent, serve: Any, rule: str) -> None:
    app = load("app.py", "class App:\n    def __call__(self, send):\n        send()\n").App()
    serve(app, sent)
    found = lay(rule, Returned(), start(sent[0]), app)
    assert two(found) == ("app.py:2", "app.py:3")
    assert found.where is not None and (found.where.column, found.where.function) == (5, "App.__call__")


def test_nothing_is_known_and_nothing_is_said() -> None:
    found = lay("no-response", Returned(), None)
    assert found == Blame(None, None, (), None, ())


# ------------------------------------------------------------------------------------------ lengths and bodies


def test_a_length_that_was_set_by_hand_is_laid_to_that_line(load: Load, sent: Sent, serve: Any) -> None:
    views = load("views.py", BUILDS)
    origin = views.other(sent.built)
    declared = load("app.py", "def middleware(build):\n    return build()\n").middleware(sent.built)
    head = start((), origin=origin, given=_declared(declared))
    assert two(lay("length-mismatch", End(), head, views.other, head=head)) == ("app.py:2", "views.py:7")


def test_a_length_that_a_framework_set_is_laid_to_the_response(load: Load, sent: Sent) -> None:
    views = load("views.py", BUILDS)
    origin = views.other(sent.built)
    framework = load(FRAMEWORK, "def init(build):\n    return build()\n")
    declared = framework.init(sent.built)[:2]
    head = start((), origin=origin, given=_declared(declared))
    assert two(lay("length-mismatch", End(), head, views.other, head=head)) == ("views.py:7", "")


GIVEN = """\
def view(build):
    return build()

def other(build):
    return build()
"""


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([("status", 204, True)], "status.py:5"),
        ([("status", 204, False)], "status.py:5"),
        ([("status", 500, False)], "views.py:7"),
        ([("body", None, True)], "views.py:7"),
        ([("x-name", "5", True)], "views.py:7"),
        ([], "views.py:7"),
    ],
)
def test_a_status_that_was_given_by_hand_is_laid_to_that_line(
    given: list[tuple[str, Any, bool]], wanted: str, load: Load, sent: Sent
) -> None:
    views, status = load("views.py", BUILDS), load("status.py", GIVEN)
    chain = status.other(sent.built)
    site = [sites.Given(what, value, chain[:2], own) for what, value, own in given]
    head = start((), 204, origin=views.other(sent.built), given=tuple(site))
    assert line(lay("body-not-allowed", End(), head, views.other, head=head).where) == wanted
    assert line(lay("invalid-status", head, None, views.other, head=head).where) == wanted


def test_of_what_was_given_the_last_counts(load: Load, sent: Sent) -> None:
    status = load("status.py", GIVEN)
    chains = status.view(sent.built)[:2], status.other(sent.built)[:2]
    given = tuple(sites.Given("content-length", "5", chain) for chain in chains)
    head = start((), given=given)
    assert line(lay("length-mismatch", End(), head, status.view, head=head).where) == "status.py:5"
    every = sites.Given("headers", ("x",), chains[0])
    head = start((), given=(*given, every))
    assert line(lay("invalid-header", head, None, status.view, head=head, header="x").where) == "status.py:2"
    assert line(lay("invalid-header", head, None, status.view, head=head, header="y").where) != "status.py:2"
    body = sites.Given("body", None, chains[0])
    found = lay("length-mismatch", End(), head, status.view, head=head)
    assert found.labels is None, "the rule's own"
    head = start((), given=(*given, body))
    found = lay("length-mismatch", End(), head, status.view, head=head)
    assert line(found.where) == "status.py:2" and found.labels == ("body changed here", "length declared here")


def test_an_exception_without_a_traceback_is_laid_to_where_it_had_come_from(load: Load, sent: Sent) -> None:
    views = load("views.py", GIVEN)
    known = sites.Given("handled", None, views.other(sent.built))
    head = start((), handling=ValueError(), given=(known,))
    assert line(lay("invalid-header", head, None, views.view, head=head, header="x").where) == "views.py:5"


def _declared(chain: sites.Chain) -> Any:
    return (sites.Given("content-length", "5", chain),)


def test_a_length_in_the_head_itself_is_laid_to_the_start(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send()\n    send()\n").app
    serve(app, sent)
    head = start(sent[0])
    assert two(lay("length-mismatch", Data(9, Site(sent[1])), head, app, head=head)) == ("app.py:2", "app.py:3")
    assert two(lay("length-mismatch", End(Site(sent[0])), head, app, head=head)) == ("app.py:2", ""), "no line twice"


def test_a_body_on_head_is_laid_to_what_sent_it(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send()\n    send()\n").app
    serve(app, sent)
    head = start(sent[0])
    assert two(lay("body-on-head", Data(9, Site(sent[1])), head, app, head=head)) == ("app.py:3", "app.py:2")


@pytest.mark.parametrize("rule", ["body-not-allowed"])
def test_a_forbidden_body_is_laid_to_the_status(load: Load, sent: Sent, serve: Any, rule: str) -> None:
    app = load("app.py", "def app(send):\n    send()\n    send()\n").app
    serve(app, sent)
    head = start(sent[0], 204)
    assert two(lay(rule, Data(9, Site(sent[1])), head, app, head=head)) == ("app.py:2", "app.py:3")


def test_a_body_that_a_middleware_made_is_laid_to_the_middleware(load: Load, sent: Sent, serve: Any) -> None:
    package = load(PACKAGE, "def gzip(app, send):\n    app(send)\n    send()\n")
    framework = load(FRAMEWORK, "def call(send):\n    send()\n")
    serve(package.gzip, framework.call, sent)
    views = load("views.py", BUILDS)
    head = start(sent[0], 204, origin=views.other(sent.built), sender=0, size=0)
    found = lay("body-not-allowed", Data(9, Site(sent[1])), head, views.other, head=head)
    assert two(found) == ("third/middleware.py:3", "views.py:7")


def test_the_same_helper_below_does_not_hide_the_middleware(load: Load, sent: Sent, serve: Any) -> None:
    package = load(PACKAGE, "def gzip(call, send):\n    call(send)\n    call(send)\n")
    framework = load(FRAMEWORK, "def call(send):\n    send()\n")
    serve(package.gzip, framework.call, sent)
    views = load("views.py", BUILDS)
    head = start(sent[0], 204, origin=views.other(sent.built), sender=0, size=0)
    found = lay("body-not-allowed", Data(9, Site(sent[1])), head, views.other, head=head)
    assert two(found) == ("third/middleware.py:3", "views.py:7")


def test_a_length_that_a_middleware_made_wrong_is_laid_to_the_middleware(load: Load, sent: Sent, serve: Any) -> None:
    package = load(PACKAGE, "def minify(app, send):\n    app(send)\n    send()\n")
    framework = load(FRAMEWORK, "def call(send):\n    send()\n")
    serve(package.minify, framework.call, sent)
    origin = load("views.py", BUILDS).other(sent.built)
    for size, where in ((5, "third/middleware.py:3"), (4, "views.py:7")):
        head = Start(200, ((b"content-length", b"5"),), Site(sent[0], sender=0, origin=origin, size=size))
        found = lay("length-mismatch", Data(9, Site(sent[1])), head, None, head=head)
        assert line(found.where) == where, "where the response itself was right"


def test_a_frame_that_passes_a_message_on_is_not_to_blame(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    passes(send)\n    passes(send)\n\n\ndef passes(send):\n    send()\n").app
    serve(app, sent)
    first, second = start(sent[0], passed=(0,)), start(sent[1], passed=(0,))
    assert two(lay("second-response", second, first, app)) == ("app.py:3", "app.py:2")
    assert line(lay("duplicate-header", first, None, app).where) == "app.py:2"


# ------------------------------------------------------------------------------------------ exceptions

RAISES = """\
def raises(error=KeyError):
    raise error("k")


def caused():
    try:
        raises()
    except KeyError as error:
        wrap(error)


def in_context():
    try:
        raises()
    except KeyError:
        wrap(None)


def in_group():
    try:
        raises()
    except KeyError as error:
        group(error)


def itself():
    library(raises)


def re_raised():
    try:
        raises()
    except KeyError as error:
        raise ValueError("v") from error
"""

LIBRARY = """\
def wrap(error):
    if error is None:
        raise RuntimeError("wrapped")
    raise RuntimeError("wrapped") from error


def group(error):
    raise ExceptionGroup("g", [ExceptionGroup("h", [error])])


def library(f):
    try:
        f()
    finally:
        pass
"""


def escaped(load: Load, serve: Any, name: str, where: str = "app.py", library: str = FRAMEWORK) -> BaseException:
    inside = load(library, LIBRARY)
    app = load(where, RAISES, wrap=inside.wrap, group=inside.group, library=inside.library)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whichever it is
        serve(getattr(app, name))
    return caught.value


ERRORS = [
    # which function fails, the line blamed, the exception told, its own line
    ("raises", "app.py:2", "KeyError", "app.py:2"),
    ("itself", "app.py:2", "KeyError", "app.py:2"),
    ("caused", "app.py:2", "KeyError", "app.py:2"),
    ("in_context", "app.py:2", "KeyError", "app.py:2"),
    ("in_group", "app.py:2", "KeyError", "app.py:2"),
    ("re_raised", "app.py:34", "ValueError", "app.py:34"),
]


@pytest.mark.parametrize("rule", ["error-after-start", "error-after-end", "unhandled-error"])
@pytest.mark.parametrize(("name", "where", "kind", "raised"), ERRORS, ids=[case[0] for case in ERRORS])
def test_an_error_is_laid_to_the_innermost_line_of_the_users(
    load: Load, serve: Any, name: str, where: str, kind: str, raised: str, rule: str
) -> None:
    error = escaped(load, serve, name)
    found = lay(rule, Raised(error), None, error=error)
    assert line(found.where) == where
    assert found.exception is not None
    assert (found.exception.type, line(found.exception.where)) == (kind, raised)
    assert line(found.stack[-1]) == where


def test_an_error_that_a_package_raises_is_laid_to_the_users_call(load: Load, serve: Any) -> None:
    package = load(PACKAGE, RAISES)
    app = load("app.py", "def app():\n    raises()\n", raises=package.raises).app
    with pytest.raises(KeyError) as caught:
        serve(app)
    found = lay("error-after-start", Raised(caught.value), None, error=caught.value)
    assert line(found.where) == "app.py:2"
    assert [line(place) for place in found.stack] == ["app.py:2", "third/middleware.py:2"]


def test_an_error_without_a_line_of_the_users_is_laid_to_the_package(load: Load, serve: Any) -> None:
    error = escaped(load, serve, "raises", PACKAGE)
    found = lay("unhandled-error", Raised(error), None, error=error)
    assert line(found.where) == "third/middleware.py:2"
    assert found.notes == ("the line is in the package third, not in your code",)


def test_an_error_of_a_packages_own_is_laid_to_the_users_response(load: Load, sent: Sent, serve: Any) -> None:
    error = escaped(load, serve, "raises", PACKAGE)
    views = load("views.py", BUILDS)
    serve(load("send.py", "def app(send):\n    send()\n").app, sent)
    for head in (start(sent[0], origin=views.other(sent.built), sender=0), start(sent[0])):
        found = lay("error-after-start", Raised(error), head, views.other, head=head, error=error)
        assert two(found) == ("views.py:7" if head.site.origin else "send.py:2", "")
        assert found.notes == ("it was raised in third/middleware.py:2",)
        assert found.labels == ("response made here", "")


def test_what_a_package_makes_of_an_error_is_its_own_and_the_users_call_is_blamed(load: Load, serve: Any) -> None:
    error = escaped(load, serve, "caused", library=PACKAGE)
    found = lay("unhandled-error", Raised(error), None, error=error)
    assert found.exception is not None
    assert (line(found.where), found.exception.type) == ("app.py:9", "RuntimeError")


def test_an_error_stands_beside_the_head(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send()\n    raise KeyError('k')\n").app
    with pytest.raises(KeyError) as caught:
        serve(app, sent)
    head = start(sent[0])
    found = lay("error-after-start", Raised(caught.value), head, app, head=head, error=caught.value)
    assert two(found) == ("app.py:3", "app.py:2")


def test_an_error_that_was_handled_is_told_with_a_second_response(load: Load, sent: Sent, serve: Any) -> None:
    source = "def app(send):\n    send()\n    try:\n        raise KeyError('k')\n    except KeyError:\n        send()\n"
    app = load("app.py", source).app
    serve(app, sent)
    error = escaped(load, serve, "raises", "other.py")
    found = lay("second-response", start(sent[1], 500, error), start(sent[0]), app, error=error)
    assert two(found) == ("app.py:6", "app.py:2")
    assert found.exception is not None and line(found.exception.where) == "other.py:2"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_how_an_exception_is_told() -> None:
    def told(error: BaseException) -> tuple[str, str]:
        caught = lay("unhandled-error", Raised(error), None, error=error).exception
        assert caught is not None
        return caught.type, caught.message

    assert told(KeyError("k")) == ("KeyError", "'k'")
    assert told(json_error()) == ("json.decoder.JSONDecodeError", "Expecting value: line 1 column 1 (char 0)")
    kind, message = told(Unprintable())
    assert kind.endswith(".Unprintable") and message == "<Unprintable that cannot be printed>"


def json_error() -> BaseException:
    import json

    try:
        json.loads("x")
    except ValueError as error:
        return error
    raise AssertionError


def test_of_errors_without_a_line_of_the_users_the_cause_is_told(load: Load) -> None:
    cause = json_error()
    wrapper, outer = RuntimeError("after the start"), RuntimeError("again")
    wrapper.__cause__, outer.__cause__ = cause, wrapper
    found = lay("unhandled-error", Raised(outer), None, error=outer)
    assert found.exception is not None and found.exception.type == "json.decoder.JSONDecodeError"
    cause.__cause__ = outer  # a ring
    assert lay("unhandled-error", Raised(outer), None, error=outer).exception is not None


def test_a_ring_of_contexts_ends(load: Load) -> None:
    one, two_ = ValueError("1"), ValueError("2")
    one.__context__, two_.__context__ = two_, one
    assert lay("unhandled-error", Raised(one), None, error=one).exception is not None


# ------------------------------------------------------------------------------------------ adapters

ADAPTER = """\
def run(app, send):
    def start_response(status, headers, exc_info=None):
        send()
    app(start_response)
"""


def test_an_adapter_that_speaks_asgi_for_a_wsgi_app_is_blamed_itself(load: Load, sent: Sent, serve: Any) -> None:
    adapter = load(PACKAGE, ADAPTER)
    source = "def app(start_response):\n    start_response('200 OK', [])\n    start_response('500', [], 1)\n"
    app = load("app.py", source).app
    serve(adapter.run, app, sent)
    first = start(sent[0])
    handled = start(sent[1], handling=KeyError())
    assert two(lay("second-response", handled, first, app))[0] == "third/middleware.py:3"
    assert two(lay("second-response", start(sent[1]), first, app)) == ("app.py:3", "app.py:2"), "without exc_info"
    assert two(lay("second-response", handled, first, app, interface="wsgi")) == ("app.py:3", "app.py:2")


def test_an_adapter_is_found_behind_its_own_helpers(load: Load, sent: Sent, serve: Any) -> None:
    framework = load(FRAMEWORK, "def hand_over(send):\n    send()\n")
    adapter = load(PACKAGE, ADAPTER.replace("        send()", "        hand_over(send)"), hand_over=framework.hand_over)
    app = load("app.py", "def app(start_response):\n    start_response('500', [], 1)\n").app
    serve(adapter.run, app, sent)
    serve(adapter.run, app, sent)
    found = lay("second-response", start(sent[1], handling=KeyError()), start(sent[0]), app)
    assert two(found) == ("third/middleware.py:3", "app.py:2")


def test_a_users_own_adapter_is_the_user(load: Load, sent: Sent, serve: Any) -> None:
    app = load(
        "app.py", ADAPTER + "\n\ndef app(start_response):\n    start_response(1, 2)\n    start_response(1, 2, 3)\n"
    )
    serve(app.run, app.app, sent)
    found = lay("second-response", start(sent[1], handling=KeyError()), start(sent[0]), app.app)
    assert two(found) == ("app.py:9", "app.py:8")


# ------------------------------------------------------------------------------------------ lines


def test_frames_on_one_line(load: Load, sent: Sent, serve: Any) -> None:
    app = load("app.py", "def app(send):\n    send(), send()\n    send()\n\n\ndef other(send):\n    send()\n")
    serve(app.app, sent)
    serve(app.other, sent)
    one, same, below, other = (sites.frames(chain)[0] for chain in sent)
    assert same_line(one, one) and same_line(one, same) and one[1] != same[1]
    assert not same_line(one, below) and not same_line(one, other)


def test_who_sent_a_body_is_looked_for_behind_the_send_of_a_package(load: Load) -> None:
    asgiref = pytest.importorskip("asgiref.testing")
    users = load("shop.py", "async def send(message): pass\nasync def other(response): pass\n")
    assert _is_others_send(asgiref.ApplicationCommunicator.send_input.__code__)
    assert not _is_others_send(users.send.__code__) and not _is_others_send(users.other.__code__)

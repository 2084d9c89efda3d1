"""What a call can raise: the exceptions that its callee is known for, or that its own source raises.

The order of choice: what a library of the table below raises when the other side fails; for a function of the user's
what its source raises itself (what it calls is made to fail there); for a function of any other package
a plain RuntimeError. Python's own pure functions, the standard library beyond the table, logging, and what frameworks
offer beyond the table do not fail. Nothing is imported for it: a library that is not loaded is not called.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import io
import sys
import types
from collections.abc import Iterator
from typing import Any

from .. import frameworks, sites
from ..owners import HERE, Code
from .regions import BARE, looked_up, raised_by

Types = tuple[type[BaseException], ...]

_OF_MODULES: dict[str, tuple[str, ...]] = {
    # Python's own
    **dict.fromkeys(("io", "_io", "os", "posix", "nt", "shutil", "pathlib", "tempfile", "glob"), ("builtins.OSError",)),
    **dict.fromkeys(("fileinput", "mmap", "subprocess", "select"), ("builtins.OSError",)),
    **dict.fromkeys(("socket", "_socket", "ssl", "_ssl"), ("builtins.ConnectionResetError", "builtins.TimeoutError")),
    "http.client": ("http.client.RemoteDisconnected", "builtins.TimeoutError"),
    "urllib.request": ("urllib.error.URLError", "builtins.TimeoutError"),
    "xmlrpc": ("xmlrpc.client.Error",),
    "smtplib": ("smtplib.SMTPServerDisconnected",),
    "ftplib": ("ftplib.error_temp",),
    "imaplib": ("imaplib.IMAP4.error",),
    "sqlite3": ("sqlite3.OperationalError",),
    "_sqlite3": ("sqlite3.OperationalError",),
    "dbm": ("builtins.OSError",),
    "shelve": ("builtins.OSError",),
    "json": ("json.decoder.JSONDecodeError",),
    "pickle": ("_pickle.UnpicklingError",),
    "_pickle": ("_pickle.UnpicklingError",),
    "_csv": ("_csv.Error",),
    "zipfile": ("zipfile.BadZipFile",),
    "tarfile": ("tarfile.ReadError",),
    "gzip": ("gzip.BadGzipFile",),
    "xml": ("xml.etree.ElementTree.ParseError",),
    "queue": ("_queue.Empty", "queue.Full"),
    "string.Template.substitute": ("builtins.KeyError", "builtins.ValueError"),
    "tomllib": ("tomllib.TOMLDecodeError",),
    "configparser": ("configparser.Error",),
    "concurrent.futures": ("builtins.TimeoutError",),
    "asyncio.tasks": ("builtins.TimeoutError",),
    "asyncio.timeouts": ("builtins.TimeoutError",),
    "asyncio.streams": ("builtins.ConnectionResetError",),
    # upstreams
    "requests": ("requests.exceptions.ConnectionError", "requests.exceptions.ReadTimeout"),
    "urllib3": ("urllib3.exceptions.ProtocolError",),
    "httpx._models": ("httpx.ReadError", "httpx.ReadTimeout"),
    "httpx2._models": ("httpx2.ReadError", "httpx2.ReadTimeout"),
    "httpx": ("httpx.ConnectError", "httpx.ReadTimeout"),
    "httpx2": ("httpx2.ConnectError", "httpx2.ReadTimeout"),
    "aiohttp": ("aiohttp.client_exceptions.ClientConnectionError", "builtins.TimeoutError"),
    "grpc": ("grpc.RpcError",),
    "botocore": ("botocore.exceptions.BotoCoreError",),
    "boto3": ("botocore.exceptions.BotoCoreError",),
    "stripe": ("stripe.StripeError",),
    # databases, caches and queues
    "sqlalchemy": ("sqlalchemy.exc.OperationalError",),
    "aiosqlite": ("sqlite3.OperationalError",),
    "django.db": ("django.db.utils.OperationalError",),
    "django.core.cache": ("builtins.ConnectionError",),
    "django.core.mail": ("smtplib.SMTPServerDisconnected",),
    "django.core.files": ("builtins.OSError",),
    "redis": ("redis.exceptions.ConnectionError", "redis.exceptions.TimeoutError"),
    "psycopg": ("psycopg.OperationalError",),
    "psycopg2": ("psycopg2.OperationalError",),
    "asyncpg": ("asyncpg.exceptions._base.InterfaceError",),
    "pymysql": ("pymysql.err.OperationalError",),
    "MySQLdb": ("MySQLdb.OperationalError",),
    "oracledb": ("oracledb.exceptions.OperationalError",),
    "peewee": ("peewee.OperationalError",),
    "pymongo": ("pymongo.errors.ConnectionFailure",),
    "motor": ("pymongo.errors.ConnectionFailure",),
    "elasticsearch": ("elasticsearch.ApiError",),
    "celery": ("kombu.exceptions.OperationalError",),
    "kombu": ("kombu.exceptions.OperationalError",),
    "pika": ("pika.exceptions.AMQPError",),
    "kafka": ("kafka.errors.KafkaError",),
    "pymemcache": ("pymemcache.exceptions.MemcacheError",),
    # what frameworks offer and what fails with data or with the client
    "jinja2": ("jinja2.exceptions.UndefinedError",),
    "flask.templating": ("jinja2.exceptions.UndefinedError",),
    "django.template": ("django.template.exceptions.TemplateSyntaxError",),
    "django.shortcuts.render": ("django.template.exceptions.TemplateSyntaxError",),
    "starlette.templating": ("jinja2.exceptions.UndefinedError",),
    **dict.fromkeys(
        (f"starlette.requests.Request.{name}" for name in ("stream", "body", "json", "form", "_get_form")),
        ("starlette.requests.ClientDisconnect",),
    ),
}
"""What fails in a package, a module, or one function, by the longest name that fits, as "module.qualname" of exceptions."""

LETS_GO = frozenset(
    ("close", "aclose", "release", "disconnect", "remove", "unlink", "rmtree", "rmdir", "cleanup", "__exit__")
)
"""Methods that let go of something: they do it, and fail then."""
_NEVER = frozenset(("closed", "shutdown", "terminate", "dispose", "kill"))
"""Methods after whose failure nothing that matters is different."""
_PURE = frozenset(
    (
        *("os.path", "posixpath", "ntpath", "os.getenv", "json.dumps"),
        *(f"{system}.{name}" for system in ("posix", "nt") for name in ("fspath", "getpid", "getppid", "urandom")),
        *("json.encoder", "io.StringIO", "io.BytesIO", "_io.StringIO", "_io.BytesIO", "pickle.dumps", "_pickle.dumps"),
        *(
            "pathlib.PurePath",
            "pathlib.PurePathBase",
            "pathlib.Path.joinpath",
            "pathlib.Path.with_suffix",
            "xml.sax.saxutils",
            "sqlite3.Row",
        ),
        *("django.db.models.expressions", "django.db.models.query_utils", "django.db.models.aggregates"),
        *("sqlalchemy.sql", "sqlalchemy.orm.strategy_options", "sqlalchemy.orm.attributes", "subprocess.list2cmdline"),
        *("asyncio.tasks.create_task", "asyncio.tasks.sleep", "asyncio.tasks.ensure_future", "asyncio.tasks.gather"),
        *("asyncio.tasks.shield", "asyncio.tasks.current_task", "asyncio.tasks.all_tasks", "os.environ"),
        *("django.db.models.manager", "starlette.requests.Request.is_disconnected", "tempfile.gettempdir"),
    )
)
"""Parts of those that do not fail, by the same names; the longer name decides."""
_LAZY = frozenset(
    (
        *("all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "values", "only", "defer"),
        *("annotate", "alias", "distinct", "none", "reverse", "values_list", "using", "select_for_update", "dates"),
        *("union", "intersection", "difference", "extra", "complex_filter", "datetimes", "get_queryset", "as_manager"),
    )
)
"""Methods of Django's query sets that ask the database for nothing."""
_WRAPS = frozenset(("scalars", "mappings", "unique", "columns", "tuples", "keys", "yield_per", "freeze"))
"""Methods of SQLAlchemy's results that fetch nothing."""
_OPENING = frozenset(
    (
        *("smtplib.SMTP", "smtplib.SMTP_SSL", "ftplib.FTP", "ftplib.FTP_TLS", "imaplib.IMAP4", "imaplib.IMAP4_SSL"),
        *("zipfile.ZipFile", "subprocess.Popen", "_io.FileIO", "tempfile.TemporaryDirectory", "gzip.GzipFile"),
        *("socket.socket", "psycopg.Connection", "pymysql.connections.Connection", "tarfile.TarFile"),
    )
)
"""Classes that reach for something when they are called; the others only hold what they are given."""
GO_THROUGH = frozenset((list, tuple, set, frozenset, dict, sorted, sum, min, max, any, all, next, enumerate, anext))
"""What is called with an iterable, and fails where that does."""


def of_call(function: Any) -> Types:
    """What a callable may raise instead of what it does; empty where it is not to fail."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, types.MethodType):
        owner, function = function.__self__, function.__func__
        if isinstance(owner, sites.Responses.classes):
            return ()
    if isinstance(function, types.FunctionType):
        return of_function(function.__code__, function)
    if isinstance(function, (types.BuiltinFunctionType, types.MethodWrapperType)):
        return _of_builtin(function)
    wrapped = _held(function, "__wrapped__")  # functools.cache
    if isinstance(wrapped, types.FunctionType):
        return of_call(wrapped)
    if isinstance(function, type) and f"{function.__module__}.{function.__qualname__}" in _OPENING:
        return _of_names(function.__module__, function.__qualname__)
    return ()


def _held(thing: Any, name: str) -> Any:
    """What an object itself holds under a name; what its class does where it does not is not asked for."""
    try:
        return object.__getattribute__(thing, "__dict__").get(name)
    except AttributeError:
        return None


def _of_builtin(function: Any) -> Types:
    owner = function.__self__
    if function is open or function is io.open:
        return (OSError,)
    if owner is None or isinstance(owner, types.ModuleType):
        if function.__module__ == "_csv":
            return ()
        return _of_names(function.__module__ or "", function.__qualname__)
    kind = owner if isinstance(owner, type) else type(owner)
    if kind.__module__ == "_csv":
        return ()  # what is read may be wrong, and fails where it is gone through
    return _of_names(kind.__module__, f"{kind.__qualname__}.{function.__name__}")


@functools.lru_cache(maxsize=8192)
def of_function(code: types.CodeType, function: types.FunctionType | None = None) -> Types:
    """What a function in Python may raise. Where only its code is known, as of a coroutine, its module is taken from there."""
    filename = code.co_filename
    if filename.startswith(HERE):
        return ()
    module = str(function.__module__) if function is not None else _module_of(filename)
    if Code.is_user(filename):
        return _raised_in(function) if function is not None and not _is_async(code) else ()
    if function is not None and _is_async(code):
        return ()  # it fails where it is awaited, or gone through
    # a wrapper of functools has the module and the name of what it wraps
    name = function.__qualname__ if function is not None else code.co_qualname
    known = _of_names(module, name)
    if known or Code.is_standard(filename) or Code.is_framework(filename) or module.startswith(_TESTS):
        return known
    if code.co_name in _NEVER or code.co_name in LETS_GO or _is_pure(module, name):
        return ()
    return () if code.co_name.startswith(("is_", "has_")) else (RuntimeError,)


_TESTS = (
    *("pytest", "_pytest", "unittest", "pydantic", "typing_extensions", "anyio", "sniffio", "attr", "markupsafe"),
    *("simplejson", "orjson", "ujson", "msgpack", "dateutil", "pytz", "babel", "markdown", "bleach", "slugify"),
    *("marshmallow", "wtforms", "numpy", "itsdangerous", "more_itertools", "humanize", "phonenumbers", "passlib"),
    *("bcrypt", "jwt", "jose", "rich", "click", "pygments", "docutils", "bs4", "tzlocal", "cachetools", "toolz"),
)
"""Packages whose functions do not fail by themselves."""


Code.listeners.append(of_function.cache_clear)


def _is_async(code: types.CodeType) -> bool:
    return bool(code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_GENERATOR))


def _module_of(filename: str) -> str:
    return _modules().get(filename) or _look_again(filename)


_files: dict[str, str] = {}


def _modules() -> dict[str, str]:
    return _files


def _look_again(filename: str) -> str:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str):
            _files.setdefault(file, name)
    return _files.setdefault(filename, "")


def of_thing(thing: Any) -> Types:
    """What an object may raise where it is gone through or entered: by its class, a generator by its function."""
    if isinstance(thing, (types.GeneratorType, types.AsyncGeneratorType)):
        return _of_generator(thing.gi_code if isinstance(thing, types.GeneratorType) else thing.ag_code)
    inner = _held(thing, "gen")  # contextlib's managers hold the generator
    if isinstance(inner, (types.GeneratorType, types.AsyncGeneratorType)):
        return of_thing(inner)
    kind = type(thing)
    if kind.__module__ == "builtins" or isinstance(thing, sites.Responses.classes):
        return ()
    return _of_names(kind.__module__, kind.__qualname__) or _of_own_kind(kind)


def _of_own_kind(kind: type) -> Types:
    """A class of the user's own that is gone through or entered stands for something that others hold."""
    names = ("__next__", "__anext__", "__iter__", "__aiter__", "__enter__", "__aenter__")
    steps = (getattr(kind, name, None) for name in names)
    mine = any(isinstance(step, types.FunctionType) and Code.is_user(step.__code__.co_filename) for step in steps)
    return (RuntimeError,) if mine else ()


def _of_generator(code: types.CodeType) -> Types:
    if Code.is_user(code.co_filename):
        return ()  # what it calls is made to fail in it
    return _of_names(_module_of(code.co_filename), code.co_qualname)


def may(kind: str, manager: Any) -> bool:
    """Whether the entry, or the exit, of a context manager may fail.

    What is opened by the call before it is entered surely; at its end only what ends a transaction does something.
    """
    owner = type(manager)
    top = owner.__module__.partition(".")[0]
    if kind == "exit":
        names = set(frameworks.class_names(owner))
        return not names & _ONLY_CLOSE and (top == "contextlib" or top in _TRANSACTS)
    return top not in _OPEN


_OPEN = ("_io", "io", "sqlite3", "socket", "_socket", "ssl", "tempfile", "zipfile", "tarfile", "gzip", "urllib", "http")
_ONLY_CLOSE = frozenset(
    (
        *("sqlalchemy.orm.session.Session", "sqlalchemy.ext.asyncio.session.AsyncSession", "aiosqlite.core.Connection"),
        *("sqlalchemy.engine.base.Connection", "sqlalchemy.ext.asyncio.engine.AsyncConnection"),
    )
)
"""Managers whose end only lets go of what they hold."""
_TRANSACTS = ("sqlite3", "sqlalchemy", "django", "psycopg", "psycopg2", "asyncpg", "aiosqlite", "peewee")


def of_awaitable(awaitable: Any) -> Types:
    """What an await may raise: it may be cancelled in any case."""
    if isinstance(awaitable, types.CoroutineType):
        known = of_function(awaitable.cr_code)
    elif isinstance(awaitable, asyncio.Future):
        known = ()  # the task's own code is made to fail
    else:
        known = _of_names(type(awaitable).__module__, type(awaitable).__qualname__)
    return (*known, asyncio.CancelledError)


def _is_pure(module: str, name: str) -> bool:
    full = f"{module}.{name}"
    return any(full == pure or full.startswith(pure + ".") for pure in _PURE)


def _of_names(module: str, name: str) -> Types:
    """What the table says of a function, by its module and qualified name."""
    last = name.rpartition(".")[2]
    if last.startswith(("is_", "has_")) or (module.startswith("sqlalchemy.engine.result") and last in _WRAPS):
        return ()
    if module.startswith("pathlib."):  # where Python 3.13 keeps its classes
        module = "pathlib"
    if last in _NEVER or _is_pure(module, name) or (module.startswith("django.db") and last in _LAZY):
        return ()
    parts = f"{module}.{name}".split(".")
    for length in range(len(parts), 0, -1):
        known = _OF_MODULES.get(".".join(parts[:length]))
        if known is not None:
            return tuple(kind for text in known if (kind := resolved(text)) is not None)
    return ()


@functools.lru_cache(maxsize=1024)
def _raised_in(function: types.FunctionType) -> Types:
    """The exceptions that a function of the user's raises itself; those that are answers are not failures."""
    found: dict[type[BaseException], None] = {}
    for node in _raises(function):
        kind = looked_up(node, function.__globals__)
        if isinstance(kind, type) and issubclass(kind, Exception) and not is_answer(kind):
            found[kind] = None
    return tuple(found)


def _raises(function: types.FunctionType) -> Iterator[str]:
    yield from (name for name in raised_by(function.__code__) if name != BARE)


def is_answer(kind: type[BaseException]) -> bool:
    """Whether an exception stands for a response."""
    names = set(frameworks.class_names(kind))
    return bool(names & frameworks.errors() or names & frameworks.responses())


def resolved(name: str) -> type[BaseException] | None:
    """The exception of a dotted name, of what is loaded; None for what is not."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        value: Any = sys.modules.get(".".join(parts[:length]))
        if value is None:
            continue
        for attribute in parts[length:]:
            value = getattr(value, attribute, None)
        return value if isinstance(value, type) and issubclass(value, BaseException) else None
    return None


IF_NAMED = frozenset(("_queue.Empty", "queue.Full"))
"""What is raised only where it was asked for, as a call with a timeout does: who did so has a clause for it."""


def lets_go(function: Any) -> bool:
    """Whether a call lets go of what the user's code holds."""
    return getattr(function, "__name__", "") in LETS_GO


def name_of(kind: type[BaseException]) -> str:
    """The dotted name by which `resolved` finds a class again; builtins without their module."""
    return f"{kind.__module__}.{kind.__qualname__}"

"""What callees are known for, by name: which of them fail and with what, which never do, which only let go."""

from __future__ import annotations

RAISES: dict[str, tuple[str, ...]] = {
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

LETS_GO = frozenset(("close", "aclose", "release", "disconnect", "remove", "unlink", "rmtree", "rmdir", "cleanup"))
"""Methods that let go of something: they do it, and fail then."""
NEVER = frozenset(("closed", "shutdown", "terminate", "dispose", "kill"))
"""Methods after whose failure nothing that matters is different."""
PURE = frozenset(
    (
        *("os.path", "posixpath", "ntpath", "os.getenv", "json.dumps"),
        *(f"{system}.{name}" for system in ("posix", "nt") for name in ("fspath", "getpid", "getppid", "urandom")),
        *("json.encoder", "io.StringIO", "io.BytesIO", "_io.StringIO", "_io.BytesIO", "pickle.dumps", "_pickle.dumps"),
        *("pathlib.PurePath", "pathlib.PurePathBase", "pathlib.Path.joinpath", "pathlib.Path.with_suffix"),
        *("xml.sax.saxutils", "sqlite3.Row"),
        *("django.db.models.expressions", "django.db.models.query_utils", "django.db.models.aggregates"),
        *("sqlalchemy.sql", "sqlalchemy.orm.strategy_options", "sqlalchemy.orm.attributes", "subprocess.list2cmdline"),
        *("asyncio.tasks.create_task", "asyncio.tasks.sleep", "asyncio.tasks.ensure_future", "asyncio.tasks.gather"),
        *("asyncio.tasks.shield", "asyncio.tasks.current_task", "asyncio.tasks.all_tasks", "os.environ"),
        *("django.db.models.manager", "starlette.requests.Request.is_disconnected", "tempfile.gettempdir"),
    )
)
"""Parts of those that do not fail, by the same names; the longer name decides."""
LAZY = frozenset(
    (
        *("all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "values", "only", "defer"),
        *("annotate", "alias", "distinct", "none", "reverse", "values_list", "using", "select_for_update", "dates"),
        *("union", "intersection", "difference", "extra", "complex_filter", "datetimes", "get_queryset", "as_manager"),
    )
)
"""Methods of Django's query sets that ask the database for nothing."""
WRAPS = frozenset(("scalars", "mappings", "unique", "columns", "tuples", "keys", "yield_per", "freeze"))
"""Methods of SQLAlchemy's results that fetch nothing."""
OPENING = frozenset(
    (
        *("smtplib.SMTP", "smtplib.SMTP_SSL", "ftplib.FTP", "ftplib.FTP_TLS", "imaplib.IMAP4", "imaplib.IMAP4_SSL"),
        *("zipfile.ZipFile", "subprocess.Popen", "_io.FileIO", "tempfile.TemporaryDirectory", "gzip.GzipFile"),
        *("socket.socket", "psycopg.Connection", "pymysql.connections.Connection", "tarfile.TarFile"),
    )
)
"""Classes that reach for something when they are called; the others only hold what they are given."""
GO_THROUGH = frozenset((list, tuple, set, frozenset, dict, sorted, sum, min, max, any, all, next, enumerate, anext))
"""What is called with an iterable, and fails where that does."""
COMPUTES = frozenset(
    (
        *("pytest", "_pytest", "unittest", "pydantic", "typing_extensions", "anyio", "sniffio", "attr", "attrs"),
        *("simplejson", "orjson", "ujson", "msgpack", "dateutil", "pytz", "babel", "markdown", "bleach", "slugify"),
        *("marshmallow", "wtforms", "numpy", "itsdangerous", "more_itertools", "humanize", "phonenumbers", "passlib"),
        *("bcrypt", "jwt", "jose", "rich", "click", "pygments", "docutils", "bs4", "tzlocal", "cachetools", "toolz"),
        "markupsafe",
    )
)
"""Packages whose functions do not fail by themselves."""
OPEN = ("_io", "io", "sqlite3", "socket", "_socket", "ssl", "tempfile", "zipfile", "tarfile", "gzip", "urllib", "http")
"""Packages whose managers were opened by the call before they are entered."""
ONLY_CLOSE = frozenset(
    (
        *("sqlalchemy.orm.session.Session", "sqlalchemy.ext.asyncio.session.AsyncSession", "aiosqlite.core.Connection"),
        *("sqlalchemy.engine.base.Connection", "sqlalchemy.ext.asyncio.engine.AsyncConnection"),
    )
)
"""Managers whose end only lets go of what they hold."""
TRANSACTS = ("sqlite3", "sqlalchemy", "django", "psycopg", "psycopg2", "asyncpg", "aiosqlite", "peewee")
"""Packages whose managers end a transaction."""
IF_NAMED = frozenset(("_queue.Empty", "queue.Full"))
"""What is raised only where it was asked for, as a call with a timeout does: who did so has a clause for it."""

"""What an ORM sends to a database by itself can be made to fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_oneresponse.explore.recording import recording
from pytest_oneresponse.fault import Fault
from pytest_oneresponse.faults.databases import tapped
from pytest_oneresponse.faults.tap import Tap
from pytest_oneresponse.instrument.observe import MARKS

from .conftest import Load, Module, Run

DJANGO, ALCHEMY = "django.db.utils.OperationalError", "sqlite3.OperationalError"


@pytest.fixture(scope="module")
def orm() -> Iterator[dict[str, Any]]:
    """Two tables of Django's, in memory."""
    django = pytest.importorskip("django")
    from django.apps import apps
    from django.conf import settings

    if not settings.configured:
        settings.configure(SECRET_KEY="key", ALLOWED_HOSTS=["*"], DATABASES={}, INSTALLED_APPS=[])
    if not apps.ready:
        django.setup()
    from django.db import connections, models, transaction

    if not hasattr(orm, "models"):

        class Author(models.Model):
            name = models.CharField(max_length=20)

            class Meta:
                app_label = "oneresponse_faults"

        class Book(models.Model):
            author = models.ForeignKey(Author, models.CASCADE)

            class Meta:
                app_label = "oneresponse_faults"

        orm.models = (Author, Book)  # type: ignore[attr-defined]
    author, book = orm.models  # type: ignore[attr-defined]
    apps.clear_cache()
    before = dict(connections.settings)
    connections.settings["faults"] = connections.configure_settings(
        {"default": {}, "faults": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    )["faults"]
    with connections["faults"].schema_editor() as editor:
        editor.create_model(author)
        editor.create_model(book)
    book.objects.using("faults").create(author=author.objects.using("faults").create(name="Ann"))
    yield {"Author": author, "Book": book, "transaction": transaction}
    connections["faults"].connection.close()  # close() keeps what is in memory
    del connections["faults"]
    connections.settings.clear()
    connections.settings.update(before)


@pytest.fixture
def alchemy() -> Iterator[dict[str, Any]]:
    """Two tables of SQLAlchemy's, in memory."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sqlalchemy import orm

    class Base(orm.DeclarativeBase):
        pass

    class Author(Base):
        __tablename__ = "author"
        id = orm.mapped_column(sqlalchemy.Integer, primary_key=True)
        books = orm.relationship("Book")

    class Book(Base):
        __tablename__ = "book"
        id = orm.mapped_column(sqlalchemy.Integer, primary_key=True)
        author_id = orm.mapped_column(sqlalchemy.ForeignKey("author.id"))

    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Author(books=[Book()]))
        session.commit()
        yield {"session": session, "Author": Author, "select": sqlalchemy.select, "errors": sqlalchemy.exc}
    engine.dispose()


OF_DJANGO = """
from django.db import OperationalError
done = []
def app(environ, start_response):
    done.clear()
    book = Book.objects.using("faults").first()
    try:
        done.append(book.author.name)
    except OperationalError:
        done.append("failed")
    for author in Author.objects.using("faults").all():
        done.append(author.name)
    start_response("200 OK", [])
    return [b"x"]
"""
OF_ALCHEMY = """
done = []
def app(environ, start_response):
    done.clear()
    author = session.scalars(select(Author)).one()
    session.expire_all()
    try:
        done.append(len(author.books))
    except errors.OperationalError:
        session.rollback()
        done.append("failed")
    start_response("200 OK", [])
    return [b"x"]
"""


def query_at(module: Module, text: str, error: str, nth: int = 1) -> Fault:
    line = module.line(text)
    return Fault("query", module.file, (line, 0, line, 0), error, nth)


def queries(run: Run, module: Module) -> dict[int, tuple[str, ...]]:
    """The lines that send statements, and what these may raise."""
    tap = Tap()
    with tapped():
        run(module.app, tap)
    return {point.place[1][0]: point.failures for point in tap.points.values() if point.kind == "query"}


def test_each_line_that_asks_django_for_rows_may_fail(load: Load, run: Run, orm: dict[str, Any]) -> None:
    module = load(OF_DJANGO, **orm)
    wanted = [module.line(text) for text in (".first()", "book.author", "for author")]
    assert queries(run, module) == dict.fromkeys(wanted, (DJANGO,))
    assert module.done == ["Ann", "Ann"]


def test_what_django_loads_lazily_fails_where_it_is_read(load: Load, run: Run, orm: dict[str, Any]) -> None:
    module = load(OF_DJANGO, **orm)
    with tapped():
        exchange, answer = run(module.app, Tap([query_at(module, "book.author", DJANGO)]))
        assert module.done == ["failed", "Ann"] and answer.status == 200
        (fired,) = exchange.fired
        assert (fired.call, fired.place.line) == ("the database", module.line("book.author"))
        exchange, _ = run(module.app, Tap([query_at(module, "for author", DJANGO)]))
    assert type(exchange.escaped()).__name__ == "OperationalError" and module.done == ["Ann"]


def test_each_line_that_asks_sqlalchemy_for_rows_may_fail(load: Load, run: Run, alchemy: dict[str, Any]) -> None:
    module = load(OF_ALCHEMY, **alchemy)
    wanted = [module.line(text) for text in ("session.scalars", "author.books")]
    assert queries(run, module) == dict.fromkeys(wanted, (ALCHEMY,))
    assert module.done == [1]


def test_what_sqlalchemy_loads_lazily_fails_as_its_own_errors_do(load: Load, run: Run, alchemy: dict[str, Any]) -> None:
    module = load(OF_ALCHEMY, **alchemy)
    with tapped():
        exchange, answer = run(module.app, Tap([query_at(module, "author.books", ALCHEMY)]))
    assert module.done == ["failed"] and len(exchange.fired) == 1 and answer.status == 200
    run(module.app)
    assert module.done == [1], "nothing is left of it"


def test_the_statements_of_a_transaction_do_not_fail(load: Load, run: Run, orm: dict[str, Any]) -> None:
    module = load(
        """
        def app(environ, start_response):
            with transaction.atomic(using="faults"):
                with transaction.atomic(using="faults"):
                    pass
            start_response("200 OK", [])
            return [b"x"]
        """,
        **orm,
    )
    assert queries(run, module) == {}
    with tapped():
        exchange, answer = run(module.app, Tap([query_at(module, "    with transaction", DJANGO)]))
    assert exchange.fired == () and answer.status == 200


def test_a_transaction_that_fails_is_rolled_back(load: Load, run: Run, orm: dict[str, Any]) -> None:
    module = load(
        """
        def app(environ, start_response):
            with transaction.atomic(using="faults"):
                Author.objects.using("faults").create(name="Bob")
                Author.objects.using("faults").count()
            start_response("200 OK", [])
            return [b"x"]
        """,
        **orm,
    )
    with tapped():
        exchange, _ = run(module.app, Tap([query_at(module, ".count()", DJANGO)]))
    assert len(exchange.fired) == 1 and exchange.escaped() is not None
    assert [author.name for author in orm["Author"].objects.using("faults")] == ["Ann"]


def test_without_an_exchange_statements_are_sent(load: Load, orm: dict[str, Any]) -> None:
    module = load("def f():\n    return Author.objects.using('faults').count()\n", **orm)
    with tapped():
        assert module.f() == 1
        with recording():
            assert module.f() == 1, "one without a tap"


def lookups(module: Module, tap: Tap | None = None) -> list[tuple[int, Any, Any]]:
    """The lines whose statements told what their parameters were compared with: these, and what the column holds."""
    with tapped(), recording(tap=tap) as told:
        module.app({}, lambda *_: None)
    return [(MARKS.all[event.number].line, event.given, event.other) for event in told.events if event.what == "sql"]


def test_what_django_compares_with_a_column_is_told(load: Load, orm: dict[str, Any]) -> None:
    module = load(
        """
        def app(environ, start_response):
            found = (
                Author.objects.using("faults")
                .filter(name="Zoe")
                .first()
            )
            start_response("404 Not Found", [])
            return [b"x"]
        """,
        **orm,
    )
    assert lookups(module) == [(module.line("Author.objects"), "Zoe", ["Ann"])]
    assert lookups(module, Tap()) == [], "where something is to fail nobody searches"


def test_what_sqlalchemy_compares_with_a_column_is_told(load: Load, alchemy: dict[str, Any]) -> None:
    source = """
        def app(environ, start_response):
            session.scalars(select(Author).where(Author.id == 77)).all()
            start_response("200 OK", [])
            return [b"x"]
        """
    module = load(source, **alchemy)
    assert lookups(module) == [(module.line("session.scalars"), 77, [1])]


@pytest.mark.parametrize(
    ("module", "owner", "name"),
    [
        ("django.db.backends.utils", "CursorWrapper", "_execute_with_wrappers"),
        ("sqlalchemy.engine.default", "DefaultDialect", "do_execute"),
    ],
)
def test_databases_are_put_back(module: str, owner: str, name: str) -> None:
    kind = getattr(pytest.importorskip(module), owner)
    before = vars(kind)[name]
    with pytest.raises(KeyError), tapped():
        assert vars(kind)[name] is not before
        raise KeyError
    assert vars(kind)[name] is before

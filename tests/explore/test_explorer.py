"""The search takes every branch that an input can reach, and ends when nothing new is to be had."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_oneresponse.explore.goals import TRIES
from pytest_oneresponse.explore.recording import Recording
from pytest_oneresponse.faults.network import Network
from pytest_oneresponse.faults.replies import Asked
from pytest_oneresponse.routes import Route

from .searched import Search, app_of

APPS: dict[str, tuple[str, str, Any]] = {
    # a method, the source of an `app`, and what it gives where all of its conditions hold
    "one if": ("GET", "def app(r):\n    if r.args.get('a') == 'secret': return 'found'", "found"),
    "nested ifs": ("GET", """
        def app(r):
            if r.args.get("kind") == "book":
                if int(r.args["page"]) > 500:
                    if r.args["lang"].lower().startswith("pt-"):
                        return "found"
        """, "found"),
    "two of a form, by one helper": ("POST", """
        import datetime as dt
        def moment(text):
            try:
                return dt.datetime.fromisoformat(text)
            except (TypeError, ValueError):
                return None
        def app(r):
            begin, end = moment(r.json.get("begin")), moment(r.json.get("end"))
            if begin is None or end is None: return "both"
            return "found"
        """, "found"),
    "two equal fields": ("POST", """
        def app(r):
            if r.json["password"] and r.json["password"] == r.json["again"]:
                return "found"
        """, "found"),
    "a truth value": ("POST", """
        def app(r):
            for line in r.json["lines"]:
                if "gift" not in line: return
                gift = bool(line["gift"])
                if not gift: return "found"
        """, "found"),
    "how many there are of something": ("POST", """
        def app(r):
            gifts = 0
            for line in r.json["lines"]:
                if line.get("gift"): gifts += 1
            if gifts > 3: return "found"
        """, "found"),
    "a list of more": ("POST", """
        class Item:
            pass
        def app(r):
            items = [Item() for _ in r.json["items"]]
            if len(items) > 20: return "found"
        """, "found"),
    "a text with more parts, each in a table, and a default": ("GET", """
        def app(r):
            keys = []
            for part in r.args.get("sort", "name").split(","):
                if part not in {"name", "price"}: return
                keys.append(part)
            if len(keys) > 2: return "found"
        """, "found"),
    "a pair of numbers": ("POST", """
        def app(r):
            pair = r.json["pair"]
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, int) for one in pair):
                return "found"
        """, "found"),
    "a sum of digits": ("GET", """
        def app(r):
            pin = r.args["pin"]
            if len(pin) == 4 and sum(map(int, pin)) == 20: return "found"
        """, "found"),
    "a check digit": ("GET", """
        def app(r):
            number = r.args["isbn"]
            if len(number) == 10 and number.isdigit():
                if sum((10 - place) * int(digit) for place, digit in enumerate(number)) % 11 == 0: return "found"
        """, "found"),
    "a signed token": ("GET", """
        import base64, hashlib, hmac, json
        def decoded(text):
            return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        def app(r):
            head, body, mark = r.headers["authorization"].split(".")
            if decoded(head).get("alg") != "HS256": return
            good = hmac.new(b"key", f"{head}.{body}".encode(), hashlib.sha256).hexdigest()
            if not hmac.compare_digest(good, mark): return
            if decoded(body).get("role") == "admin": return "found"
        """, "found"),
    "times of the day": ("POST", """
        import datetime as dt
        def app(r):
            start, end = dt.time.fromisoformat(r.form["start"]), dt.time.fromisoformat(r.form["end"])
            if end > start and start < dt.time(8) and end > dt.time(18): return "found"
        """, "found"),
    "two moments in one text": ("GET", """
        import datetime as dt
        def app(r):
            start, slash, end = r.args.get("slot", "").partition("/")
            if not slash: return
            begin, close = dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)
            if close - begin > dt.timedelta(hours=8) and begin.minute % 15 == 0: return "found"
        """, "found"),
    "a moment in a form of its own": ("GET", """
        import datetime as dt
        def app(r):
            moment = dt.datetime.strptime(r.headers["x-since"], "%a, %d %b %Y %H:%M:%S GMT")
            if moment >= dt.datetime(2045, 1, 1): return "found"
        """, "found"),
    "the groups of a regex": ("GET", """
        import re
        def app(r):
            match = re.match(r"^([a-z]+)(>=|<=|>|<|=)(?P<bound>.+)$", r.args.get("filter", "price>1"))
            if match is not None and match.group(1) == "stock" and float(match["bound"]) > 100: return "found"
        """, "found"),
    "bytes in their places": ("POST", """
        def app(r):
            head = r.text.encode("latin-1")
            if head[:4] == b"RIFF" and head[8:12] == b"WEBP": return "found"
        """, "found"),
    "how often a part is there": ("GET", """
        def app(r):
            if r.args["mail"].count("@") == 3: return "found"
        """, "found"),
    "json three deep": ("POST", """
        def app(r):
            if r.json["order"]["lines"][0]["sku"] == "X-1":
                if r.json["order"]["customer"]["age"] >= 18:
                    return "found"
        """, "found"),
    "a form": ("POST", "def app(r):\n    if r.form['name'] in ('ann', 'bob') and r.form['age'].isdigit(): return 'found'",
               "found"),
    "a cookie and a header": ("GET", """
        def app(r):
            if r.cookies.get("role") == "admin" and r.headers.get("x-tenant") == "t7":
                return "found"
        """, "found"),
    "a lookup table": ("GET", """
        PRICES = {"apple": 3, "pear": 0}
        def app(r):
            if PRICES[r.args["fruit"]] == 0:
                return "found"
        """, "found"),
    "a URL": ("GET", """
        from urllib.parse import urlsplit
        def app(r):
            parts = urlsplit(r.args.get("url", ""))
            if parts.scheme not in ("http", "https"): return "scheme"
            if parts.port == 8080 and parts.hostname == "shop.example" and parts.path.endswith(".html"): return "found"
        """, "found"),
    "a URL in JSON": ("POST", """
        from urllib.parse import urlparse
        def app(r):
            link = urlparse(r.json["links"][0]["href"])
            if link.scheme == "ftp" and link.netloc == "files.example": return "found"
        """, "found"),
    "a table": ("POST", """
        import csv, io
        def app(r):
            rows = list(csv.reader(io.StringIO(r.text)))
            if not rows or rows[0] != ["sku", "count"]: return "head"
            for row in rows[1:]:
                if len(row) == 2: return "found"
        """, "found"),
    "columns of a table": ("POST", """
        import csv, io
        def app(r):
            if r.headers.get("content-type") != "text/csv": return "type"
            reader = csv.DictReader(io.StringIO(r.text))
            if {"name", "email"} - set(reader.fieldnames): return "columns"
            return "found"
        """, "found"),
    "a number out of a text": ("GET", "def app(r):\n    if int(r.args['n']) * 3 + 1 == 103: return 'found'", "found"),
    "a length": ("GET", "def app(r):\n    if len(r.args['code']) == 11: return 'found'", "found"),
    "a match": ("POST", """
        def app(r):
            match r.json:
                case {"type": "circle", "r": int() as n} if n > 40: return "found"
                case {"type": "square"}: return "square"
        """, "found"),
    "a loop": ("POST", "def app(r):\n    for one in r.json['items']:\n        if one['n'] < 0: return 'found'", "found"),
    "keys that are not known": ("POST", """
        KNOWN = {"title", "done"}
        def app(r):
            if r.json.keys() - KNOWN: return "unknown"
            if "done" in r.json: return "found"
        """, "found"),
    "keys that are wanted": ("POST", """
        def app(r):
            if {"sku", "count"} - r.json.keys(): return "missing"
            return "found"
        """, "found"),
    "words that are not known": ("GET", """
        KNOWN = {"title", "done"}
        def app(r):
            if set(r.args["fields"].split(",")) - KNOWN: return "unknown"
            return "found"
        """, "found"),
    "a document in a text": ("GET", """
        import json
        def app(r):
            if json.loads(r.args["filter"])["state"] == "open":
                return "found"
        """, "found"),
}  # fmt: skip


@pytest.mark.parametrize("kind", APPS)
def test_a_branch_is_found(kind: str) -> None:
    method, source, wanted = APPS[kind]
    search = Search(app_of(source), method)
    assert wanted in search.answers, (len(search.drafts), search.missed)


def test_every_way_through_an_app_is_taken() -> None:
    source = """
        def app(r):
            kind = r.args.get("kind", "")
            if kind == "a": return 1
            elif kind == "b":
                if r.args.get("deep"): return 2
                return 3
            elif kind.startswith("c-"): return 4
            try:
                number = int(r.args.get("n", "x"))
            except ValueError:
                return 5
            return 6 if number > 10 else 7
    """
    search = Search(app_of(source))
    assert {1, 2, 3, 4, 5, 6, 7} <= set(search.answers) and search.missed == []


def test_a_dispatcher_by_method_and_path_leads_to_each_handler() -> None:
    source = """
        def home(r): return "home"
        def made(r): return "made" if r.args.get("x") == "5" else "bad"
        def gone(r): return "gone"
        ROUTES = {("GET", "/"): home, ("POST", "/items"): made, ("DELETE", "/items/all"): gone}
        def app(r):
            handler = ROUTES.get((r.method, r.path))
            if handler is None: return "missing"
            return handler(r)
    """
    route = Route("GET", "{path}", None, (_path(),))
    search = Search(app_of(source), route=route)
    assert {"home", "made", "bad", "gone", "missing"} <= set(search.answers), search.answers


def _path() -> Any:
    from pytest_oneresponse.routes import Parameter

    return Parameter("path", "path", {"type": "string", "enum": ["/"]})


# when it ends


def test_the_search_ends_when_nothing_is_left() -> None:
    search = Search(app_of("def app(r):\n    return 1 if r.args.get('a') == 'b' else 2"))
    assert search.ended and len(search.drafts) < 60 and search.missed == []


def test_an_app_without_branches_is_sent_little() -> None:
    search = Search(app_of("def app(r): return 5"))
    assert search.ended and len(search.drafts) < 10


def test_an_app_without_marks_is_sent_little() -> None:
    search = Search(lambda request: 5)
    assert search.ended and len(search.drafts) < 10


def test_a_branch_that_no_input_reaches_is_left_in_the_end() -> None:
    source = (
        "import hashlib\ndef app(r):\n    if hashlib.sha256(r.args.get('a', '').encode()).hexdigest() == 'x': return 1"
    )
    search = Search(app_of(source), most=2000)
    assert search.ended and len(search.drafts) < 500 and search.missed == [(3, "true")]


@pytest.mark.parametrize("most", [1, 3, 7])
def test_no_more_is_sent_than_asked_for(most: int) -> None:
    search = Search(app_of(APPS["nested ifs"][1]), most=most)
    assert len(search.drafts) == most and not search.ended


def test_no_goal_is_tried_for_ever() -> None:
    search = Search(app_of(APPS["nested ifs"][1]), most=2000)
    assert all(wanted.tries <= TRIES for wanted in search.explorer.goals.wanted.values())


def test_no_request_is_sent_twice() -> None:
    for method, source, _ in APPS.values():
        keys = [draft.key for draft in Search(app_of(source), method, most=150).drafts]
        assert len(keys) == len(set(keys))


# always the same


@pytest.mark.parametrize("kind", ["nested ifs", "json three deep", "a match"])
def test_one_seed_sends_the_same_requests(kind: str) -> None:
    method, source, _ = APPS[kind]

    def sent(seed: int) -> list[str]:
        return [draft.key for draft in Search(app_of(source), method, seed=seed, most=120).drafts]

    assert sent(0) == sent(0) and sent(7) == sent(7)


# what other machines answer


def asks() -> Any:
    """What an app gets of another machine."""
    return json.loads(Network().upstream.answer(Asked("requests", "GET", "http://stock.test/")).body)


UPSTREAMS: dict[str, tuple[str, Any]] = {
    "a number": ("def app(r):\n    if asks()['left'] < -3: return 'found'", {"left"}),
    "deep down": ("def app(r):\n    if asks()['data']['user']['role'] == 'admin': return 'found'", {"data"}),
    "a list of objects": ("def app(r):\n    for one in asks():\n        if one['kind'] == 'b': return 'found'", 0),
    "with the query": ("""
        def app(r):
            found = asks().get("names") or []
            if r.args.get("name") == "ann" and len(found) > 1: return "found"
        """, {"names"}),
}  # fmt: skip


def test_the_status_with_which_another_machine_answers_is_searched_too() -> None:
    source = "def app(r):\n    status, said = asks()\n    if status == 402 and said['why'] == 'poor': return 'found'"
    search = Search(app_of(source, asks=lambda: (Recording.now.answered, asks())))
    assert "found" in search.answers
    assert search.drafts[search.answers.index("found")].answered == 402


@pytest.mark.parametrize("kind", UPSTREAMS)
def test_what_another_machine_answers_is_searched_too(kind: str) -> None:
    source, inside = UPSTREAMS[kind]
    search = Search(app_of(source, asks=asks))
    assert "found" in search.answers, (len(search.drafts), search.missed)
    draft = search.drafts[search.answers.index("found")]
    assert draft.upstream[inside] if isinstance(inside, int) else inside <= set(draft.upstream)


def test_an_app_that_asks_no_other_machine_needs_no_answers() -> None:
    search = Search(app_of("def app(r):\n    if r.args.get('a') == 'secret': return 'found'"))
    assert "found" in search.answers and {draft.upstream for draft in search.drafts} == {None}


def test_an_app_that_asks_without_a_look_at_the_answer_is_sent_little() -> None:
    search = Search(app_of("def app(r):\n    asks()\n    return 5", asks=asks))
    assert search.ended and len(search.drafts) < 20
    assert any(draft.upstream is not None for draft in search.drafts)


# sessions

SESSIONS: dict[str, str] = {
    "a key": "def app(r):\n    if r.session.get('plan') == 'pro': return 'found'",
    "another is there": "def app(r):\n    if 'name' in r.session and r.session['plan'] == 'pro': return 'found'",
    "deep down": "def app(r):\n    if r.session['user']['roles'][0] == 'admin': return 'found'",
    "with the query": """
        def app(r):
            if r.session.get("cart") and r.args.get("coupon") == r.session["coupon"]: return "found"
        """,
}


@pytest.mark.parametrize("kind", SESSIONS)
def test_what_a_session_holds_is_searched_too(kind: str) -> None:
    search = Search(app_of(SESSIONS[kind]), session={})
    assert "found" in search.answers, (len(search.drafts), search.missed)
    assert search.drafts[search.answers.index("found")].session
    without = Search(app_of(SESSIONS[kind]))
    assert "found" not in without.answers and {draft.session for draft in without.drafts} == {None}


def test_an_app_that_names_no_session_is_given_none() -> None:
    search = Search(app_of("def app(r):\n    if r.args.get('a') == 'secret': return 'found'"), session={})
    assert "found" in search.answers and {draft.session for draft in search.drafts} == {None}


@pytest.mark.parametrize(("session", "answers"), [({"_user_id": "1"}, {401, "found"}), ({}, {401}), (None, {401})])
def test_who_has_to_log_in_is_given_what_a_session_then_holds(session: Any, answers: set[Any]) -> None:
    source = "def app(r):\n    user = load(r)\n    return 'found' if user else 401"
    search = Search(app_of(source, load=lambda r: r.session.get("_user_id")), session=session)
    assert set(search.answers) == answers


# what the user gives


def test_values_of_the_users_are_sent_for_names_that_the_app_reads() -> None:
    tokens: list[str] = []
    source = """
        def app(r):
            if check(r.args.get("token", "")): return "found"
    """
    app = app_of(source, check=lambda token: tokens.append(token) or token == "t0p")
    assert "found" not in Search(app).answers
    search = Search(app, values={"token": ["t0p"]})
    assert "found" in search.answers
    tokens.clear()
    Search(app, values={"token": ["a1", "t0p"]})
    assert {"a1", "t0p"} <= set(tokens), "each of the values is tried"


def test_an_app_that_refuses_names_that_it_does_not_know_is_asked_without_the_canary() -> None:
    source = """
        def app(r):
            a = r.args.get("a")
            for name in r.args:
                if name not in ("a",): return "unknown"
            return "found" if a == "yes" else "known"
    """
    search = Search(app_of(source))
    assert {"unknown", "found", "known"} <= set(search.answers)


@pytest.mark.parametrize(
    "condition",
    [
        "n == 10 ** 400",
        "n == 10 ** 5000",
        "n * 1.5 < 10 ** 400",
        "n * n > INF",
        "n * n == NAN",
        "D(n) / 7 < 0.5",
        "D(n) < D('sNaN')",
        "datetime.date.max - datetime.date.fromisoformat(r.json['day']) == datetime.date.max",
        "datetime.datetime.fromisoformat(r.json['day']) > datetime.datetime.max",
    ],
)
def test_numbers_that_the_app_compares_may_be_strange(condition: str) -> None:
    source = f"""
        import datetime
        from decimal import Decimal as D
        INF, NAN = float("inf"), float("nan")
        def app(r):
            n = r.json["n"] if isinstance(r.json["n"], int) else 5
            try:
                if {condition}: return 1
            except ArithmeticError: pass
            if r.json["deep"] == "x": return "found"
    """
    assert "found" in Search(app_of(source), "POST").answers


def test_a_body_may_begin_as_a_file_does() -> None:
    search = Search(app_of("def app(r):\n    if r.text.encode('latin-1').startswith(b'PK'): return 'found'"), "POST")
    assert "found" in search.answers


def test_a_body_that_is_read_whatever_the_method_is_sent() -> None:
    source = "import json\ndef app(r):\n    if json.loads(r.text)['loan']['books'] == 'none': return 'found'"
    assert "found" in Search(app_of(source), "GET").answers


def test_an_end_takes_the_place_of_what_is_there() -> None:
    source = """
        import re
        def app(r):
            if re.fullmatch("TRIP-[0-9]{3}", r.args["sku"]):
                if r.args["sku"].endswith("13"): return "found"
    """
    assert "found" in Search(app_of(source)).answers


def test_another_machine_answers_what_is_read() -> None:
    source = """
        def app(r):
            stock = upstream()
            if stock["pens"]["left"] > 1000: return "found"
    """

    def upstream() -> Any:
        told = Recording.now
        assert told is not None
        told.upstreams += 1
        return told.document

    assert "found" in Search(app_of(source, upstream=upstream)).answers


def test_constants_that_no_request_can_hold_do_no_harm() -> None:
    search = Search(app_of("def app(r):\n    if hash(r.query) == 5 or r.query == '\\ud800': return 1"), most=600)
    assert search.ended


def test_compiled_patterns_are_met() -> None:
    source = "import re\nCODE = re.compile('[A-Z]{3}-[0-9]{4}$')\ndef app(r):\n    if CODE.match(r.args['code']): return 'found'"
    assert "found" in Search(app_of(source)).answers


BY_METHOD = """
def app(r):
    if r.method == "POST": return "post"
    if r.method == "HEAD": return "head"
    return "get"
"""


@pytest.mark.parametrize(
    ("elsewhere", "wanted"),
    [((), {"get", "head", "post"}), (("POST",), {"get", "head"})],
    ids=["alone", "with another"],
)
def test_what_another_route_answers_is_not_sent(elsewhere: tuple[str, ...], wanted: set[str]) -> None:
    assert set(Search(app_of(BY_METHOD), elsewhere=elsewhere).answers) == wanted


def test_what_is_cached_and_has_no_name_is_called_as_ever() -> None:
    source = """
    import functools
    double = functools.cache(functools.partial(int.__mul__, 2))
    def app(r):
        return double(3)
    """
    assert set(Search(app_of(source)).answers) == {6}

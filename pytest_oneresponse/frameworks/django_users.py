"""Users of Django's who are logged in: made up within a transaction, which takes them back."""

from __future__ import annotations

import sys
from typing import Any

from . import django_connections

_ID = "_auth_user_id"
"""The key under which django.contrib.auth keeps a user's ID in the session."""
_KINDS = ("superuser", "user")


def new_sessions() -> list[dict[str, Any]]:
    """What stands for sessions of users of each kind; `logged_in` puts in what Django looks for."""
    apps, settings = (getattr(sys.modules.get(name), attribute, None) for name, attribute in _NEEDED)
    asks = settings is not None and any(name.endswith("AuthenticationMiddleware") for name in settings.MIDDLEWARE)
    known = asks and apps is not None and apps.is_installed("django.contrib.auth")
    return [{_ID: kind} for kind in _KINDS] if known and django_connections.in_transaction() else []


_NEEDED = (("django.apps", "apps"), ("django.conf", "settings"))


def logged_in(session: dict[str, Any]) -> dict[str, Any]:
    """A session in which the name of a kind stands for a user of that kind, as Django itself has it."""
    kind = session.get(_ID)
    if kind not in _KINDS or not django_connections.in_transaction():
        return session
    user, settings = _user(kind), sys.modules["django.conf"].settings
    return {
        **session,
        _ID: str(user.pk),
        "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0],
        "_auth_user_hash": user.get_session_auth_hash(),
    }


def _user(kind: str) -> Any:
    """The user of a kind, made where there is none. Raises what the project's own model raises."""
    model: Any = sys.modules["django.contrib.auth"].get_user_model()
    name = f"oneresponse-{kind}"
    known = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if known is not None:
        return known
    needed = {field: f"{name}@example.com" if "mail" in field else name for field in model.REQUIRED_FIELDS}
    make = getattr(model._default_manager, f"create_{kind}")
    with sys.modules["django.db"].transaction.atomic():  # one that the project's model refuses leaves all else whole
        return make(**{model.USERNAME_FIELD: name, **needed})

"""Finding the Host that an app waits for."""

from __future__ import annotations

from dataclasses import replace

from ..exchange import Exchange
from ..explore.trials import Plan, Trial
from ..protocols.client import Answer
from .sending import Sending

_REFUSALS = (400, 403, 421)
"""Statuses with which an app refuses a Host that it does not know (RFC 9110, 7.4 and 15.5.20)."""


def accepted(sending: Sending, plan: Plan, trial: Trial, exchange: Exchange, answer: Answer) -> tuple[Exchange, Answer]:
    """Where the app refuses a request, ask under the Hosts that it may wait for; the first it accepts is kept."""
    app = sending.app
    if answer.status not in _REFUSALS or app.host_tries <= 0 or sending.route.host:
        if answer.status and answer.status not in _REFUSALS:
            app.host_tries = 0
        return exchange, answer
    app.host_tries -= 1
    for host in app.hosts:
        tried = replace(trial, request=trial.request.with_header("host", host))
        other_exchange, other = sending.play(tried)
        if other.status and other.status not in _REFUSALS:
            app.host, app.host_tries, plan.host = host, 0, host
            plan.learn(trial, other)
            return other_exchange, other
    return exchange, answer

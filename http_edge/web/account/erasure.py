"""DELETE /users/me: the caller's account, and all that is personal of them, goes."""

from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, Nothing, command
from http_edge.web.account.accounts import DENY
from http_edge.web.account.sessions import asking
from topics.contracts.auth_commands import TOPIC, EraseAccount


def _erase(asked: Asked) -> EraseAccount:
    return EraseAccount(**asking(asked))


ROUTES = (
    command(
        "DELETE", "/users/me", EraseAccount, to=TOPIC, takes=Nothing, make=_erase, key=own, who=CUSTOMER, success=204,
        gives=None, waits_for_view=DENY, must_be_shown=True,
        says="Erase the caller's account and what is personal of them. Answers when nobody can log in any more; the rest goes"
        " in the seconds after it. Orders stay, without notes and address.",
    ),
)  # fmt: skip

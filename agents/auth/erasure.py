"""The end of an account, which its user wanted. Pure. Other domains learn of it by `user_erased` and empty what is theirs."""

from agents.auth import sessions
from agents.auth.account import Account
from topics.contracts.auth_commands import EraseAccount
from topics.contracts.auth_events import AccountErased, Event
from topics.deciding.decision import Context, Decision


def erase(command: EraseAccount, account: Account, context: Context) -> Decision[Event]:
    """Twice is fine: a second tab had asked, too. An account that nobody registered is erased as well, so that what others
    keep under the user's id goes.

    The address is free from here on. Whoever registers it gets an account of another id: nothing that is kept under this id,
    such as orders, comes to the next owner of the address.
    """
    ended = sessions.everything_ended(command, account, context.now)
    if account.erased:
        return Decision(events=ended)
    address = () if account.email is None else (("email", account.email),)
    return Decision(events=(*ended, AccountErased(erased_at=context.now)), releases=address)

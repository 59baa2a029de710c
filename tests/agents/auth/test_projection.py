from datetime import timedelta

from agents.auth.decider import DECIDER
from agents.auth.policy import react
from agents.auth.projection import DENY, LOGIN
from tests.agents.auth.test_decider import (
    EMAIL,
    QUARTER,
    REFERENCE,
    REGISTERED,
    SESSION,
    SHA,
    VERIFIED,
    refreshed,
    started,
    verification,
)
from tests.agents.scenario import ID, NOW, shelf, shown
from topics import keys
from topics.contracts import email_event, user_created
from topics.contracts.auth_events import AccountRegistered, SessionEnded, Verification, VerificationRequested
from topics.contracts.email_event import TokenVariables, VerificationMail
from topics.contracts.user_created import UserCreated
from topics.deciding.decision import Send
from topics.documents.account import Account, EndedSession
from topics.messages.event import EventMeta
from topics.values.tokens import as_reference, sha256_hex

META = EventMeta("e", ID, 1, NOW)
PLAIN = Verification(reference=REFERENCE, token_sha256=SHA, expires_at=NOW + QUARTER, token="the-token")


def test_an_account_is_found_by_the_hash_of_its_address() -> None:
    assert shelf(LOGIN, REGISTERED).keys[keys.login(sha256_hex(EMAIL))] == ID


def test_a_mail_token_stands_under_its_hash_for_15_minutes() -> None:
    put = {key.name: key for key in LOGIN.show(None, REGISTERED, META).put}
    assert put[f"verify:{SHA}"].value == ID
    assert put[f"verify:{SHA}"].expires_at == NOW + QUARTER
    assert put[keys.login(sha256_hex(EMAIL))].expires_at is None


def test_a_token_in_plain_stands_under_itself() -> None:
    event = VerificationRequested(email=EMAIL, verification=PLAIN)
    assert set(shelf(LOGIN, event).keys) == {"verify:the-token"}


def test_verification_is_shown_and_stays() -> None:
    assert not shown(LOGIN, REGISTERED).verified
    assert shown(LOGIN, REGISTERED, VERIFIED, started(), refreshed()) == Account(
        verified=True, address_key=keys.login(sha256_hex(EMAIL))
    )


def test_no_address_and_no_password_is_in_the_view() -> None:
    held = str(shelf(LOGIN, REGISTERED, VERIFIED, started()))
    assert EMAIL not in held and REGISTERED.password_hash not in held


def test_every_token_of_an_ended_session_is_on_the_deny_list_until_it_expires() -> None:
    ended = SessionEnded(session_id=SESSION, denied=(started().access, refreshed().access), ended_at=NOW)
    put = {key.name: key.expires_at for key in DENY.show(None, ended, META).put}
    assert put == {"blacklist:jti-1": NOW + QUARTER, "blacklist:jti-2": NOW + timedelta(minutes=20)}


def test_a_document_tells_the_edge_that_the_list_has_the_logout() -> None:
    ended = SessionEnded(session_id=SESSION, denied=(), ended_at=NOW)
    assert shown(DENY, REGISTERED, VERIFIED, started()) is None
    assert shown(DENY, REGISTERED, started(), ended, started("other")) == EndedSession(session_id=SESSION, ended_at=NOW)
    assert keys.view_ready(DENY.name) == "deny:ready"


def test_others_learn_of_an_account_and_its_owner_gets_a_mail() -> None:
    created, mail = react(REGISTERED, META, DECIDER.state())
    assert created == Send(user_created.TOPIC, ID, UserCreated(id=ID, user_id=ID, email=EMAIL))
    assert (mail.topic, mail.key) == (email_event.TOPIC, EMAIL)
    assert isinstance(mail.message, VerificationMail)
    assert mail.message.variables == TokenVariables(token=as_reference(ID, REFERENCE))


def test_a_second_mail_is_only_a_mail() -> None:
    (mail,) = react(VerificationRequested(email=EMAIL, verification=verification("other")), META, DECIDER.state())
    assert isinstance(mail.message, VerificationMail) and mail.message.to == EMAIL
    assert mail.message.variables.token == as_reference(ID, "other")


def test_a_peer_that_needs_it_gets_the_token_itself() -> None:
    _, mail = react(AccountRegistered(email=EMAIL, verification=PLAIN), META, DECIDER.state())
    assert isinstance(mail.message, VerificationMail) and mail.message.variables.token == "the-token"


def test_sessions_concern_nobody_else() -> None:
    for event in (VERIFIED, started(), refreshed(), SessionEnded(session_id=SESSION, denied=(), ended_at=NOW)):
        assert list(react(event, META, DECIDER.state())) == []

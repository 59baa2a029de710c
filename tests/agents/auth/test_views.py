"""Mail tokens that are good, and no others, and the sessions of an account: as Redis holds them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from agents.auth.account import MAX_RESETS, MAX_SESSIONS, MAX_VERIFICATIONS
from agents.auth.decider import DECIDER
from agents.auth.policy import SUBJECTS, react
from agents.auth.projection import LOGIN, SESSIONS
from agents.notification.templates import LANGUAGES as WORDINGS
from tests.agents.auth.test_decider import EMAIL, QUARTER, REGISTERED, SESSION, VERIFIED, refreshed, started
from tests.agents.scenario import ID, LATER, NOW, shelf, shown
from topics import keys
from topics.contracts import email_event
from topics.contracts.auth_events import (
    Event,
    PasswordReset,
    PasswordResetRequested,
    RegistrationRepeated,
    SessionEnded,
    Verification,
    VerificationRequested,
)
from topics.contracts.email_event import ALREADY_REGISTERED, PasswordResetMail, TokenVariables, VerificationMail
from topics.documents.account import Session, Sessions
from topics.messages.event import EventMeta
from topics.values.languages import LANGUAGES, Language
from topics.values.tokens import as_reference, sha256_hex

META = EventMeta("e", ID, 1, NOW)
ADDRESS = keys.login(sha256_hex(EMAIL))


def token(name: str, plain: str | None = None) -> Verification:
    return Verification(reference=name, token_sha256=sha256_hex(name), expires_at=NOW + QUARTER, token=plain)


def mailed(name: str) -> VerificationRequested:
    return VerificationRequested(email=EMAIL, verification=token(name))


def forgot(name: str, *, already: bool = False) -> PasswordResetRequested:
    return PasswordResetRequested(email=EMAIL, reset=token(name), already_registered=already)


REPEATED = RegistrationRepeated(email=EMAIL, verification=token("second"), password_hash="hash")
RESET = PasswordReset(email=EMAIL, reference="r", reset_at=NOW, password_hash="hash")


def held(*events: Event) -> set[str]:
    return set(shelf(LOGIN, *events).keys) - {ADDRESS}


def verifications(*names: str) -> set[str]:
    return {keys.verification(sha256_hex(name)) for name in names}


def resets(*names: str) -> set[str]:
    return {keys.password_reset(sha256_hex(name)) for name in names}


def test_a_second_registration_drops_earlier_links_and_the_address_stays() -> None:
    assert held(REGISTERED, mailed("one"), REPEATED) == verifications("second")
    assert shelf(LOGIN, REGISTERED, REPEATED).keys[ADDRESS] == ID


def test_a_link_of_many_mails_ago_is_dropped() -> None:
    names = [f"m-{n}" for n in range(MAX_VERIFICATIONS + 2)]
    assert held(REGISTERED, *(mailed(name) for name in names)) == verifications(*names[-MAX_VERIFICATIONS:])


def test_a_verified_account_has_no_links() -> None:
    assert held(REGISTERED, mailed("one"), VERIFIED, started()) == set()


def test_a_reset_token_stands_for_15_minutes() -> None:
    put = {key.name: key for key in LOGIN.show(None, forgot("one"), META).put}
    assert set(put) == resets("one")
    assert all((key.value, key.expires_at) == (ID, NOW + QUARTER) for key in put.values())


def test_a_reset_token_in_plain_stands_under_itself() -> None:
    asked = PasswordResetRequested(email=EMAIL, reset=token("one", plain="the-token"))
    assert held(REGISTERED, asked) - verifications() >= {"reset:the-token"}


def test_reset_tokens_are_few_and_none_is_left_after_a_reset() -> None:
    names = [f"r-{n}" for n in range(MAX_RESETS + 2)]
    asked = [forgot(name) for name in names]
    assert held(REGISTERED, VERIFIED, *asked) == resets(*names[-MAX_RESETS:])
    assert held(REGISTERED, VERIFIED, *asked, RESET) == set()


def test_a_reset_leaves_links_to_verify_alone() -> None:
    assert held(REGISTERED, REPEATED, forgot("one"), RESET) == verifications("second")


# -- sessions


def listed(*events: Event) -> list[str]:
    document = shown(SESSIONS, *events)
    return [] if document is None else [session.id for session in document.items]


def test_sessions_are_shown_until_they_end() -> None:
    ended = SessionEnded(session_id=SESSION, denied=(), ended_at=NOW)
    assert shown(SESSIONS, REGISTERED, VERIFIED) is None
    assert listed(REGISTERED, VERIFIED, started(), started("other")) == [SESSION, "other"]
    assert listed(REGISTERED, VERIFIED, started(), started("other"), ended) == ["other"]


def test_a_refresh_prolongs_its_session() -> None:
    kept = Session(id=SESSION, created_at=NOW, refreshed_at=LATER, expires_at=refreshed().expires_at)
    assert shown(SESSIONS, started(), refreshed()) == Sessions(items=(kept,))
    assert listed(started("other"), refreshed()) == ["other"], "one that has ended does not come back"


def test_sessions_of_the_view_are_bounded_and_expired_ones_go() -> None:
    many = [started(f"s-{n:02}", NOW + timedelta(seconds=n)) for n in range(MAX_SESSIONS + 3)]
    assert listed(*many) == [f"s-{n:02}" for n in range(3, MAX_SESSIONS + 3)]
    assert listed(started("old"), started("new", NOW + timedelta(days=7))) == ["new"]


def test_no_token_is_in_the_view() -> None:
    held = str(shelf(SESSIONS, started(), refreshed()))
    assert started().refresh_sha256 not in held and started().generation not in held and "jti" not in held


# -- mails

MAILED: list[tuple[Language, str]] = [(language, template) for language in LANGUAGES for template in SUBJECTS[language]]


def requested(template: str, language: Language | None) -> tuple[Event, ...]:
    """The events that lead to a mail with this template."""
    if template == "verification":
        events: tuple[Event, ...] = (REGISTERED, REPEATED, mailed("one"))
    else:
        events = (forgot("one", already=template == ALREADY_REGISTERED),)
    return tuple(replace(event, language=language) for event in events)


@pytest.mark.parametrize(("language", "template"), MAILED)
def test_a_mail_is_in_the_language_of_its_event(language: Language, template: str) -> None:
    for event in requested(template, language):
        (mail,) = (send.message for send in react(event, META, DECIDER.state()) if send.topic is email_event.TOPIC)
        assert isinstance(mail, VerificationMail | PasswordResetMail)
        assert (mail.template, mail.language, mail.subject) == (template, language, SUBJECTS[language][template])


@pytest.mark.parametrize(("language", "template"), MAILED)
def test_the_subject_is_the_one_that_the_notifier_has(language: Language, template: str) -> None:
    assert SUBJECTS[language][template] == WORDINGS[language].mails[template].subject


def test_a_second_registration_is_a_mail_and_no_second_account() -> None:
    (mail,) = react(REPEATED, META, DECIDER.state())
    assert mail.topic == email_event.TOPIC and isinstance(mail.message, VerificationMail)
    assert mail.message.variables == TokenVariables(token=as_reference(ID, "second"))


def test_a_forgotten_password_is_a_mail() -> None:
    (mail,) = react(forgot("one"), META, DECIDER.state())
    assert (mail.topic, mail.key) == (email_event.TOPIC, EMAIL)
    assert isinstance(mail.message, PasswordResetMail)
    assert (mail.message.template, mail.message.variables.token) == ("password_reset", as_reference(ID, "one"))


def test_the_owner_of_a_verified_address_is_told_that_there_is_an_account() -> None:
    (mail,) = react(forgot("one", already=True), META, DECIDER.state())
    assert isinstance(mail.message, PasswordResetMail)
    assert mail.message.template == "already_registered"


def test_a_changed_password_concerns_nobody_else() -> None:
    assert list(react(RESET, META, DECIDER.state())) == []

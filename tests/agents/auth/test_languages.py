"""In which language an account gets its mails."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.auth.account import NewMailToken
from agents.auth.decider import DECIDER
from tests.agents.auth.test_decider import PREPARED, REGISTER, REGISTERED, VERIFIED, given, verification
from topics.contracts.auth_commands import Register, RequestPasswordReset, ResendVerification
from topics.contracts.auth_events import (
    AccountErased,
    PasswordResetRequested,
    RegistrationRepeated,
    VerificationRequested,
)
from topics.values.languages import Language

EMAIL = "ayse@example.com"
RESEND, FORGOT = ResendVerification(email=EMAIL), RequestPasswordReset(email=EMAIL)
TOKEN = NewMailToken(verification("new"))
ENGLISH = replace(REGISTERED, language="en")
UNSAID = replace(REGISTERED, language=None)
"""As it was before mails of accounts had a language."""


def mailed(events: tuple[Any, ...], command: Any, said: Language | None) -> Language:
    prepared = PREPARED if isinstance(command, Register) else TOKEN
    (event,) = given(*events).when(replace(command, language=said), prepared=prepared).decision.events
    assert event.language is not None
    return event.language


EVERY = pytest.mark.parametrize(
    ("events", "command"),
    [((), REGISTER), ((ENGLISH,), REGISTER), ((ENGLISH, VERIFIED), REGISTER), ((ENGLISH,), RESEND), ((ENGLISH,), FORGOT),
     ((ENGLISH, VERIFIED), FORGOT)],
    ids=["new", "registered again", "has an account", "resent", "forgot before verified", "forgot"],
)  # fmt: skip


@EVERY
@pytest.mark.parametrize("said", ["tr", "en"])
def test_a_mail_is_in_the_language_that_its_request_says(events: tuple[Any, ...], command: Any, said: Language) -> None:
    assert mailed(events, command, said) == said


@EVERY
def test_without_one_it_is_in_that_of_the_registration(events: tuple[Any, ...], command: Any) -> None:
    assert mailed(events, command, None) == ("en" if events else "tr")


@pytest.mark.parametrize("command", [REGISTER, RESEND, FORGOT])
def test_where_nobody_has_said_one_it_is_turkish(command: Any) -> None:
    assert mailed((UNSAID,), command, None) == "tr"


def test_the_newest_registration_and_mail_of_it_say_the_language() -> None:
    again = RegistrationRepeated(email=EMAIL, verification=verification("again"), password_hash="hash", language="tr")
    asked = VerificationRequested(email=EMAIL, verification=verification("asked"), language="en")
    assert given(ENGLISH, again).state.language == "tr"
    assert given(ENGLISH, again, asked).state.language == "en"
    assert given(ENGLISH, replace(again, language=None)).state.language == "en"


def test_who_asks_for_a_reset_does_not_change_the_language_of_the_account() -> None:
    """Anybody may ask, and may register a verified address once more."""
    asked = PasswordResetRequested(email=EMAIL, reset=verification("reset"), language="tr")
    for event in (asked, replace(asked, already_registered=True)):
        assert given(ENGLISH, VERIFIED, event).state.language == "en"


def test_an_erased_account_has_no_language() -> None:
    assert given(ENGLISH, AccountErased(erased_at=verification().expires_at)).state == replace(
        DECIDER.state(), erased=True
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Register, b'{"email":"ayse@example.com","password_box":"Ym94"}'),
        (ResendVerification, b'{"email":"ayse@example.com"}'),
        (RequestPasswordReset, b'{"email":"ayse@example.com"}'),
    ],
)
def test_a_command_of_before_has_none(kind: type[Any], body: bytes) -> None:
    assert msgspec.json.decode(body, type=kind).language is None

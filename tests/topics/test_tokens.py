import base64
import contextlib
import hashlib
import hmac
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.values.tokens import (
    RESET,
    VERIFY,
    BadToken,
    as_reference,
    from_reference,
    mail_token,
    read,
    refresh_token,
    sha256_hex,
)

KEY = b"k" * 32
USER = "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f"
REFERENCE = "6e5d4c3b-2a19-4087-b6c5-d4e3f2a1b0c9"
IDS = st.uuids().map(str)


def test_a_mail_token_is_made_as_it_is_written_down() -> None:
    tag = hmac.new(KEY, f"verify{USER}{REFERENCE}".encode(), hashlib.sha256).digest()[:16]
    expected = base64.urlsafe_b64encode(uuid.UUID(USER).bytes + uuid.UUID(REFERENCE).bytes + tag)
    assert mail_token(KEY, VERIFY, USER, REFERENCE) == expected.decode()
    assert len(expected) == 64 and b"=" not in expected


@given(IDS, IDS)
def test_whose_a_token_is_can_be_read_from_it(user: str, other: str) -> None:
    assert read(mail_token(KEY, VERIFY, user, other)) == (user, other)
    assert read(refresh_token(KEY, user, other, "g")) == (user, other)


@given(IDS, IDS)
def test_tokens_differ_by_key_purpose_and_generation(user: str, other: str) -> None:
    found = {
        mail_token(KEY, VERIFY, user, other),
        mail_token(KEY, RESET, user, other),
        mail_token(b"l" * 32, VERIFY, user, other),
        refresh_token(KEY, user, other, "1"),
        refresh_token(KEY, user, other, "2"),
    }
    assert len(found) == 5


@given(IDS, IDS)
def test_the_notifier_derives_the_same_token_from_a_reference(user: str, reference: str) -> None:
    assert from_reference(KEY, VERIFY, as_reference(user, reference)) == mail_token(KEY, VERIFY, user, reference)


def test_a_token_of_another_system_stays_as_it_is() -> None:
    assert from_reference(KEY, VERIFY, "a-token-of-another-system") == "a-token-of-another-system"


@pytest.mark.parametrize("text", ["ref:", "ref:x:y", f"ref:{USER}", f"ref:{USER}:", "ref:::"])
def test_half_a_reference_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        from_reference(KEY, VERIFY, text)


@pytest.mark.parametrize("text", ["", "a", "a" * 63, "a" * 65, "a" * 128, "ä" * 64, "a b" * 20, "=" * 64, "\n"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        read(text)


@given(st.text(max_size=100))
def test_reading_garbage_raises_nothing_else(text: str) -> None:
    with contextlib.suppress(BadToken):
        read(text)


def test_only_uuids_have_tokens() -> None:
    with pytest.raises(BadToken):
        mail_token(KEY, VERIFY, "user-1", REFERENCE)
    with pytest.raises(BadToken):
        refresh_token(KEY, USER, "session-1", "g")


def test_a_hash_is_hex() -> None:
    assert sha256_hex("test") == "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

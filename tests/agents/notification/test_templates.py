import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.notification.templates import UnknownTemplate, render

ORIGIN = "https://lezzet.example"
EVIL = """<script>alert("1")</script>&'"""


def test_a_verification_mail_leads_to_the_client() -> None:
    mail = render("verification", {"token": "abc-_9"}, ORIGIN)
    link = f"{ORIGIN}/auth/verify-email?token=abc-_9"
    assert link in mail.text
    assert f'href="{link}"' in mail.html
    assert mail.subject == "Verify your e-mail address"


def test_a_reset_mail_leads_to_the_client() -> None:
    mail = render("password_reset", {"token": "abc"}, ORIGIN)
    assert f"{ORIGIN}/reset-password?token=abc" in mail.text


def test_a_discount_says_what_it_is() -> None:
    mail = render("discount", {"title": "LEZZET10", "description": "10 % off"}, ORIGIN)
    assert mail.subject == "LEZZET10"
    assert "10 % off" in mail.text and "10 % off" in mail.html


def test_an_order_is_confirmed_with_its_total() -> None:
    mail = render("order_confirmation", {"order_id": "o-1", "restaurant_name": "Mahmut", "total": "520.90"}, ORIGIN)
    assert mail.subject == "Your order at Mahmut"
    assert "520.90 TL" in mail.text and "o-1" in mail.text


def test_a_publishers_subject_counts() -> None:
    assert render("verification", {"token": "t"}, ORIGIN, "Hoş geldiniz").subject == "Hoş geldiniz"


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.zz", "a\nb", "\ta  b "])
def test_a_subject_is_one_line(subject: str) -> None:
    assert not re.search(r"[\r\n\t]|  ", render("verification", {"token": "t"}, ORIGIN, subject).subject)


VARIABLES = ("token", "title", "description", "order_id", "restaurant_name", "total")


@pytest.mark.parametrize("template", ["verification", "password_reset", "discount", "order_confirmation"])
def test_variables_are_escaped(template: str) -> None:
    mail = render(template, dict.fromkeys(VARIABLES, EVIL), ORIGIN)
    assert "<script" not in mail.html
    assert '("1")' not in mail.html
    assert "&#x27;" in mail.html or "%27" in mail.html


@pytest.mark.parametrize("template", ["discount", "verification"])
def test_a_subject_is_escaped_in_the_page(template: str) -> None:
    mail = render(template, dict.fromkeys(VARIABLES, "x"), ORIGIN, "</title><script>")
    assert "<script>" not in mail.html


@given(st.text(min_size=1))
def test_a_token_never_leaves_its_place_in_the_link(token: str) -> None:
    (link,) = re.findall(r'href="([^"]*)"', render("verification", {"token": token}, ORIGIN).html)
    assert re.fullmatch(re.escape(f"{ORIGIN}/auth/verify-email?token=") + r"[A-Za-z0-9_.~%-]+", link)


@pytest.mark.parametrize(
    ("template", "variables"), [("birthday", {}), ("verification", {}), ("discount", {"title": "t"})]
)
def test_what_cannot_be_rendered_is_said(template: str, variables: dict[str, str]) -> None:
    with pytest.raises(UnknownTemplate):
        render(template, variables, ORIGIN)

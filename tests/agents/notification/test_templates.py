import re
from dataclasses import fields
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kitchen.replies import NO_REASON
from agents.notification import news
from agents.notification.facts import Facts
from agents.notification.templates import AMOUNTS, LANGUAGES, Rendered, UnknownTemplate, names, render, worded
from agents.notification.wording import Mail
from agents.order.acts.handing_over import NOT_DELIVERED
from agents.order.acts.wanted import no_more
from agents.order.facts import Facts as OrderFacts
from agents.payment.words import DETAILS
from http_edge.mobile import texts
from tests.agents.order.test_decider import PLACED, restaurant
from tests.agents.scenario import NOW
from topics.contracts.notification_events import CustomerNews, Letter, OrderNews, OwnerNews
from topics.deciding import schedule
from topics.values import languages
from topics.values.languages import Language
from topics.values.opening_hours import DEFAULT_ZONE

ORIGIN = "https://lezzet.example"
EVIL = """<script>alert("1")</script>&'"""
TEMPLATES = sorted(LANGUAGES["en"].mails)
EVERYWHERE = [(language, template) for language in languages.LANGUAGES for template in TEMPLATES]


def rendered(
    template: str, variables: dict[str, str], subject: str = "", language: Language = "en", origin: str = ORIGIN
) -> Rendered:
    return render(Letter(template=template, variables=variables, subject=subject, language=language), origin)


def variables_of(mail: Mail) -> set[str]:
    return names(" ".join((mail.subject, *mail.paragraphs, mail.link.path if mail.link else "")))


def everything(said: str) -> dict[str, str]:
    """A value for each variable of any template."""
    mails = [mail for wording in LANGUAGES.values() for mail in wording.mails.values()]
    return dict.fromkeys(set().union(*map(variables_of, mails)), said)


def test_a_verification_mail_leads_to_the_client() -> None:
    mail = rendered("verification", {"token": "abc-_9"})
    link = f"{ORIGIN}/auth/verify-email?token=abc-_9"
    assert link in mail.text
    assert f'href="{link}"' in mail.html
    assert mail.subject == "Verify your e-mail address"


def test_a_reset_mail_leads_to_the_client() -> None:
    assert f"{ORIGIN}/reset-password?token=abc" in rendered("password_reset", {"token": "abc"}).text


def test_a_discount_says_what_it_is() -> None:
    mail = rendered("discount", {"title": "LEZZET10", "description": "10 % off"})
    assert mail.subject == "LEZZET10"
    assert "10 % off" in mail.text and "10 % off" in mail.html


def test_an_order_is_confirmed_with_its_total() -> None:
    said = {"order_id": "o-1", "restaurant_name": "Mahmut", "total": "520.90"}
    mail = rendered("order_confirmation", said)
    assert mail.subject == "Your order at Mahmut"
    assert "520.90 TL" in mail.text and "o-1" in mail.text
    mail = rendered("order_confirmation", said, language="tr")
    assert mail.subject == "Siparişiniz alındı: Mahmut"
    assert "520,90 TL" in mail.text and '<html lang="tr">' in mail.html


@pytest.mark.parametrize(
    ("amount", "english", "turkish"),
    [("9.90", "9.90", "9,90"), ("2134.90", "2,134.90", "2.134,90"), ("1000000.00", "1,000,000.00", "1.000.000,00")],
)
def test_amounts_are_written_as_phones_write_them(amount: str, english: str, turkish: str) -> None:
    said = everything("x") | {"amount": amount, "total": amount}
    for template in ("order_refunded", "order_confirmation"):
        assert f"{english} TL" in rendered(template, said).text
        assert f" {turkish} TL" in rendered(template, said, language="tr").text
    kurus = int(amount.replace(".", ""))
    assert (texts.money(kurus, "en"), texts.money(kurus, "tr")) == (f"{english} TL", f"{turkish} TL")


def test_one_minute_is_not_in_the_plural() -> None:
    assert "1 minutes" not in rendered("order_delayed", everything("x") | {"minutes": "1"}).text


def test_a_publishers_subject_counts() -> None:
    assert rendered("verification", {"token": "t"}, "Hoş geldiniz").subject == "Hoş geldiniz"


@pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.zz", "a\nb", "\ta  b "])
def test_a_subject_is_one_line(subject: str) -> None:
    assert not re.search(r"[\r\n\t]|  ", rendered("verification", {"token": "t"}, subject).subject)


@pytest.mark.parametrize(("language", "template"), EVERYWHERE)
def test_a_line_break_in_a_variable_is_none_in_the_subject(language: Language, template: str) -> None:
    assert "\n" not in rendered(template, everything("a\r\nBcc: x@y.zz"), language=language).subject


# -- both languages


def test_there_is_a_wording_for_each_language_with_the_same_mails() -> None:
    assert sorted(LANGUAGES) == sorted(languages.LANGUAGES)
    for wording in LANGUAGES.values():
        assert sorted(wording.mails) == TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_mail_has_the_same_variables_in_every_language(template: str) -> None:
    there = {language: variables_of(wording.mails[template]) for language, wording in LANGUAGES.items()}
    assert len(set(map(frozenset, there.values()))) == 1, there


@pytest.mark.parametrize(("language", "template"), EVERYWHERE)
def test_a_text_names_its_variables_and_nothing_else(language: Language, template: str) -> None:
    """`{a.b}` or `{a!r}` would show more of a value than its text."""
    mail = LANGUAGES[language].mails[template]
    for text in (mail.subject, *mail.paragraphs, *((mail.link.path,) if mail.link else ())):
        assert all(re.fullmatch("[a-z_]+", name) for name in names(text))
        assert text == re.sub(r"\{[^}]*[^a-z_}][^}]*\}", "", text)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_text_is_the_same_in_both_languages_but_what_is_only_variables(template: str) -> None:
    english, turkish = (LANGUAGES[language].mails[template] for language in languages.LANGUAGES)
    for one, other in zip(english.paragraphs, turkish.paragraphs, strict=True):
        assert one != other or not re.sub(r"\{[a-z_]+\}", "", one)


@pytest.mark.parametrize("about", [*get_args(CustomerNews), *get_args(OwnerNews)])
@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_all_news_of_orders_can_be_worded_also_of_a_restaurant_that_is_not_known(
    about: str, language: Language
) -> None:
    said = news.letter(OrderNews(about=about, order_id="o-1", restaurant_id="r-1"), Facts(), NOW)  # type: ignore[arg-type]
    words = worded(Letter(template=said.template, variables=said.variables, language=language), "")
    assert LANGUAGES[language].restaurant in words.subject
    assert "o-1" in words.paragraphs[-1]


def test_what_is_not_known_is_not_said() -> None:
    said = dict.fromkeys(("restaurant_name", "order_id", "minutes"), "x") | {"reason": "", "time": ""}
    text = rendered("order_delayed", said).text
    assert "Reason" not in text and "ready at" not in text
    text = rendered("order_delayed", said | {"reason": "the oven", "time": "19:45"}).text
    assert "Reason: the oven" in text and "19:45" in text


def test_amounts_are_variables() -> None:
    assert everything("").keys() >= AMOUNTS


# -- escaping


@pytest.mark.parametrize(("language", "template"), EVERYWHERE)
def test_variables_are_escaped(language: Language, template: str) -> None:
    mail = rendered(template, everything(EVIL), language=language)
    assert "<script" not in mail.html
    assert '("1")' not in mail.html
    assert "&#x27;" in mail.html or "%27" in mail.html


@pytest.mark.parametrize("evil", ["{token}", "{0}", "{order_id.__class__}", "{", "}", "%s", "$token"])
def test_what_looks_like_a_variable_in_a_value_is_text(evil: str) -> None:
    assert evil in rendered("discount", {"title": evil, "description": "d"}).text


@pytest.mark.parametrize("template", ["discount", "verification"])
def test_a_subject_is_escaped_in_the_page(template: str) -> None:
    assert "<script>" not in rendered(template, everything("x"), "</title><script>").html


@given(st.text(min_size=1))
def test_a_token_never_leaves_its_place_in_the_link(token: str) -> None:
    (link,) = re.findall(r'href="([^"]*)"', rendered("verification", {"token": token}).html)
    assert re.fullmatch(re.escape(f"{ORIGIN}/auth/verify-email?token=") + r"[A-Za-z0-9_.~%-]+", link)


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize(
    ("template", "variables"), [("birthday", {}), ("verification", {}), ("discount", {"title": "t"})]
)
def test_what_cannot_be_rendered_is_said(template: str, variables: dict[str, str], language: Language) -> None:
    with pytest.raises(UnknownTemplate):
        rendered(template, variables, language=language)


def test_a_mail_has_no_text_that_nobody_renders() -> None:
    assert {field.name for field in fields(Mail)} == {"subject", "paragraphs", "link"}


# -- reasons of ours


HOURS = {"mon": "10:00-11:00"}


def own_reasons() -> list[str]:
    """As the other domains say them, for each way to an end that a mail tells of."""
    away = restaurant(is_open=False)
    closed = [schedule.closed(said, HOURS, DEFAULT_ZONE, NOW) for said in (None, "2026-03-03T03:00")]
    paused = schedule.paused(None, NOW + timedelta(hours=2), DEFAULT_ZONE, NOW)
    return [
        *DETAILS.values(), NO_REASON, *(each.detail for each in (*closed, paused) if each is not None),
        NOT_DELIVERED, no_more(PLACED, OrderFacts(restaurants={"mahmut": away}), NOW) or "",
        no_more(PLACED, OrderFacts(restaurants={"mahmut": restaurant()}), NOW) or "",
    ]  # fmt: skip


def test_a_turkish_mail_gives_no_reason_of_ours_in_english() -> None:
    reasons = own_reasons()
    assert len(reasons) == len(DETAILS) + 7 and all(reasons)
    for reason in reasons:
        english = rendered("order_rejected", everything("x") | {"reason": reason}).text
        turkish = rendered("order_rejected", everything("x") | {"reason": reason}, language="tr").text
        assert f"Reason: {reason}\n" in english
        assert reason not in turkish and "Neden: " in turkish


def test_what_a_person_wrote_as_a_reason_stays_as_it_is() -> None:
    mail = rendered("order_rejected", everything("x") | {"reason": "the oven is broken"}, language="tr")
    assert "Neden: the oven is broken\n" in mail.text

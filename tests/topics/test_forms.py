"""E-mail addresses, opening hours, times and coupon codes, as people write them."""

import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.messages.message import holds_nul
from topics.values import forms
from topics.values.folding import coupon_code, fold, words


@pytest.mark.parametrize(
    "address",
    ["YASİN@example.com", "İ" * 200 + "@example.com", "a..b@example.com", ".a@example.com", "a@b..com", "a@-b.com",
     "a@localhost", "a b@example.com", "a@example.com\n.evil", "", "@", "a" * 65 + "@example.com"],
)  # fmt: skip
def test_an_address_that_no_mail_can_reach_is_refused(address: str) -> None:
    with pytest.raises(forms.NotInForm):
        forms.email(address)


def test_an_address_that_reads_as_another_one_in_the_header_of_a_mail_is_refused() -> None:
    with pytest.raises(forms.NotInForm, match="no mail can be addressed to"):
        forms.email("=?utf-8?q?x?=@example.com")


def test_the_letter_that_cannot_be_delivered_is_named() -> None:
    with pytest.raises(forms.NotInForm, match="İ"):
        forms.email("YASİN@example.com")


def test_a_domain_is_kept_in_its_punycode_form() -> None:
    assert forms.email(" Ayse@ÖRNEK.com.tr ") == "ayse@xn--rnek-4qa.com.tr"


@given(st.emails())
def test_a_normal_address_stays_as_it_is_and_fits_its_limit(address: str) -> None:
    try:
        normal = forms.email(address)
    except forms.NotInForm:
        return
    assert forms.email(normal) == normal
    assert len(normal) <= 254


@given(st.text(max_size=80))
def test_a_normal_line_stays_as_it_is(text: str) -> None:
    try:
        normal = forms.line(text)
    except forms.NotInForm:
        return
    assert forms.line(normal) == normal


@pytest.mark.parametrize("said", ["2026-12-01T19:30<svg/onload=alert(1)>", "2026-13-01", "2026-02-30T10:00",
                                  "2026-12-01T25:00", "20261201", "2026-W01-1", "2026-12-01T19", "٢٠٢٦-01-01"])  # fmt: skip
def test_a_date_is_parsed_and_not_matched_by_its_beginning(said: str) -> None:
    with pytest.raises(forms.NotInForm):
        forms.day_or_time(said)


def test_until_is_today_or_a_time() -> None:
    assert forms.today_or_time(" Today ") == "today"
    assert forms.today_or_time("2026-12-01T19:30") == "2026-12-01T19:30"
    with pytest.raises(forms.NotInForm, match="today"):
        forms.today_or_time("tomorrow")


@pytest.mark.parametrize("zone", ["Europe/Istanbull", "UTC+3", "../../etc/passwd", "", "localtime", "Factory"])
def test_a_zone_is_one_of_the_database(zone: str) -> None:
    with pytest.raises(forms.NotInForm):
        forms.time_zone(zone)


@pytest.mark.parametrize("said", ["İNDİRİM", "indirim", "INDIRIM", " indırım ", "İndirim"])
def test_a_coupon_is_the_same_in_turkish_and_english_letters(said: str) -> None:
    assert coupon_code(said) == "INDIRIM"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("istanbul", "İstanbul"),
        ("ışık", "IŞIK"),
        ("kofte", "Köfte"),
        ("ISIK", "ışık"),
        ("no1", "№1"),
        ("kebap", "𝗞𝗘𝗕𝗔𝗣"),
        ("kebap", "ＫＥＢＡＰ"),
    ],
)
def test_letters_fold_as_a_turk_expects(said: str, found: str) -> None:
    assert fold(said) == fold(found)


@given(st.text())
def test_a_text_folds_letter_by_letter_as_it_does_whole(text: str) -> None:
    dotless = str.maketrans("ıİI", "iii")
    plain = unicodedata.normalize("NFKD", text.translate(dotless).casefold()).translate(dotless).casefold()
    assert fold(text) == "".join(letter for letter in plain if not unicodedata.combining(letter))
    assert fold(fold(text)) == fold(text)


# Accents that have to be put in order, also those that have none of their class and are made of two that have.
ACCENTS = ["\u0301\u0316", "\u0f73\u0301", "\u0344\u0316"]


@pytest.mark.parametrize("accents", ACCENTS)
@pytest.mark.parametrize("form", [forms.line, forms.name, forms.password, forms.coupon])
def test_accents_in_a_row_are_refused_before_they_take_time(form: Callable[[str], str], accents: str) -> None:
    began = time.process_time()
    with pytest.raises(forms.NotInForm, match="more than 30 accents"):
        form("a" + accents * 60_000)
    assert time.process_time() - began < 1, "to put them in order would take many seconds"


def test_thirty_accents_on_each_letter_are_fine() -> None:
    assert forms.line(("a" + "\u0316" * 30) * 50) == ("a" + "\u0316" * 30) * 50


@pytest.mark.parametrize("accents", ACCENTS)
def test_accents_in_a_row_fold_to_nothing_in_no_time(accents: str) -> None:
    began = time.process_time()
    assert fold(accents * 60_000) == ""
    assert time.process_time() - began < 1


@pytest.mark.parametrize("letters", ["ü.", "İ", "a\u0301\u0316", "1"])
def test_an_address_of_a_megabyte_is_refused_in_no_time(letters: str) -> None:
    began = time.process_time()
    with pytest.raises(forms.NotInForm, match="too long"):
        forms.email(f"a@{letters * 300_000}.com")
    assert time.process_time() - began < 1


def test_words_are_letters_and_digits() -> None:
    assert words("Kebapçı Mahmut'un 2. yeri: a/b*") == ["kebapci", "mahmut", "un", "2", "yeri", "a", "b"]


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (b'"\\u0000"', True),
        (b'"\\\\u0000"', False),
        (b'"\\\\\\u0000"', True),
        (b'"\\\\\\\\u0000"', False),
        (b'"a\0"', True),
    ],
)
def test_only_the_real_nul_is_one(body: bytes, holds: bool) -> None:
    assert holds_nul(body) is holds

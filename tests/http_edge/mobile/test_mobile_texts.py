"""Texts for phones, in both languages."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from http_edge.mobile import texts
from http_edge.mobile.opening import opening
from http_edge.wire.preferences import Language
from topics.values.fields import OrderStatus, PaymentStatus

MONDAY_NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp()  # in Istanbul


@pytest.mark.parametrize(
    ("kurus", "tr", "en"),
    [
        (14990, "149,90 TL", "149.90 TL"), (0, "0,00 TL", "0.00 TL"), (5, "0,05 TL", "0.05 TL"),
        (124950, "1.249,50 TL", "1,249.50 TL"), (10**14, "1.000.000.000.000,00 TL", "1,000,000,000,000.00 TL"),
    ],
)  # fmt: skip
def test_money(kurus: int, tr: str, en: str):
    assert (texts.money(kurus, "tr"), texts.money(kurus, "en")) == (tr, en)


def test_a_delivery_that_costs_nothing_is_free():
    assert (texts.fee(0, "tr"), texts.fee(0, "en")) == ("Ücretsiz teslimat", "Free delivery")
    assert (texts.minimum(0, "tr"), texts.minimum(0, "en")) == ("Alt sınır yok", "No minimum")
    assert (texts.fee(1490, "tr"), texts.minimum(10_000, "tr")) == ("14,90 TL", "100,00 TL")


@pytest.mark.parametrize(
    ("kilometres", "tr", "en"),
    [
        (0, "0 m", "0 m"), (0.004, "0 m", "0 m"), (0.846, "850 m", "850 m"), (0.994, "990 m", "990 m"),
        (0.996, "1,0 km", "1.0 km"), (1.24, "1,2 km", "1.2 km"), (9.94, "9,9 km", "9.9 km"), (9.96, "10 km", "10 km"),
        (1234.5, "1.234 km", "1,234 km"),
    ],
)  # fmt: skip
def test_distances(kilometres: float, tr: str, en: str):
    assert (texts.distance(kilometres, "tr"), texts.distance(kilometres, "en")) == (tr, en)


def test_minutes_ratings_and_counts():
    assert (texts.minutes(35, "tr"), texts.minutes(35, "en")) == ("35 dk", "35 min")
    assert (texts.rating(4.46, 1200, "tr"), texts.rating(4.46, 1200, "en")) == ("4,5 (1.200)", "4.5 (1,200)")
    assert texts.rating(0, 0, "tr") == ""
    assert [texts.items(count, "en") for count in (0, 1, 2)] == ["0 items", "1 item", "2 items"]
    assert texts.items(2, "tr") == "2 ürün"


def test_a_status_that_is_newer_than_the_texts_is_named_as_it_is():
    assert (texts.status("placed", "tr"), texts.status("teleported", "tr")) == ("Siparişin alındı", "teleported")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_status_has_a_text(language: Language):
    assert texts.STATUSES[language].keys() == set(get_args(OrderStatus))
    assert texts.PAYMENT_STATUSES[language].keys() == set(get_args(PaymentStatus))
    assert len(set(texts.STATUSES[language].values())) == len(get_args(OrderStatus))


def test_when_an_order_is_ready_is_told_while_it_is_cooked():
    at = datetime(2026, 11, 26, 16, 45, tzinfo=UTC)
    said = [texts.ready(at, status, "tr") for status in ("placed", "accepted", "preparing", "ready", "delivered")]
    assert said == ["", "Hazır olma saati 19:45", "Hazır olma saati 19:45", "", ""]
    assert (texts.ready(None, "accepted", "tr"), texts.ready(at, "accepted", "en")) == ("", "Ready at 19:45")
    assert (texts.refunded(0, "tr"), texts.refunded(120_050, "tr"), texts.refunded(1_200, "en")) == (
        "", "1.200,50 TL iade edildi", "12.00 TL refunded",
    )  # fmt: skip
    assert (texts.payment_status(None, "tr"), texts.payment_status("barter", "tr")) == ("", "barter")


def test_moments_are_told_by_the_clock_of_turkey():
    at = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)
    assert (texts.moment(at, "tr"), texts.moment(at, "en")) == ("27.11.2026 00:30", "2026-11-27 00:30")
    assert (texts.last_day(at, "tr"), texts.last_day(at, "en")) == ("Son gün 27.11.2026", "Until 2026-11-27")


@pytest.mark.parametrize(
    ("hours", "tr", "en"),
    [
        ({}, "Her zaman açık", "Always open"),
        ({"mon": "09:00-22:00"}, "Açık, kapanış 22:00", "Open until 22:00"),
        ({"mon": "11:00-24:00", "tue": "00:00-02:30"}, "Açık, kapanış 02:30", "Open until 02:30"),
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00"), "Her zaman açık", "Always open"),
        ({"mon": "00:00-24:00", "tue": "00:00-13:00"}, "Açık, kapanış Sal 13:00", "Open until Tue 13:00"),
        ({"mon": "12:01-14:00"}, "Kapalı, açılış 12:01", "Closed, opens 12:01"),
        ({"wed": "18:00-23:00"}, "Kapalı, açılış Çar 18:00", "Closed, opens Wed 18:00"),
    ],
)  # fmt: skip
def test_until_when_a_restaurant_is_open_or_closed(hours: dict[str, str], tr: str, en: str):
    document = b'{"opening_hours":{%b}}' % b",".join(f'"{day}":"{said}"'.encode() for day, said in hours.items())
    for language, text in (("tr", tr), ("en", en)):
        found = opening(document, MONDAY_NOON, _language(language))
        assert (found.text, found.open_now) == (text, not text.startswith(("Kapalı", "Closed")))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"days_off": [{"day": "2026-11-24", "reason": ""}]}, "Açık, kapanış 00:00"),
        ({"days_off": [{"day": "2026-11-23", "reason": ""}]}, "Kapalı, açılış Sal 00:00"),
        ({"pause": {"until": "2026-11-23T10:15:00Z", "reason": ""}}, "Kapalı, açılış 13:15"),
        ({"pause": {"until": "2026-11-23T08:15:00Z", "reason": ""}}, "Her zaman açık"),
        ({"pause": {"until": "2026-11-23T10:15:00Z"}, "opening_hours": {"tue": "09:00-22:00"}}, "Kapalı, açılış Sal 09:00"),
        (
            {"opening_hours": {"mon": "09:00-22:00"}, "days_off": [{"day": "2026-11-23", "reason": ""}]},
            "Kapalı, açılış 30.11.2026 09:00",
        ),
    ],
)  # fmt: skip
def test_days_off_and_a_pause_count(said: dict[str, Any], text: str):
    assert opening(json.dumps(said).encode(), MONDAY_NOON, "tr").text == text


def test_one_that_has_closed_tells_no_hour():
    document = b'{"status":"closed","opening_hours":{"mon":"09:00-22:00"}}'
    assert opening(document, MONDAY_NOON, "tr") == (False, "Kapalı")


def _language(name: str) -> Language:
    return "tr" if name == "tr" else "en"


def test_addresses_and_long_texts():
    assert texts.address("Moda Caddesi 12", "Kadıköy", "İstanbul") == "Moda Caddesi 12, Kadıköy/İstanbul"
    assert (texts.address("", "", "İzmir"), texts.address("", "", "")) == ("İzmir", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abcdefgh", "abcdefgh"),
        ("abcdefghi", "abcde…"),
        ("çğşı", "çğşı"),  # two bytes a letter
        ("çğşıö", "çğ…"),
        ("🍔🍔", "🍔🍔"),  # four
        ("🍔🍔🍔", "🍔…"),
        ('""""', '""""'),  # two in JSON
        ('"""""', '""…'),
        ("\x01\x01", "…"),  # six in JSON
        ("", ""),
    ],
)
def test_a_long_text_is_cut_at_bytes_of_its_json(text: str, shown: str):
    assert texts.cut(text, 8) == shown

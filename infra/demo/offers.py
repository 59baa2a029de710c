"""Coupons and campaigns of the demo data. LEZZET10 is the coupon that clients and documents name."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from infra.demo.menu import Menu
from infra.demo.menus import MENUS
from topics.contracts.discount_commands import CreateCoupon
from topics.contracts.restaurant_commands import StartCampaign
from topics.values.folding import coupon_code

LEZZET10 = "LEZZET10"
PERCENT = 100
"""In hundredths of a percent, as commands say it."""
_LONG = timedelta(days=700)  # a campaign may last 730 days

COUPONS: dict[str, CreateCoupon] = {
    LEZZET10: CreateCoupon(kind="percent", value=1_000, title="Hoş geldin indirimi"),
    "KEBAP50": CreateCoupon(
        kind="fixed", value=5_000, min_basket=30_000, per_user_limit=3, title="300 TL üzeri 50 TL",
        restaurant_id=next(menu.restaurant_id for menu in MENUS if menu.name == "kebapci-mahmut"),
    ),
    "YARIN20": CreateCoupon(
        kind="percent", value=2_000, valid_from=datetime(2100, 1, 1, tzinfo=UTC), title="Daha başlamadı", listed=False
    ),
}  # fmt: skip
"""By code. Those without a restaurant are valid everywhere."""

_CAMPAIGNS = (
    ("kebapci-mahmut", "Adana günleri", "İki Adana Kebap alana bir ayran bizden."),
    ("karadeniz-pide", "Pide akşamı", "Saat altıdan sonra bütün pidelerde küçük boy fiyatına büyük boy."),
    ("nine-sofrasi", "Anne usulü", "Ev yemeği yanında sütlaç yarı fiyatına."),
)


_EVERY = 8
"""So many of the other restaurants have an offer once, a campaign and a coupon by turns."""

_OTHER_CAMPAIGNS = (
    ("Hafta içi menüsü", "Pazartesiden cumaya içecekler bizden."),
    ("İkinci ürün yarı fiyat", "Aynı üründen iki tane alana."),
    ("Açılış haftası", "Bütün tatlılar ikramımız."),
)


def coupons(menus: Sequence[Menu]) -> dict[str, CreateCoupon]:
    """By code."""
    return COUPONS | {
        f"{coupon_code(menu.opening.address.district)}{number}": CreateCoupon(
            kind="percent", value=PERCENT * (5 + number % 4 * 5), restaurant_id=menu.restaurant_id, per_user_limit=2,
            title=f"{menu.opening.name} indirimi",
        )
        for number, menu in _with_an_offer(menus)[1::2]
    }  # fmt: skip


def campaigns(menus: Sequence[Menu], today: date) -> dict[str, StartCampaign]:
    """By restaurant id, from today on."""
    found = {menu.name: menu.restaurant_id for menu in menus}
    said = [(found[name], title, description) for name, title, description in _CAMPAIGNS]
    said += [
        (menu.restaurant_id, *_OTHER_CAMPAIGNS[number % len(_OTHER_CAMPAIGNS)])
        for number, menu in _with_an_offer(menus)[::2]
    ]
    return {
        id: StartCampaign(
            restaurant_id=id, title=title, description=description, start_date=today.isoformat(),
            end_date=(today + _LONG).isoformat(),
        )
        for id, title, description in said
    }  # fmt: skip


def _with_an_offer(menus: Sequence[Menu]) -> list[tuple[int, Menu]]:
    """Of those that are not written by hand."""
    return list(enumerate(menus))[len(MENUS) :: _EVERY]

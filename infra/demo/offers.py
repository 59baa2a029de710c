"""Coupons and campaigns of the demo data. LEZZET10 is the coupon that clients and documents name."""

from datetime import UTC, date, datetime, timedelta

from infra.demo.menus import MENUS
from topics.contracts.discount_commands import CreateCoupon
from topics.contracts.restaurant_commands import StartCampaign

LEZZET10 = "LEZZET10"
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


def campaigns(today: date) -> dict[str, StartCampaign]:
    """By restaurant id, from today on."""
    found = {menu.name: menu.restaurant_id for menu in MENUS}
    return {
        found[name]: StartCampaign(
            restaurant_id=found[name], title=title, description=description, start_date=today.isoformat(),
            end_date=(today + _LONG).isoformat(),
        )
        for name, title, description in _CAMPAIGNS
    }  # fmt: skip

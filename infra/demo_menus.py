"""The demo restaurants and their menus. Ids derive from the names here: rename nothing that is meant to stay the same."""

from dataclasses import dataclass

from topics.catalog_commands import AddMeal, MealOption
from topics.fields import Address
from topics.ids import derive
from topics.restaurant_commands import OpenRestaurant

OWNER = derive("lezzet demo", "owner")
"""Owns all demo restaurants. Nobody can log in as it."""


@dataclass(frozen=True, slots=True)
class Menu:
    """meals: by a name that is theirs within the restaurant."""

    name: str
    opening: OpenRestaurant
    meals: dict[str, AddMeal]

    @property
    def restaurant_id(self) -> str:
        return derive("lezzet demo", self.name)

    def meal_id(self, meal: str) -> str:
        return derive(self.restaurant_id, meal)


def _menu(name: str, opening: OpenRestaurant, *dishes: AddMeal) -> Menu:
    return Menu(name, opening, {dish.name: dish for dish in dishes})


def _dish(restaurant: str, name: str, price: float, cuisine: str, description: str, *options: MealOption) -> AddMeal:
    restaurant_id = derive("lezzet demo", restaurant)
    return AddMeal(
        restaurant_id=restaurant_id, name=name, price=price, cuisine=cuisine, description=description, options=options
    )


_PORTION = MealOption(name="Bir buçuk porsiyon", price=110)
_SPICE = MealOption(name="Acı", choices=("acısız", "az acılı", "acılı"))
_SIZE = MealOption(name="Büyük boy", price=45)

KEBAP = _menu(
    "kebapci-mahmut",
    OpenRestaurant(
        name="Kebapçı Mahmut",
        description="Zırhta kıyılmış kuzu, meşe kömüründe. 1978'den beri Beyoğlu'nda.",
        address=Address(
            title="Merkez",
            address="İstiklal Caddesi 112",
            city="İstanbul",
            district="Beyoğlu",
            full_address="Hüseyinağa Mah. İstiklal Caddesi 112, 34435 Beyoğlu/İstanbul",
            zip_code="34435",
            latitude=41.0351,
            longitude=28.9805,
        ),
        phone_number="+90 212 555 01 78",
        email="siparis@kebapcimahmut.example",
        opening_hours={
            "mon": "11:00-23:30",
            "tue": "11:00-23:30",
            "wed": "11:00-23:30",
            "thu": "11:00-23:30",
            "fri": "11:00-01:00",
            "sat": "11:00-01:00",
            "sun": "12:00-23:00",
        },
        cuisines=("kebap", "türk"),
        prep_time=30,
        delivery_fee=29.9,
        min_order_price=100,
    ),
    _dish("kebapci-mahmut", "Adana Kebap", 245, "kebap", "Acılı zırh kıyması, közlenmiş biber ve lavaşla", _PORTION),
    _dish("kebapci-mahmut", "Urfa Kebap", 245, "kebap", "Acısız zırh kıyması, közlenmiş domates ve lavaşla", _PORTION),
    _dish("kebapci-mahmut", "Kuzu Şiş", 310, "kebap", "Sütte dinlenmiş kuzu but, bulgur pilavıyla", _PORTION),
    _dish("kebapci-mahmut", "Beyti Sarma", 295, "kebap", "Lavaşa sarılı, yoğurt ve tereyağlı domates sosuyla"),
    _dish("kebapci-mahmut", "Mercimek Çorbası", 85, "çorba", "Süzme, limon ve naneli tereyağıyla"),
    _dish("kebapci-mahmut", "Gavurdağı Salatası", 120, "salata", "Domates, ceviz, nar ekşisi"),
    _dish("kebapci-mahmut", "Künefe", 165, "tatlı", "Antakya peyniriyle, sıcak, kaymaklı"),
    _dish("kebapci-mahmut", "Yayık Ayranı", 45, "içecek", "Bakır tasta, bol köpüklü"),
)

PIDE = _menu(
    "karadeniz-pide",
    OpenRestaurant(
        name="Karadeniz Pide Salonu",
        description="Taş fırında kapalı ve açık pide, Trabzon tereyağıyla.",
        address=Address(
            title="Kadıköy",
            address="Moda Caddesi 45",
            city="İstanbul",
            district="Kadıköy",
            full_address="Caferağa Mah. Moda Caddesi 45, 34710 Kadıköy/İstanbul",
            zip_code="34710",
            latitude=40.9848,
            longitude=29.0261,
        ),
        phone_number="+90 216 555 06 61",
        email="merhaba@karadenizpide.example",
        opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "10:00-22:30"),
        cuisines=("pide", "karadeniz"),
        prep_time=25,
        delivery_fee=19.9,
        min_order_price=80,
    ),
    _dish("karadeniz-pide", "Kıymalı Kapalı Pide", 190, "pide", "Dana kıyma, tereyağı", _SIZE),
    _dish("karadeniz-pide", "Kuşbaşılı Kaşarlı Pide", 235, "pide", "Kuşbaşı dana, eski kaşar", _SIZE),
    _dish("karadeniz-pide", "Peynirli Yumurtalı Pide", 175, "pide", "Çökelek ve köy yumurtası", _SIZE),
    _dish("karadeniz-pide", "Kavurmalı Pide", 250, "pide", "Ev kavurması, yeşil biber", _SIZE),
    _dish("karadeniz-pide", "Kuymak", 155, "kahvaltı", "Mısır unu, Trabzon tereyağı, telli peynir"),
    _dish("karadeniz-pide", "Lahmacun", 80, "pide", "İnce hamur, limon ve maydanozla", _SPICE),
    _dish("karadeniz-pide", "Laz Böreği", 130, "tatlı", "Muhallebili, kat kat"),
    _dish("karadeniz-pide", "Şalgam Suyu", 40, "içecek", "Acılı ya da acısız", _SPICE),
)

EV = _menu(
    "nine-sofrasi",
    OpenRestaurant(
        name="Nine Sofrası",
        description="Her gün değişmeyen ev yemekleri: zeytinyağlılar, köfteler, hamur işleri.",
        address=Address(
            title="Çankaya",
            address="Tunalı Hilmi Caddesi 88",
            city="Ankara",
            district="Çankaya",
            full_address="Kavaklıdere Mah. Tunalı Hilmi Caddesi 88, 06680 Çankaya/Ankara",
            zip_code="06680",
            latitude=39.9068,
            longitude=32.8603,
        ),
        phone_number="+90 312 555 03 12",
        email="sofra@ninesofrasi.example",
        opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), "09:00-21:00"),
        cuisines=("ev yemekleri", "zeytinyağlı", "vejetaryen"),
        prep_time=20,
        delivery_fee=24.5,
        min_order_price=75,
    ),
    _dish("nine-sofrasi", "İzmir Köfte", 180, "ev yemeği", "Patatesli, domates soslu, pilavla"),
    _dish("nine-sofrasi", "Hünkar Beğendi", 265, "ev yemeği", "Közlenmiş patlıcan beğendisi üstünde dana"),
    _dish("nine-sofrasi", "Kayseri Mantısı", 210, "hamur işi", "El açması, sarımsaklı yoğurtla", _PORTION),
    _dish("nine-sofrasi", "Zeytinyağlı Yaprak Sarma", 145, "zeytinyağlı", "Kuş üzümlü, fıstıklı, on adet"),
    _dish("nine-sofrasi", "İmam Bayıldı", 150, "zeytinyağlı", "Soğan ve domatesli patlıcan"),
    _dish("nine-sofrasi", "Kuru Fasulye", 140, "ev yemeği", "Tereyağlı pilav ve turşuyla"),
    _dish("nine-sofrasi", "Fırın Sütlaç", 95, "tatlı", "Üstü yanık, fındıklı"),
    _dish("nine-sofrasi", "Demlik Çay", 30, "içecek", "İki kişilik"),
)

MENUS = (KEBAP, PIDE, EV)

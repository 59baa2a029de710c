"""What is cooked: the kitchens that the restaurants of more.py are of, and what goes with everything."""

from dataclasses import dataclass
from typing import NamedTuple

from infra.demo.menu import PORTION, SIZE, SPICE
from topics.contracts.catalog_commands import MealOption

DAY, LATE, ALWAYS, LUNCH = "10:00-22:30", "11:00-02:00", "00:00-24:00", "11:30-15:00,17:30-22:00"
MORNING, NIGHT = "07:00-16:00", "18:00-05:00"


class Cooked(NamedTuple):
    name: str
    price: int
    cuisine: str
    description: str
    options: tuple[MealOption, ...] = ()


@dataclass(frozen=True, slots=True)
class Kitchen:
    """titles: endings of names of restaurants. prep_time: minutes, fee and minimum: lira, each from and to."""

    cuisines: tuple[str, ...]
    titles: tuple[str, ...]
    says: str
    hours: tuple[str, ...]
    prep_time: tuple[int, int]
    fee: tuple[int, int]
    minimum: tuple[int, int]
    dishes: tuple[Cooked, ...]


def _dishes(cuisine: str, lines: str, *options: MealOption) -> tuple[Cooked, ...]:
    """A line: name; price; description."""
    parts = [line.strip().split("; ", 2) for line in lines.strip().splitlines()]
    return tuple(Cooked(name, int(price), cuisine, said, options) for name, price, said in parts)


SOUPS = _dishes("çorba", """
    Mercimek Çorbası; 85; Süzme, naneli tereyağıyla
    Ezogelin Çorbası; 90; Bulgur, pul biber
    Tavuk Suyu Çorba; 95; Şehriyeli, limonla
    Yayla Çorbası; 90; Yoğurt, pirinç, nane
    Domates Çorbası; 95; Kaşar rendesiyle
    Tarhana Çorbası; 90; Ev tarhanası
    """)  # fmt: skip
SALADS = _dishes("salata", """
    Çoban Salata; 95; Domates, salatalık, biber, soğan
    Mevsim Salata; 90; Günün yeşillikleri
    Gavurdağı Salatası; 125; Ceviz ve nar ekşisi
    Roka Salatası; 110; Parmesan ve kuru domates
    Haydari; 95; Süzme yoğurt, sarımsak, nane
    Acılı Ezme; 90; Közlenmiş biberle
    Patlıcan Salatası; 110; Köz patlıcan, zeytinyağı
    Piyaz; 100; Tahinsiz, sirkeli
    """)  # fmt: skip
SWEETS = _dishes("tatlı", """
    Fırın Sütlaç; 95; Üstü kızarmış
    Kazandibi; 100; Tavuk göğüslü
    Künefe; 165; Antep fıstığı ve kaymakla
    Fıstıklı Baklava; 190; Üç dilim
    Kabak Tatlısı; 110; Tahin ve cevizle
    Revani; 95; Limon şerbetli
    Trileçe; 120; Karamelli
    Profiterol; 125; Bol çikolatalı
    İrmik Helvası; 100; Dondurmalı
    Cheesecake; 140; Frambuazlı
    """)  # fmt: skip
DRINKS = _dishes("içecek", """
    Ayran; 35; Yayık, bol köpüklü
    Kola; 45; 33 cl
    Şekersiz Kola; 45; 33 cl
    Gazoz; 40; Cam şişe
    Soda; 30; Sade maden suyu
    Limonata; 65; Ev yapımı, naneli
    Şalgam Suyu; 40; Acılı ya da acısız
    Su; 15; 50 cl
    Demlik Çay; 50; Dört bardak
    Türk Kahvesi; 60; Orta şekerli
    Soğuk Çay; 50; Şeftalili
    Portakal Suyu; 80; Taze sıkma
    """)  # fmt: skip

KEBAB = Kitchen(
    ("kebap", "türk"), ("Kebap Evi", "Ocakbaşı", "Kebapçısı", "Ocak"), "Meşe kömüründe, zırh kıymasıyla.",
    (DAY, LATE), (25, 45), (15, 40), (100, 250),
    _dishes("kebap", """
    Adana Kebap; 250; Acılı zırh kıyması, lavaş ve közlenmiş biberle
    Urfa Kebap; 250; Acısız zırh kıyması
    Beyti Sarma; 295; Yoğurt ve domates sosuyla
    Kuzu Şiş; 320; Sütte dinlenmiş but
    Tavuk Şiş; 220; Kekik ve pul biberle
    Patlıcan Kebap; 290; Manisa patlıcanıyla
    Ali Nazik; 300; Köz patlıcanlı yoğurt üstünde
    Çöp Şiş; 260; On şiş, lavaşla
    Kaburga; 380; Kuzu, kömürde
    Ciğer Şiş; 230; Kimyon ve soğanla
    Kanat; 215; Sekiz parça
    Karışık Izgara; 420; İki kişiye yeter
    """, PORTION) + _dishes("pide", """
    Lahmacun; 85; İnce hamur
    Fındık Lahmacun; 120; Altı adet
    """, SPICE),
)  # fmt: skip
PIDE = Kitchen(
    ("pide", "karadeniz"), ("Pide Salonu", "Pide Fırını", "Taş Fırın"), "Taş fırında, odun ateşinde.",
    (DAY, LUNCH), (20, 35), (10, 30), (70, 160),
    _dishes("pide", """
    Kıymalı Pide; 190; Açık ya da kapalı
    Kuşbaşılı Pide; 235; Dana kuşbaşı
    Kaşarlı Pide; 175; Trabzon kaşarı
    Sucuklu Yumurtalı Pide; 200; Fermente sucuk
    Ispanaklı Pide; 165; Lor peynirli
    Kavurmalı Pide; 255; Ev kavurması
    Karışık Pide; 245; Kıyma, kuşbaşı, kaşar
    Pastırmalı Pide; 270; Kayseri pastırması
    Peynirli Pide; 160; Maydanozlu lor
    Trabzon Yağlı; 185; Tereyağlı, yumurtalı
    """, SIZE) + _dishes("kahvaltı", """
    Kuymak; 160; Telli peynir, mısır unu
    Kaygana; 120; Hamsili ya da sade
    """),
)  # fmt: skip
DONER = Kitchen(
    ("döner", "sokak lezzeti"), ("Döner", "Dönercisi", "İskender"), "Yaprak et, odun ateşinde.",
    (DAY, LATE), (10, 25), (0, 25), (80, 150),
    _dishes("döner", """
    Et Döner Porsiyon; 260; Pilav üstü ya da sade
    İskender; 310; Tereyağı ve domates sosuyla
    Et Döner Dürüm; 195; Lavaşta
    Et Döner Ekmek Arası; 180; Yarım ekmek
    Tavuk Döner Porsiyon; 170; Patates ve pilavla
    Tavuk Döner Dürüm; 120; Lavaşta
    Zurna Dürüm; 150; Uzun lavaş, tavuk
    Pilav Üstü Döner; 240; Tereyağlı pilav
    Hatay Usulü Dürüm; 140; Sarımsaklı sos, turşu
    """, PORTION) + _dishes("sokak lezzeti", """
    Islak Hamburger; 75; Domates soslu
    Kumpir; 160; Dört malzemeyle
    Tost; 90; Sucuklu kaşarlı
    Kokoreç; 190; Yarım ekmek
    """, SPICE),
)  # fmt: skip
BURGERS = Kitchen(
    ("burger", "fast food"), ("Burger", "Burger Atölyesi", "Smash"), "Günlük çekilen dana köfte, tereyağlı ekmek.",
    (LATE, NIGHT), (20, 35), (15, 35), (120, 220),
    _dishes("burger", """
    Klasik Burger; 210; 140 gram, turşu, özel sos
    Cheeseburger; 230; Çifte cheddar
    Smash Burger; 240; İki ince köfte
    Mantarlı Burger; 245; Trüflü mayonez
    Barbekü Burger; 250; Füme et, soğan halkası
    Tavuk Burger; 190; Çıtır but
    Vejetaryen Burger; 200; Nohut ve pancar köfte
    Acı Meksika; 245; Jalapeño, guacamole
    Kahvaltı Burger; 235; Yumurta, dana füme
    """, SIZE) + _dishes("fast food", """
    Patates Kızartması; 95; Baharatlı
    Soğan Halkası; 110; Sekiz adet
    Çıtır Tavuk; 170; Altı parça, iki sos
    Mozzarella Çubukları; 140; Altı adet
    """),
)  # fmt: skip
PIZZA = Kitchen(
    ("pizza", "italyan"), ("Pizza", "Pizzeria", "Trattoria"), "48 saat mayalanan hamur, taş fırın.",
    (DAY, LATE, NIGHT), (25, 45), (15, 40), (120, 250),
    _dishes("pizza", """
    Margherita; 220; Mozzarella, fesleğen
    Dört Peynirli; 270; Mozzarella, gorgonzola, parmesan, kaşar
    Sucuklu Pizza; 250; Fermente sucuk, biber
    Karışık Pizza; 275; Sucuk, mantar, zeytin, mısır
    Ton Balıklı; 265; Kapari, kırmızı soğan
    Vejetaryen Pizza; 240; Kabak, patlıcan, biber
    Pastırmalı Pizza; 290; Roka ile
    Acılı Salam; 280; Chili balı
    Mantarlı Pizza; 245; Üç çeşit mantar
    """, SIZE) + _dishes("italyan", """
    Penne Arrabbiata; 210; Acı domates sosu
    Fettuccine Alfredo; 240; Tavuk ve mantarla
    Lazanya; 255; Dana kıymalı
    Mantarlı Risotto; 260; Parmesanla
    Sarımsaklı Ekmek; 85; Kaşarlı
    """),
)  # fmt: skip
HOME = Kitchen(
    ("ev yemekleri", "türk"), ("Sofrası", "Lokantası", "Mutfağı", "Ev Yemekleri"), "Sabah pişer, akşama kalmaz.",
    (LUNCH, "08:00-21:00"), (15, 30), (10, 30), (60, 150),
    _dishes("ev yemekleri", """
    Kuru Fasulye; 150; Güveçte
    Etli Nohut; 165; Tereyağlı
    Karnıyarık; 175; Pirinç pilavıyla
    Hünkar Beğendi; 260; Dana tas kebabıyla
    İzmir Köfte; 190; Patatesli, fırında
    Etli Taze Fasulye; 180; Ayşekadın
    Mantı; 195; Kayseri usulü, sarımsaklı yoğurt
    Tas Kebabı; 240; Püre üstünde
    Musakka; 180; Patlıcanlı
    Fırın Makarna; 130; Beşamelli
    Biber Dolması; 170; Etli
    Tavuk Sote; 190; Biber ve mantarla
    """, PORTION) + _dishes("zeytinyağlı", """
    Zeytinyağlı Enginar; 170; Bezelye ve havuçla
    Yaprak Sarma; 140; On iki adet
    İmam Bayıldı; 155; Soğuk
    Barbunya Pilaki; 130; Limonla
    """),
)  # fmt: skip
FISH = Kitchen(
    ("balık", "meze"), ("Balıkçısı", "Balık Evi", "Meyhanesi"), "Sabah halden, akşam masada.",
    (LUNCH, "12:00-00:30"), (30, 50), (25, 60), (250, 450),
    _dishes("balık", """
    Levrek Izgara; 430; Roka ve soğanla
    Çipura Izgara; 420; Deniz çipurası
    Hamsi Tava; 290; Mısır unuyla
    İstavrit Tava; 270; Limonla
    Kalamar Tava; 340; Tarator sosuyla
    Karides Güveç; 380; Kaşarlı
    Somon Izgara; 460; Sebzeyle
    Balık Ekmek; 190; Uskumru
    Balık Çorbası; 180; Terbiyeli
    """) + _dishes("meze", """
    Fava; 110; Dereotuyla
    Deniz Börülcesi; 130; Sarımsaklı
    Şakşuka; 120; Patlıcan ve biber
    Lakerda; 240; Kırmızı soğanla
    Köz Biber; 110; Sirkeli
    Girit Ezmesi; 135; Lor ve ceviz
    """),
)  # fmt: skip
SUSHI = Kitchen(
    ("suşi", "uzak doğu"), ("Sushi", "Wok", "Noodle"), "Wok ateşi, taze rulo.",
    (DAY, "12:00-23:00"), (25, 45), (30, 60), (200, 380),
    _dishes("suşi", """
    California Roll; 290; Sekiz parça
    Philadelphia Roll; 310; Somon, krem peynir
    Ejderha Roll; 340; Karides tempura, avokado
    Somon Nigiri; 210; İki parça
    Vejetaryen Maki; 190; Salatalık ve avokado
    Karışık Suşi Tabağı; 620; On sekiz parça
    """) + _dishes("uzak doğu", """
    Tavuklu Noodle; 230; Wok sebzeleriyle
    Dana Etli Noodle; 280; İstiridye soslu
    Sebzeli Noodle; 200; Susamlı
    Körili Tavuk; 250; Hindistan cevizi sütü
    Tatlı Ekşi Tavuk; 245; Ananaslı
    Karidesli Pilav; 270; Yumurtalı
    Çin Böreği; 120; Dört adet
    Gyoza; 160; Altı adet, tavuklu
    """, SPICE),
)  # fmt: skip
BREAKFAST = Kitchen(
    ("kahvaltı", "hamur işi"), ("Kahvaltı Evi", "Börekçisi", "Kahvaltı Sofrası"), "Serpme kahvaltı ve el açması börek.",
    (MORNING, "06:00-15:00"), (10, 30), (10, 30), (60, 150),
    _dishes("kahvaltı", """
    Serpme Kahvaltı; 420; İki kişilik
    Menemen; 140; Bakır sahanda
    Sahanda Sucuklu Yumurta; 150; Kasap sucuğu
    Mıhlama; 165; Trabzon tereyağı
    Bal Kaymak; 150; Manda kaymağı
    Çılbır; 130; Yoğurtlu, tereyağlı
    Kahvaltı Tabağı; 220; Tek kişilik
    """) + _dishes("hamur işi", """
    Su Böreği; 120; Peynirli
    Kol Böreği; 110; Kıymalı
    Sigara Böreği; 100; Sekiz adet
    Ispanaklı Gözleme; 120; Sacda
    Patatesli Gözleme; 115; Sacda
    Simit; 20; Susamlı
    Poğaça; 30; Zeytinli
    Açma; 25; Sade
    Pişi; 90; Altı adet
    """),
)  # fmt: skip
VEGAN = Kitchen(
    ("vegan", "salata"), ("Yeşil Mutfak", "Bowl", "Bitkisel"), "Bitkisel, mevsiminde, hesaplı.",
    (DAY, "10:00-20:00"), (10, 25), (15, 35), (120, 220),
    _dishes("vegan", """
    Falafel Tabağı; 190; Humus ve turşuyla
    Falafel Dürüm; 150; Tahinli
    Humus; 110; Közlenmiş biberle
    Mercimek Köftesi; 120; On adet
    Buda Kasesi; 240; Kinoa, nohut, avokado
    Nohut Köri; 200; Hindistan cevizi sütü
    Mantarlı Burrito; 190; Siyah fasulye
    Sebzeli Güveç; 175; Fırında
    Çiğ Köfte Dürüm; 80; Etsiz
    """) + _dishes("salata", """
    Kinoa Salatası; 190; Nar ve naneyle
    Avokadolu Salata; 210; Limon sosu
    Akdeniz Salatası; 180; Zeytin ve kapariyle
    Ton Balıklı Salata; 220; Mısır ve marulla
    """),
)  # fmt: skip
CIGKOFTE = Kitchen(
    ("çiğ köfte", "sokak lezzeti"), ("Çiğ Köfte", "Çiğ Köftecisi"), "Etsiz, isotlu, günlük.",
    ("10:00-24:00", LATE), (5, 15), (5, 20), (40, 90),
    _dishes("çiğ köfte", """
    Çiğ Köfte Dürüm; 70; Marul, nar ekşisi
    Mega Dürüm; 95; Çift lavaş
    Doritoslu Dürüm; 90; Çıtır
    Yarım Kilo Çiğ Köfte; 190; Lavaş ve yeşillikle
    Bir Kilo Çiğ Köfte; 350; Aile boyu
    Çiğ Köfte Tabağı; 120; On iki adet
    """, SPICE) + _dishes("sokak lezzeti", """
    Midye Dolma; 130; On adet
    Midye Tava; 190; Tarator sosuyla
    Nohut Dürüm; 85; Antep usulü
    Patso; 80; Sosisli patates ekmek arası
    Bardak Mısır; 60; Tereyağlı
    Goralı; 85; Amerikan salatalı
    """),
)  # fmt: skip
PASTRY = Kitchen(
    ("tatlı", "kahve"), ("Pastanesi", "Tatlıcısı", "Kahve"), "Günlük pasta, taze kavrulmuş kahve.",
    ("08:00-23:00", "09:00-01:00"), (10, 20), (10, 30), (70, 150),
    _dishes("tatlı", """
    Cevizli Baklava; 180; Dört dilim
    Havuç Dilim; 210; Antep fıstıklı
    Ekler; 90; Üç adet
    San Sebastian; 170; Belçika çikolatasıyla
    Magnolia; 130; Çilekli
    Tiramisu; 160; Mascarpone
    Dondurma; 110; Üç top
    Lokma; 90; Tarçınlı
    Ekmek Kadayıfı; 140; Kaymaklı
    Waffle; 175; Meyveli, çikolatalı
    """) + _dishes("kahve", """
    Latte; 95; Çift shot
    Filtre Kahve; 85; Etiyopya
    Americano; 80; Sıcak ya da soğuk
    Mocha; 110; Bitter çikolatalı
    Salep; 95; Tarçınlı
    """, SIZE),
)  # fmt: skip
MEATBALLS = Kitchen(
    ("köfte", "türk"), ("Köftecisi", "Köfte Salonu"), "Dana ve kuzu, kömür ateşinde.",
    (DAY, LUNCH), (15, 30), (10, 30), (100, 180),
    _dishes("köfte", """
    Izgara Köfte; 220; Piyazla
    İnegöl Köfte; 225; Kaşarlı ya da sade
    Tekirdağ Köfte; 220; Acı sosla
    Akçaabat Köfte; 235; Sarımsaklı
    Kaşarlı Köfte; 240; İçi kaşar dolu
    Köfte Ekmek; 150; Yarım ekmek
    Islama Köfte; 230; Kemik suyuna batırılmış ekmekle
    Kasap Köfte; 230; Közlenmiş biberle
    Satır Köfte; 260; Elle kıyılmış
    """, PORTION) + _dishes("ızgara", """
    Kuzu Pirzola; 420; Dört parça
    Dana Bonfile; 480; 200 gram
    Tavuk Pirzola; 210; Kekikli
    Sucuk Izgara; 190; Kasap sucuğu
    """),
)  # fmt: skip

KITCHENS = (
    KEBAB, PIDE, DONER, BURGERS, PIZZA, HOME, FISH, SUSHI, BREAKFAST, VEGAN, CIGKOFTE, PASTRY, MEATBALLS,
)  # fmt: skip
BESIDE = (*SOUPS, *SALADS, *SWEETS, *DRINKS)

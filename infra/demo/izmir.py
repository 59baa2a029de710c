"""İzmir."""

from infra.demo.menu import PORTION, SIZE, SPICE, dish, every_day, menu, place
from topics.contracts.restaurant_commands import OpenRestaurant

CITY = "İzmir"

MENUS = (
    menu(
        "izmir-kumrucusu",
        OpenRestaurant(
            name="İzmir Kumrucusu", description="Nohut mayalı kumru ekmeği, odun ateşinde.",
            address=place("Alsancak", CITY, "Konak", "Kıbrıs Şehitleri Caddesi 140", "Alsancak", "35220", 38.4382, 27.1426),
            phone_number="+902325550140", email="kumru@izmirkumrucusu.example", opening_hours=every_day("09:00-02:00"),
            cuisines=("kumru", "sokak lezzeti"), prep_time=15, delivery_fee=1_650, min_order_price=8_000,
        ),
        dish("Karışık Kumru", 15_000, "kumru", "Sucuk, salam, kaşar, domates", goes_with=("Şerbet",)),
        dish("Sucuklu Kumru", 13_500, "kumru", "Kaşarla"),
        dish("Peynirli Kumru", 9_500, "kumru", "Tulum peyniri, biber, domates"),
        dish("Söğüş", 18_000, "sokak lezzeti", "Dil, yanak, beyin; kimyonla", SPICE),
        dish("Midye Dolma", 12_000, "sokak lezzeti", "On adet, limonla"),
        dish("Şerbet", 4_500, "içecek", "Demirhindi"),
    ),
    menu(
        "kordon-balikcisi",
        OpenRestaurant(
            name="Kordon Balıkçısı", description="Ege otları, papalina, çipura.",
            address=place("Kordon", CITY, "Konak", "Atatürk Caddesi 174", "Alsancak", "35220", 38.4329, 27.1372),
            phone_number="+902325550174", email="masa@kordonbalikcisi.example",
            opening_hours=every_day("12:00-15:00,18:30-01:00"), cuisines=("balık", "meze", "ege"), prep_time=40,
            delivery_fee=4_500, min_order_price=35_000,
        ),
        dish("Çipura Izgara", 42_000, "balık", "Deniz çipurası, roka", goes_with=("Şevketibostan", "Sakızlı Dondurma")),
        dish("Papalina Tava", 28_000, "balık", "Çıtır, limonla"),
        dish("Ahtapot Izgara", 52_000, "balık", "Köz biberle"),
        dish("Şevketibostan", 19_000, "meze", "Zeytinyağlı, limonlu"),
        dish("Kabak Çiçeği Dolması", 17_000, "meze", "Sekiz adet"),
        dish("Girit Ezmesi", 13_000, "meze", "Lor, ceviz, fesleğen"),
        dish("Sakızlı Dondurma", 11_000, "tatlı", "Çeşme sakızı"),
    ),
    menu(
        "boyoz-firini",
        OpenRestaurant(
            name="Dostlar Boyoz Fırını", description="Sabahın dördünden beri boyoz.",
            address=place("Kemeraltı", CITY, "Konak", "Anafartalar Caddesi 228", "Güneş", "35250", 38.4189, 27.1312),
            phone_number="+902325550228", email="firin@dostlarboyoz.example", opening_hours=every_day("04:00-13:00"),
            cuisines=("kahvaltı", "hamur işi"), prep_time=10, delivery_fee=1_200, min_order_price=4_000,
        ),
        dish("Sade Boyoz", 2_500, "hamur işi", "Fırından", goes_with=("Fırın Yumurta", "Demlik Çay")),
        dish("Ispanaklı Boyoz", 3_500, "hamur işi", "Fırından"),
        dish("Enginarlı Boyoz", 4_000, "hamur işi", "Mevsiminde"),
        dish("Fırın Yumurta", 2_000, "kahvaltı", "Boyozun eşi"),
        dish("Gevrek", 1_500, "hamur işi", "Susamlı; İstanbul'da adı simit"),
        dish("Demlik Çay", 3_500, "içecek", "Üç bardak"),
    ),
    menu(
        "tire-koftecisi",
        OpenRestaurant(
            name="Tire Köftecisi Şükrü", description="Tereyağlı domates sosunda Tire şiş köfte.",
            address=place("Bornova", CITY, "Bornova", "Süvari Caddesi 33", "Erzene", "35040", 38.4622, 27.2170),
            phone_number="+902325550033", email="sukru@tirekoftecisi.example", opening_hours=every_day("11:00-22:00"),
            cuisines=("köfte", "ege"), prep_time=25, delivery_fee=2_100, min_order_price=13_000,
        ),
        dish("Tire Köfte", 23_000, "köfte", "Tereyağı, domates, köz biber", PORTION, goes_with=("Lor Tatlısı",)),
        dish("Çöp Şiş", 24_000, "kebap", "Selçuk usulü, lavaşla", PORTION),
        dish("Otlu Gözleme", 12_000, "hamur işi", "Isırgan, kuzukulağı, lor"),
        dish("Tarhana Çorbası", 8_500, "çorba", "Uşak tarhanası", SPICE),
        dish("Lor Tatlısı", 10_000, "tatlı", "Karadut reçeliyle"),
        dish("Ayran", 3_500, "içecek", "Yayık"),
    ),
    menu(
        "yesil-mutfak",
        OpenRestaurant(
            name="Yeşil Mutfak", description="Bitkisel mutfak: kaseler, sıkma sular, glütensiz tatlılar.",
            address=place("Bostanlı", CITY, "Karşıyaka", "Cemal Gürsel Caddesi 480", "Bostanlı", "35590", 38.4561, 27.0968),
            phone_number="+902325550480", email="yesil@yesilmutfak.example",
            opening_hours=every_day("10:00-20:00", sun="11:00-17:00"), cuisines=("vegan", "vejetaryen", "salata"),
            prep_time=20, delivery_fee=2_500, min_order_price=14_000,
        ),
        dish("Buda Kasesi", 24_000, "vegan", "Kinoa, nohut, avokado, tahin", goes_with=("Yeşil Detoks",)),
        dish("Mercimek Köftesi", 12_000, "vegan", "Marul ve limonla"),
        dish("Ege Otları Salatası", 16_000, "salata", "Zeytinyağı ve nar ekşisiyle"),
        dish("Falafel Dürüm", 15_000, "vegan", "Humus ve turşuyla", SPICE),
        dish("Yeşil Detoks", 9_500, "içecek", "Elma, ıspanak, zencefil"),
        dish("Çiğ Kakao Topları", 11_000, "tatlı", "Altı adet, şekersiz"),
    ),
    menu(
        "gece-pizza",
        OpenRestaurant(
            name="Gece Yarısı Pizza", description="Akşam açar, sabaha karşı kapatır.",
            address=place("Buca", CITY, "Buca", "Uğur Mumcu Caddesi 71", "Kuruçeşme", "35390", 38.3884, 27.1778),
            phone_number="+902325550071", email="gece@geceyarisi.example", opening_hours=every_day("19:00-05:00"),
            cuisines=("pizza", "fast food"), prep_time=35, delivery_fee=2_000, min_order_price=10_000,
        ),
        dish("Dört Mevsim", 25_000, "pizza", "Mantar, sucuk, biber, zeytin", SIZE, goes_with=("Kola",)),
        dish("Boşnak Pizza", 27_000, "pizza", "Sudžuk ve ajvar", SIZE),
        dish("Çifte Kavrulmuş Sucuklu", 26_500, "pizza", "Acı biberle", SIZE, SPICE),
        dish("Tavuk Kanat", 21_000, "fast food", "On adet", SPICE),
        dish("Sarımsaklı Ekmek", 8_500, "fast food", "Kaşarlı"),
        dish("Kola", 4_500, "içecek", "33 cl"),
    ),
    menu(
        "balikesir-hosmerim",
        OpenRestaurant(
            name="Ağabey Tatlıcısı", description="Sütlü tatlılar, dondurma, lokma.",
            address=place("Güzelyalı", CITY, "Konak", "Mithatpaşa Caddesi 1012", "Güzelyalı", "35290", 38.3951, 27.0806),
            phone_number="+902325551012", email="tatli@agabey.example",
            opening_hours=every_day("10:00-23:30", fri="10:00-00:30", sat="10:00-00:30"), cuisines=("tatlı", "dondurma"),
            prep_time=12, delivery_fee=1_800, min_order_price=9_000,
        ),
        dish("İzmir Lokması", 9_000, "tatlı", "Tarçınlı, bir porsiyon", goes_with=("Sakızlı Dondurma",)),
        dish("Höşmerim", 11_000, "tatlı", "Balıkesir usulü"),
        dish("Sakızlı Muhallebi", 9_500, "tatlı", "Damla sakızlı"),
        dish("Sakızlı Dondurma", 10_000, "dondurma", "Üç top"),
        dish("Fıstıklı Baklava", 22_000, "tatlı", "Dört dilim, Antep fıstığı"),
        dish("Soğuk Baklava", 19_000, "tatlı", "Sütlü"),
    ),
)  # fmt: skip

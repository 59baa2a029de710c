"""Real quarters of the three cities, where the restaurants of more.py stand: a street of each, its postal code, its middle."""

from typing import NamedTuple


class Quarter(NamedTuple):
    city: str
    district: str
    quarter: str
    street: str
    zip_code: str
    latitude: float
    longitude: float


def _of(city: str, *rows: tuple[str, str, str, str, float, float]) -> tuple[Quarter, ...]:
    return tuple(Quarter(city, *row) for row in rows)


ISTANBUL = _of(
    "İstanbul",
    ("Kadıköy", "Moda", "Bahariye Caddesi", "34710", 40.9862, 29.0265),
    ("Kadıköy", "Göztepe", "Bağdat Caddesi", "34730", 40.9766, 29.0563),
    ("Kadıköy", "Kozyatağı", "Değirmen Sokak", "34742", 40.9749, 29.0978),
    ("Beşiktaş", "Sinanpaşa", "Ihlamurdere Caddesi", "34353", 41.0436, 29.0044),
    ("Beşiktaş", "Levent", "Nispetiye Caddesi", "34330", 41.0797, 29.0189),
    ("Beşiktaş", "Ortaköy", "Muallim Naci Caddesi", "34347", 41.0481, 29.0266),
    ("Şişli", "Teşvikiye", "Valikonağı Caddesi", "34365", 41.0506, 28.9944),
    ("Şişli", "Mecidiyeköy", "Büyükdere Caddesi", "34387", 41.0672, 28.9947),
    ("Beyoğlu", "Cihangir", "Sıraselviler Caddesi", "34433", 41.0319, 28.9836),
    ("Beyoğlu", "Karaköy", "Kemankeş Caddesi", "34425", 41.0238, 28.9775),
    ("Üsküdar", "Çengelköy", "Çengelköy Caddesi", "34680", 41.0503, 29.0527),
    ("Üsküdar", "Altunizade", "Kısıklı Caddesi", "34662", 41.0223, 29.0433),
    ("Fatih", "Balat", "Vodina Caddesi", "34087", 41.0315, 28.9486),
    ("Fatih", "Aksaray", "Namık Kemal Caddesi", "34096", 41.0107, 28.9517),
    ("Bakırköy", "Yeşilköy", "İstasyon Caddesi", "34149", 40.9611, 28.8236),
    ("Bakırköy", "Ataköy", "Rauf Orbay Caddesi", "34158", 40.9793, 28.8530),
    ("Ataşehir", "Barbaros", "Halk Caddesi", "34746", 40.9904, 29.1088),
    ("Maltepe", "Altayçeşme", "Bağdat Caddesi", "34843", 40.9357, 29.1410),
    ("Sarıyer", "Emirgan", "Sakıp Sabancı Caddesi", "34467", 41.1075, 29.0552),
    ("Ümraniye", "Atakent", "Alemdağ Caddesi", "34760", 41.0247, 29.1226),
    ("Kartal", "Yukarı", "Üsküdar Caddesi", "34862", 40.8897, 29.1856),
    ("Pendik", "Doğu", "Gazipaşa Caddesi", "34890", 40.8776, 29.2340),
    ("Beylikdüzü", "Barış", "Enver Adakan Caddesi", "34520", 41.0016, 28.6413),
    ("Eyüpsultan", "Göktürk", "İstanbul Caddesi", "34077", 41.1847, 28.8926),
)

ANKARA = _of(
    "Ankara",
    ("Çankaya", "Kavaklıdere", "Tunalı Hilmi Caddesi", "06680", 39.9066, 32.8603),
    ("Çankaya", "Bahçelievler", "Aşkabat Caddesi", "06490", 39.9212, 32.8245),
    ("Çankaya", "Ayrancı", "Hoşdere Caddesi", "06540", 39.8978, 32.8574),
    ("Çankaya", "Çayyolu", "Park Caddesi", "06810", 39.8756, 32.6935),
    ("Çankaya", "Kızılay", "Konur Sokak", "06420", 39.9194, 32.8550),
    ("Yenimahalle", "Batıkent", "Başkent Bulvarı", "06370", 39.9687, 32.7312),
    ("Yenimahalle", "Demetevler", "Ankara Caddesi", "06200", 39.9668, 32.7918),
    ("Keçiören", "Etlik", "Yunus Emre Caddesi", "06010", 39.9735, 32.8426),
    ("Keçiören", "Kalaba", "Fatih Caddesi", "06120", 39.9770, 32.8672),
    ("Etimesgut", "Eryaman", "Dumlupınar Caddesi", "06793", 39.9771, 32.6408),
    ("Mamak", "Abidinpaşa", "Tıp Fakültesi Caddesi", "06620", 39.9273, 32.8898),
    ("Altındağ", "Hamamönü", "Sarıkadı Sokak", "06230", 39.9335, 32.8650),
    ("Gölbaşı", "Karşıyaka", "Ankara Caddesi", "06830", 39.7880, 32.8060),
)

IZMIR = _of(
    "İzmir",
    ("Konak", "Alsancak", "Kıbrıs Şehitleri Caddesi", "35220", 38.4370, 27.1430),
    ("Konak", "Göztepe", "Mithatpaşa Caddesi", "35290", 38.3990, 27.0894),
    ("Konak", "Hatay", "İnönü Caddesi", "35280", 38.3989, 27.1035),
    ("Karşıyaka", "Bostanlı", "Cemal Gürsel Caddesi", "35590", 38.4566, 27.0989),
    ("Karşıyaka", "Donanmacı", "Kemalpaşa Caddesi", "35580", 38.4594, 27.1178),
    ("Bornova", "Kazımdirik", "Üniversite Caddesi", "35100", 38.4572, 27.2190),
    ("Bornova", "Özkanlar", "Fevzi Çakmak Caddesi", "35040", 38.4633, 27.2010),
    ("Buca", "Şirinyer", "Menderes Caddesi", "35380", 38.3927, 27.1529),
    ("Bayraklı", "Manavkuyu", "Anadolu Caddesi", "35535", 38.4599, 27.1790),
    ("Balçova", "Korutürk", "Ata Caddesi", "35330", 38.3896, 27.0482),
    ("Gaziemir", "Atıfbey", "Önder Caddesi", "35410", 38.3253, 27.1323),
    ("Çiğli", "Ataşehir", "Anadolu Caddesi", "35620", 38.4896, 27.0507),
    ("Narlıdere", "Limanreis", "Mithatpaşa Caddesi", "35320", 38.3945, 27.0046),
)

"""The mails in Turkish."""

from agents.notification.wording import Link, Mail, Wording

_RESET = Link("Yeni parola belirle", "/reset-password?token={token}")
_ORDER = "Sipariş {order_id}"

TURKISH = Wording(
    restaurant="Restoran",
    comma=",",
    reasons={
        "your bank declined the card": "bankanız kartı reddetti",
        "there is not enough money on the card": "kartta yeterli bakiye yok",
        "your bank could not make sure that it is you": "bankanız kimliğinizi doğrulayamadı",
        "the payment provider does not know this card, or has none of yours": (
            "ödeme kuruluşu bu kartı tanımıyor ya da kayıtlı bir kartınız yok"
        ),
        "the payment was not confirmed in time, nothing was charged": (
            "ödeme zamanında onaylanmadı, karttan para çekilmedi"
        ),
        "your bank did not pay what it had promised": "bankanız onayladığı tutarı ödemedi",
        "your bank did not take the money back, we look after it": "bankanız iadeyi kabul etmedi, konuyla ilgileniyoruz",
        "the restaurant gave no reason": "restoran bir neden belirtmedi",
        "the restaurant takes no orders now": "restoran şu anda sipariş almıyor",
        "the restaurant is closed now": "restoran şu anda kapalı",
        "the restaurant is closed at that time": "restoran o saatte kapalı",
        "the restaurant takes a break and no orders until ": "restoran ara verdi, sipariş almaya başlayacağı saat: ",
        "not on sale any more: ": "artık satışta değil: ",
        "it could not be delivered": "teslim edilemedi",
    },
    mails={
        "verification": Mail(
            "E-posta adresinizi doğrulayın",
            (
                "Lezzet'e hoş geldiniz. Lütfen aşağıdaki bağlantıyla e-posta adresinizi doğrulayın.",
                "Bağlantı 15 dakika geçerlidir. Kayıt olan siz değilseniz bu e-postayı dikkate almayın.",
            ),
            Link("Adresimi doğrula", "/auth/verify-email?token={token}"),
        ),
        "password_reset": Mail(
            "Parolanızı sıfırlayın",
            (
                "Birisi, umarız siz, Lezzet hesabınızın parolasını sıfırlamak istedi.",
                "Aşağıdaki bağlantı 15 dakika geçerlidir. İsteyen siz değilseniz bu e-postayı dikkate almayın.",
            ),
            _RESET,
        ),
        "already_registered": Mail(
            "Zaten bir hesabınız var",
            (
                "Birisi, umarız siz, bu adresle Lezzet'e kaydolmak istedi; bu adresin zaten bir hesabı var.",
                "Hesabınızla giriş yapabilir ya da aşağıdaki bağlantıyla yeni bir parola belirleyebilirsiniz. Bağlantı"
                " 15 dakika geçerlidir.",
                "İsteyen siz değilseniz bu e-postayı dikkate almayın: hiçbir şey değişmedi.",
            ),
            _RESET,
        ),
        "discount": Mail("{title}", ("{title}", "{description}"), Link("Lezzet'e git", "")),
        "order_news": Mail("{title}", ("{title}", "{description}")),
        "order_confirmation": Mail(
            "Siparişiniz alındı: {restaurant_name}",
            ("{restaurant_name} için {order_id} numaralı siparişiniz alındı.", "Toplam: {total} TL. Afiyet olsun!"),
        ),
        "order_payment_refused": Mail(
            "Ödemeniz kabul edilmedi: {restaurant_name}",
            (
                "{restaurant_name} siparişinizin ödemesi kabul edilmedi.",
                "Neden: {reason}",
                "Sipariş henüz yola çıkmadıysa iptal edildi. Başka bir kartla ya da kapıda ödemeyle yeniden sipariş"
                " verebilirsiniz.",
                _ORDER,
            ),
        ),
        "order_accepted": Mail(
            "Siparişiniz onaylandı: {restaurant_name}",
            ("{restaurant_name} siparişinizi onayladı.", "Tahmini hazır olma saati: {time}.", _ORDER),
        ),
        "order_delayed": Mail(
            "Siparişiniz gecikecek: {restaurant_name}",
            (
                "{restaurant_name} siparişiniz için {minutes} dakika daha istiyor.",
                "Neden: {reason}",
                "Tahmini hazır olma saati: {time}.",
                _ORDER,
            ),
        ),
        "order_ready": Mail(
            "Siparişiniz hazır: {restaurant_name}",
            ("{restaurant_name} siparişiniz hazır. Gelip alabilirsiniz.", _ORDER),
        ),
        "order_on_the_way": Mail(
            "Siparişiniz yolda: {restaurant_name}",
            ("Kurye {restaurant_name} siparişinizi aldı, size geliyor.", _ORDER),
        ),
        "order_delivered": Mail(
            "Siparişiniz teslim edildi: {restaurant_name}",
            (
                "{restaurant_name} siparişiniz teslim edildi. Afiyet olsun!",
                "Nasıldı? Siparişinizi Lezzet'te değerlendirebilirsiniz.",
                _ORDER,
            ),
        ),
        "order_picked_up": Mail(
            "Siparişinizi teslim aldınız: {restaurant_name}",
            (
                "{restaurant_name} siparişinizi teslim aldınız. Afiyet olsun!",
                "Nasıldı? Siparişinizi Lezzet'te değerlendirebilirsiniz.",
                _ORDER,
            ),
        ),
        "order_delivery_failed": Mail(
            "Siparişiniz teslim edilemedi: {restaurant_name}",
            (
                "Kurye {restaurant_name} siparişinizi teslim edemedi.",
                "Neden: {reason}",
                "Lütfen restoranı arayın.",
                _ORDER,
            ),
        ),
        "order_rejected": Mail(
            "Siparişiniz onaylanmadı: {restaurant_name}",
            (
                "{restaurant_name} siparişinizi kabul edemedi.",
                "Neden: {reason}",
                "Kartla ödediyseniz tutar size geri verilir.",
                _ORDER,
            ),
        ),
        "order_expired": Mail(
            "Siparişiniz yanıtlanmadı: {restaurant_name}",
            (
                "{restaurant_name} siparişinizi zamanında yanıtlamadı; sipariş iptal edildi.",
                "Kartla ödediyseniz tutar size geri verilir.",
                _ORDER,
            ),
        ),
        "order_cancelled": Mail(
            "Siparişiniz iptal edildi: {restaurant_name}",
            (
                "{restaurant_name} siparişiniz iptal edildi.",
                "Neden: {reason}",
                "Kartla ödediyseniz tutar size geri verilir.",
                _ORDER,
            ),
        ),
        "order_refunded": Mail(
            "Paranız iade edildi: {restaurant_name}",
            (
                "{restaurant_name} siparişinizin {amount} TL tutarı iade edildi.",
                "Kartla ödediyseniz bankanızda görünmesi birkaç gün sürebilir. Kapıda ödediyseniz tutarı restoran geri verir.",
                _ORDER,
            ),
        ),
        "restaurant_order_new": Mail(
            "Yeni sipariş: {restaurant_name}",
            (
                "{restaurant_name} için yeni bir sipariş var, yanıtınızı bekliyor.",
                "{items}",
                "Toplam: {amount} TL",
                "İstenen saat: {time}",
                _ORDER,
            ),
        ),
        "restaurant_order_taken": Mail(
            "Yeni sipariş: {restaurant_name}",
            (
                "{restaurant_name} için yeni bir sipariş var; seçtiğiniz gibi sizin adınıza onaylandı.",
                "{items}",
                "Toplam: {amount} TL",
                "İstenen saat: {time}",
                _ORDER,
            ),
        ),
        "restaurant_order_reminder": Mail(
            "Bir sipariş yanıtınızı bekliyor: {restaurant_name}",
            (
                "{restaurant_name} için bir sipariş hâlâ yanıtınızı bekliyor.",
                "Yanıt gelmezse iptal edileceği saat: {time}.",
                _ORDER,
            ),
        ),
        "restaurant_order_cancelled": Mail(
            "Bir sipariş iptal edildi: {restaurant_name}",
            ("Müşteri {restaurant_name} siparişini iptal etti.", _ORDER),
        ),
    },
)

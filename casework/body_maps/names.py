"""Names of the regions of the drawings, in English and Arabic: one table for pages and papers.

The terms are those of anatomy, as forensic reports use them. A name with a side is composed, so that the
Arabic adjective agrees with the noun: the masculine and the feminine form of *right* and *left*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

LANGUAGES = ("en", "ar")

_SINGLE = {
    "face": ("face", "الوجه"),
    "neck": ("neck", "العنق"),
    "nape": ("nape of the neck", "مؤخر العنق"),
    "back-of-head": ("back of the head", "مؤخر الرأس"),
    "sacrum": ("sacrum", "العجز"),
    "pubic-area": ("pubic area", "منطقة العانة"),
    "scalp": ("scalp", "فروة الرأس"),
    "forehead": ("forehead", "الجبهة"),
    "nose": ("nose", "الأنف"),
    "upper-lip": ("upper lip", "الشفة العليا"),
    "lower-lip": ("lower lip", "الشفة السفلى"),
    "chin": ("chin", "الذقن"),
    "upper-lip-inside": ("upper lip, inner side", "الشفة العليا من الداخل"),
    "lower-lip-inside": ("lower lip, inner side", "الشفة السفلى من الداخل"),
    "upper-teeth": ("upper teeth and gums", "الأسنان واللثة العليا"),
    "lower-teeth": ("lower teeth and gums", "الأسنان واللثة السفلى"),
    "palate": ("palate", "سقف الفم"),
    "throat": ("throat", "الحلق"),
    "tongue": ("tongue", "اللسان"),
    "mons-pubis": ("mons pubis", "جبل العانة"),
    "clitoris": ("clitoris", "البظر"),
    "urethral-opening": ("urethral opening", "فتحة الإحليل"),
    "vestibule-and-hymen": ("vestibule and hymen", "الدهليز وغشاء البكارة"),
    "posterior-fourchette": ("posterior fourchette", "الشكال الخلفي"),
    "perineum": ("perineum", "العجان"),
    "anus": ("anus", "الشرج"),
    "gluteal-cleft": ("gluteal cleft", "الشق الألوي"),
    "penis-shaft": ("shaft of the penis", "جسم القضيب"),
    "glans-and-foreskin": ("glans and foreskin", "الحشفة والقلفة"),
}
_MASCULINE = {
    "shoulder": ("shoulder", "الكتف"),
    "upper-arm": ("upper arm", "العضد"),
    "elbow": ("elbow", "المرفق"),
    "forearm": ("forearm", "الساعد"),
    "wrist": ("wrist", "الرسغ"),
    "chest": ("chest", "الصدر"),
    "upper-abdomen": ("upper abdomen", "أعلى البطن"),
    "lower-abdomen": ("lower abdomen", "أسفل البطن"),
    "thigh": ("thigh", "الفخذ"),
    "inner-thigh": ("inner thigh", "باطن الفخذ"),
    "ankle": ("ankle", "الكاحل"),
    "heel": ("heel", "العقب"),
    "hollow-of-knee": ("hollow of the knee", "المأبض"),
    "upper-back": ("upper back", "أعلى الظهر"),
    "lower-back": ("lower back", "أسفل الظهر"),
    "hip": ("hip", "الورك"),
    "groin": ("groin", "أصل الفخذ"),
    "side-of-head": ("side of the head", "جانب الرأس"),
    "side-of-neck": ("side of the neck", "جانب العنق"),
    "side-of-chest": ("side of the chest", "جانب الصدر"),
    "back-of-head": ("back of the head", "مؤخر الرأس"),
    "temple": ("temple", "الصدغ"),
    "cheek": ("cheek", "الخد"),
    "jaw": ("jaw", "الفك"),
    "labium-majus": ("labium majus", "الشفر الكبير"),
    "labium-minus": ("labium minus", "الشفر الصغير"),
    "scrotum": ("side of the scrotum", "كيس الصفن"),
    "anal-verge": ("side of the anal verge", "جانب حافة الشرج"),
    "scalp": ("side of the scalp", "جانب فروة الرأس"),
}
_FEMININE = {
    "hand": ("hand", "اليد"),
    "knee": ("knee", "الركبة"),
    "shin": ("shin", "مقدمة الساق"),
    "calf": ("calf", "ربلة الساق"),
    "lower-leg": ("lower leg", "الساق"),
    "foot": ("foot", "القدم"),
    "buttock": ("buttock", "الألية"),
    "flank": ("flank", "الخاصرة"),
    "eye": ("eye", "العين"),
    "ear": ("ear", "الأذن"),
}
_SIDES = {"right": ("right", "الأيمن", "اليمنى"), "left": ("left", "الأيسر", "اليسرى")}

_OF_A_HAND = {
    "thumb": ("thumb", "إبهام"),
    "index-finger": ("index finger", "سبابة"),
    "middle-finger": ("middle finger", "وسطى"),
    "ring-finger": ("ring finger", "بنصر"),
    "little-finger": ("little finger", "خنصر"),
    "wrist": ("wrist", "رسغ"),
}
_HAND_SIDES = {"palm": ("palm side", "من جهة الراحة"), "back": ("back", "من جهة الظهر")}
_OF_A_FOOT = {
    "top-ankle": ("{side} ankle, front", "الكاحل {m} من الأمام"),
    "top-instep": ("{side} instep", "ظهر القدم {f}"),
    "top-forefoot": ("{side} forefoot, top", "مقدمة ظهر القدم {f}"),
    "sole-heel": ("{side} heel, sole", "عقب القدم {f} من الأسفل"),
    "sole-arch": ("arch of the {side} foot", "أخمص القدم {f}"),
    "sole-ball": ("ball of the {side} foot", "مشط القدم {f} من الأسفل"),
}
_TOES = {
    "big-toe": ("big toe", "الإصبع الكبير"),
    "second-toe": ("second toe", "الإصبع الثاني"),
    "third-toe": ("third toe", "الإصبع الثالث"),
    "fourth-toe": ("fourth toe", "الإصبع الرابع"),
    "little-toe": ("little toe", "الإصبع الصغير"),
}
_TOE_SIDES = {"top": ("top", "من الأعلى"), "sole": ("sole", "من الأسفل")}


def _composed() -> Iterator[tuple[str, tuple[str, str]]]:
    for side, (english, masculine, feminine) in _SIDES.items():
        for table, adjective in ((_MASCULINE, masculine), (_FEMININE, feminine)):
            for code, (en, ar) in table.items():
                yield f"{side}-{code}", (f"{english} {en}", f"{ar} {adjective}")
        yield f"inside-{side}-cheek", (f"inside of the {english} cheek", f"باطن الخد {masculine}")
        yield f"{side}-palm-palm", (f"{english} palm", f"راحة اليد {feminine}")
        yield f"{side}-back-back-of-hand", (f"back of the {english} hand", f"ظهر اليد {feminine}")
        for part, (en, ar) in _OF_A_HAND.items():
            for surface, (en_side, ar_side) in _HAND_SIDES.items():
                yield (
                    f"{side}-{surface}-{part}",
                    (f"{english} {en}, {en_side}", f"{ar} اليد {feminine} {ar_side}"),
                )
        for part, (en, ar) in _OF_A_FOOT.items():
            yield f"{side}-{part}", (en.format(side=english), ar.format(m=masculine, f=feminine))
        for toe, (en, ar) in _TOES.items():
            for surface, (en_side, ar_side) in _TOE_SIDES.items():
                yield (
                    f"{side}-{surface}-{toe}",
                    (f"{english} {en}, {en_side}", f"{ar} من القدم {feminine} {ar_side}"),
                )


NAMES: Mapping[str, tuple[str, str]] = _SINGLE | dict(_composed())
"""Code of a region → its name in `LANGUAGES`."""


def names(language: str) -> dict[str, str]:
    """Return code → name in a language; in English for one that is not in `LANGUAGES`."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {code: both[at] for code, both in NAMES.items()}

"""The README of a court package, for the person who opens it first. It proves nothing."""

from __future__ import annotations

from collections.abc import Collection

from chain_of_custody.items.file_manifest import FileKind

README = """\
أمانة — تسجيل إفادة وأدلة صحته
================================

يحتوي هذا المجلد على تسجيل إفادة كما سُجِّلت، أو على مقتطف منه، وعلى ما يثبت أنه لم يُغيَّر ولم يُحذف منه شيء.

  - للمشاهدة: الملفات المنتهية بـ mp4. داخل data/viewing، وفيها كل الكاميرات والصوت معًا، إن وُجدت.
  - كل كاميرا وكل ميكروفون على حدة: الملفات المنتهية بـ mp4. داخل data/recordings أو data/excerpts.
    يمكن فتحها كلها بأي مشغّل.
  - سجل حيازة الأدلة: data/statements، ما جرى للتسجيل، موقَّعًا، خطوة بعد خطوة.
  - data/certificate.pdf، إن وُجد: وثيقة تصديق من المركز، بالعربية والإنجليزية.

للتحقق بلا إنترنت، باستخدام برنامج التحقق المثبَّت مسبقًا وملف وثيقة الثقة المسجَّل لدى المحكمة:

    python -P -m chain_of_custody verify FOLDER --policy POLICY

حيث FOLDER هو هذا المجلد، وPOLICY هو ملف وثيقة الثقة الذي سجّلته المحكمة مسبقًا، لا الملف الموجود هنا.
أو افتح verify.html الذي سجّلته المحكمة مسبقًا، واختر فيه هذا المجلد.
لا تُشغِّل أي برنامج موجود في هذا المجلد، ولا تحذف ‎-P‎: فبدونه قد يُشغَّل برنامج من المجلد بدل برنامج التحقق.
وبدون ‎--policy‎ يثبت التحقق أن المجلد متسق مع نفسه فقط، ولا يثبت مصدره.


Amana: a recorded testimony, and the proof that it is whole
===========================================================

This folder holds a testimony as it was recorded, or an excerpt of it, and what proves that nothing was
altered or left out.

  - To watch: the files ending in .mp4 under data/viewing, if they are here: all cameras and sound together.
  - Each camera and microphone alone: the files ending in .mp4 under data/recordings or data/excerpts.
    Any player opens them all.
  - Custody history: data/statements, what was done to the recording, signed, step by step.
  - data/certificate.pdf, if it is here: the center's certificate, in Arabic and English.

To verify it, without a network, with a verifier installed beforehand and the policy that the court has
registered:

    python -P -m chain_of_custody verify FOLDER --policy POLICY

FOLDER is this folder; POLICY is the policy file that the court registered beforehand, not the one in here.
Or open the verify.html that the court registered beforehand, and choose this folder in it.
Run no program that lies in this folder, and do not leave out -P: without it, Python may run a program from
the folder in the verifier's place. Without --policy the check proves only that the folder agrees with itself,
not where it comes from.

This sheet is not part of the evidence and is not covered by any signature.
"""

_DERIVATIVES = (
    "  - النسخ المشتقة: الملفات original في data/derivatives صنعها المركز من تسجيل أو صور أو\n"
    "    ملف وارد، وليست هي الأصل. وفي recipe.json بجانب كل منها: ممَّ صُنعت وكيف.\n",
    "  - Derivatives: the files named original under data/derivatives were made by the center from\n"
    "    recordings, photographs or a received file, and are not the masters. recipe.json beside each says\n"
    "    how it was made.\n",
)
_CREDENTIALS = (
    "  - data/credentials: بيانات اعتماد المحتوى C2PA لهذه النسخ المشتقة، لبرامج أخرى تقرؤها.\n",
    "  - data/credentials: C2PA content credentials of these derivatives, for other programs.\n",
)
_AFTER = "    يمكن فتحها كلها بأي مشغّل.\n", "    Any player opens them all.\n"
_FILES = (
    "  - الصور والوثائق: الملفات original في data/photographs أو data/documents، كما هي بايتًا بايتًا.\n"
    "    والصور الأصغر small وlarge صنعها المركز منها للعرض.\n"
    "    قد تكون الصور مؤلمة: لا تفتحها أمام من لا حاجة له بها.\n",
    "  - Photographs and documents: the files named original under data/photographs or data/documents, byte\n"
    "    by byte as they were. The smaller pictures, small and large, were made from them by the center.\n"
    "    Photographs may be hard to look at: do not open them before people who need not see them.\n",
)
_RECORDS = (
    "  - محاضر الفحص: كل ملف original.examination نموذج مُعبّأ، وهو نص JSON بترميز UTF-8. تعرضه verify.html.\n",
    "  - Records of examinations: each file named original.examination is a filled form, as JSON text in\n"
    "    UTF-8. verify.html shows it.\n",
)
_RECEIVED = (
    "  - الملفات الواردة: الملفات original في data/received وردت من خارج المركز ولم تُسجَّل فيه،\n"
    "    وهي كما وردت بايتًا بايتًا. وقد تضرّ بالحاسوب: لا تُفتح إلا حيث لا يضرّ ذلك.\n",
    "  - Received files: the files named original under data/received came from outside and were not\n"
    "    recorded by the center. They are byte by byte as they came, and may harm a computer that opens\n"
    "    them.\n",
)


def sheet(kinds: Collection[FileKind], credited: bool = False, records: bool = False) -> str:
    """Return `README` with the lines about the kinds of files in the package.

    `credited`: whether there are content credentials; `records`: whether there are records of examinations.
    """
    parts = [
        (_FILES, bool({"photograph", "document"} & set(kinds))),
        (_RECORDS, records),
        (_RECEIVED, "received" in kinds),
        (_DERIVATIVES, "derivative" in kinds),
        (_CREDENTIALS, credited),
    ]
    text = README
    for number, after in enumerate(_AFTER):
        lines = "".join(part[number] for part, present in parts if present)
        text = text.replace(after, after + lines)
    return text

"""The cover sheet beside a package on the USB drive, for the clerk who opens it first. It proves nothing."""

READ_ME = """\
أمانة — إفادة مسجّلة
====================

على هذه الذاكرة المحمولة:

  testimony.amana   الإفادة، مقفلة بتسع كلمات تصل إليكم بطريق آخر (أو المجلد testimony غير مقفل)
  verify.html       يفتحها ويتحقق منها ويعرضها، بلا إنترنت ولا تثبيت

  1. فتح verify.html المودع لدى المحكمة بالنقر المزدوج. وعند استعمال الذي على هذه الذاكرة تُقارن بصمته
     أولًا بورقة الثقة.
  2. اختيار testimony.amana وكتابة الكلمات التسع (أو الأرقام التي تحتها)، أو اختيار المجلد testimony.
  3. اختيار ملف وثيقة الثقة policy.txt المودع لدى المحكمة، أو كتابة بصمته من ورقة الثقة.
  4. قراءة الجواب الكبير. «سليمة» تعني أن كل شيء فُحص ولم يُغيَّر شيء ولم يُحذف شيء.

لا تُحفظ الكلمات التسع على الذاكرة المحمولة. من وجدهما معًا رأى الإفادة.


Amana: a recorded testimony
===========================

On this USB drive:

  testimony.amana   the testimony, sealed under nine words that reach you by another way
                    (or the folder testimony, not sealed)
  verify.html       opens it, verifies it and plays it; without network or installation

  1. Open the verify.html that the court has registered, by a double click. If you use the one on this
     drive, compare its fingerprint with the trust sheet first.
  2. Choose testimony.amana and type the nine words (or the digits below them), or choose the folder
     testimony.
  3. Choose the policy.txt that the court has registered, or type its fingerprint from the trust sheet.
  4. Read the large answer. "Intact" means that everything was checked, nothing altered, nothing left out.

Do not write the nine words on the drive: a person who finds both sees the testimony.

For experts, with a verifier installed beforehand:

    python -P -m chain_of_custody verify testimony.amana --policy POLICY
"""

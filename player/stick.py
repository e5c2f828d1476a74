"""The sheet that lies beside a package on the stick, for the clerk who opens it first. It proves nothing."""

READ_ME = """\
أمانة — شهادة مسجّلة
====================

على هذا الوسيط:

  testimony.amana   الشهادة، مشفّرة بثماني كلمات تصل إليكم بطريق آخر (أو المجلد testimony بلا تشفير)
  verify.html       يفتحها ويتحقق منها ويعرضها، بلا إنترنت ولا تثبيت

  1. افتح verify.html المسجّل لدى المحكمة بالنقر المزدوج. إن استعملت الذي على هذا الوسيط، فقارن بصمته أولًا
     بورقة الثقة.
  2. اختر testimony.amana، واكتب الكلمات الثماني.
  3. اختر ملف السياسة policy.txt المسجّل لدى المحكمة، أو اكتب بصمته من ورقة الثقة.
  4. اقرأ الجواب الكبير. «سليمة» تعني أن كل شيء فُحص ولم يُغيَّر شيء ولم يُحذف شيء.

لا تكتب الكلمات الثماني على الوسيط. من وجدهما معًا رأى الشهادة.


Amana: a recorded testimony
===========================

On this medium:

  testimony.amana   the testimony, sealed under eight words that reach you by another way
                    (or the folder testimony, not sealed)
  verify.html       opens it, verifies it and plays it; without network or installation

  1. Open the verify.html that the court has registered, by a double click. If you use the one on this medium,
     compare its fingerprint with the trust sheet first.
  2. Choose testimony.amana and type the eight words.
  3. Choose the policy.txt that the court has registered, or type its fingerprint from the trust sheet.
  4. Read the large answer. "Intact" means that everything was checked, nothing altered, nothing left out.

Do not write the eight words on the medium: whoever finds both sees the testimony.

For experts, with a verifier installed beforehand:

    python -P -m chain_of_custody verify testimony.amana --policy POLICY
"""

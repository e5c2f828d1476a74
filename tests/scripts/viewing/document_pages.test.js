// The pages of a copied document are found where its table says, and in no other form than the specified one.

import assert from "node:assert/strict";
import { test } from "node:test";
import "../page.js";
import { Malformed } from "../../../web/static/proof/errors.js";

const { pagePictures } = await import("../../../web/static/viewing/document_pages.js");

const PICTURE = "/Type /XObject /Subtype /Image /Width 3 /Height 4 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode";
const stream = (entries, content) => `<< ${entries}/Length ${content.length} >>\nstream\n${content}\nendstream`;

/** A document with these pictures, as the center writes it. */
function pdf(pictures, { picture = PICTURE, end = "%%EOF\n" } = {}) {
  const objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages >>"];
  for (const content of pictures) objects.push("<< /Type /Page >>", stream("", "draw"), stream(`${picture} `, content));
  let text = "%PDF-1.4\n";
  const places = objects.map((object, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  return new Blob([`${text}xref\n0 ${places.length + 1}\n0000000000 65535 f \n${table}trailer\n<< >>\nstartxref\n${text.length}\n${end}`]);
}

test("each picture is found, in the order of the pages, with every byte of it", async () => {
  const pictures = ["one\nendstream\nendobj\n5 0 obj", "two"];
  const found = await pagePictures(pdf(pictures));
  assert.deepEqual(await Promise.all(found.map((one) => one.text())), pictures);
  assert.deepEqual(found.map(({ type }) => type), ["image/jpeg", "image/jpeg"]);
});

test("another form is refused", async () => {
  for (const wrong of [
    pdf([]),
    pdf(["one"], { end: "%%EOF" }),
    pdf(["one"], { picture: PICTURE.replace("DCTDecode", "FlateDecode") }),
    pdf(["one"], { picture: PICTURE.replace("/Image", "/Form") }),
    new Blob(["%PDF-1.4\n"]),
    new Blob([]),
  ]) {
    await assert.rejects(pagePictures(wrong), Malformed);
  }
});

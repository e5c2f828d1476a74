// Sends one file with the page's own module through the answers of argv[3], and prints what the page is told.
//
// argv[2]: a folder with the module and what it imports; argv[3]: JSON, [[status, body], …], one for each request.

import { pathToFileURL } from "node:url";

const [, , folder, given] = process.argv;
const answers = JSON.parse(given);
const asked = [];
const told = [];
globalThis.document = { getElementById: () => null, documentElement: { lang: "en" } };
globalThis.fetch = async (url, { headers }) => {
  if (headers["amana-person"] !== "p") throw new TypeError("it says nobody's page");
  asked.push(String(url).replace(/\?.*/, ""));
  const [status, body] = answers.shift();
  return new Response(JSON.stringify(body), { status });
};
const { Uploading } = await import(pathToFileURL(`${folder}/uploading.js`).href);
const file = new File(["a picture"], "a.jpg");
const about = { kind: "photograph", intimate: false, agreed: false };
const standing = await new Uploading("c", "p").add(file, about, (one) => told.push(one));
console.log(JSON.stringify({ asked, told, standing }));

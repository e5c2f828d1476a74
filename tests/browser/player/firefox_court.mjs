// Drives Debian's Firefox over WebDriver BiDi: a court that opens verify.html from the disk. Prints one JSON object.
//
//   node firefox_court.mjs PAGE SEALED-FILE WORDS FINGERPRINT

import puppeteer from "puppeteer-core";

const PATIENCE = 300_000; // ms, as in tests/support/patience.py
const [page_, sealed, words, fingerprint] = process.argv.slice(2);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: "/usr/bin/firefox-esr",
  headless: true,
  timeout: PATIENCE,
  protocolTimeout: PATIENCE,
  extraPrefsFirefox: {
    "media.autoplay.default": 0,
    "media.cubeb.force_null_context": true, // no output for sound, on whichever computer this runs
    "datareporting.policy.dataSubmissionEnabled": false,
  },
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  await page.goto(`${page_}#en`);
  await (await page.$("#file")).uploadFile(sealed);
  await page.waitForSelector("#chosen:not([hidden])");
  await page.type("#passphrase", words);
  await page.type("#fingerprint", fingerprint);
  await page.click("#verify");
  await page.waitForSelector("#answer:not([data-answer='running'])");
  const text = (selector) => page.$eval(selector, (one) => one.textContent.trim());
  const found = {
    version: await browser.version(),
    answer: await page.$eval("#answer", (one) => one.dataset.answer),
    title: await text("#answer-title"),
    text: await text("#answer-text"),
    expert: await text("#answer-expert"),
    notes: await page.$$eval("#answer-notes li", (all) => all.map((one) => one.textContent)),
    steps: await page.$$eval("#checks .tag", (all) => all.map((one) => one.textContent)),
    byPage: await page.$eval("[data-step=checkpoint]", (one) => one.textContent.split("signatures of the kind")[1] ?? ""),
    unplayable: await page.$eval("#film-trouble", (one) => (one.hidden ? null : one.textContent)),
    wide: [await page.evaluate("document.documentElement.scrollWidth"), await page.evaluate("innerWidth")],
    position: null,
    buffered: null,
  };
  if (await page.$eval("#films", (one) => !one.hidden)) {
    await page.waitForSelector("#player:not([hidden]) #cameras figure:not(.coming):not(.empty)");
    await page.click("#play");
    await page.waitForSelector("#film-trouble:not([hidden])");
    found.unhearable = await text("#film-trouble");
    await page.click("#play");
    await page.waitForSelector("#film-trouble[hidden]");
    await page.waitForFunction(() => document.getElementById("position").textContent >= "00:00:02");
    found.position = await text("#position");
    found.buffered = await page.$$eval("#cameras video", (all) => all.map((one) => one.buffered.end(0)));
    found.pictures = await page.$$eval("#cameras video", (all) => all.map((one) => [one.videoWidth, one.currentTime]));
  }
  console.log(JSON.stringify({ ...found, troubles }));
} finally {
  await browser.close();
}

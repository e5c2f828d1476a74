// @ts-check
// The service worker through which a film is played while it is fetched. A media element asks for it by address, a range at a
// time; the page that plays it gives the bytes, checked (film_address.js). The worker keeps nothing, and no request for a film reaches the server.
//
// An answer ends where the page's piece ends, and the browser asks for what follows (RFC 9110, 15.3.7).

/** @import { Part } from "./film_address.js" */
/** TypeScript knows them in workers alone, where it knows no page. @typedef {Event & {
 *   request: Request, clientId: string, respondWith(answer: Promise<Response>): void, waitUntil(done: Promise<unknown>): void,
 * }} FetchEvent */
/** @typedef {{
 *   clients: { claim(): Promise<void>, get(id: string): Promise<Worker | undefined> }, skipWaiting(): Promise<void>,
 * }} ServiceScope */

const scope = /** @type {ServiceScope} */ (/** @type {unknown} */ (self));
const FILM = /^\/derivatives\/[0-9a-f]{32}\/film$/;
const RANGE = /^bytes=(\d+)-(\d*)$/;

addEventListener("install", () => void scope.skipWaiting());
addEventListener("activate", (event) => /** @type {FetchEvent} */ (event).waitUntil(scope.clients.claim()));
addEventListener("fetch", (event) => {
  const asked = /** @type {FetchEvent} */ (event);
  if (FILM.test(new URL(asked.request.url).pathname)) asked.respondWith(answer(asked.clientId, asked.request));
});

/** @param {string} clientId of the page @param {Request} request @returns {Promise<Response>} */
async function answer(clientId, request) {
  const page = await scope.clients.get(clientId);
  const range = RANGE.exec(request.headers.get("range") ?? "bytes=0-");
  if (!page || !range) return fetch(request); // typed into the address line: the server says that nothing is there
  const from = Number(range[1]);
  const part = await partFrom(page, request.url, from);
  if (!part) return Response.error(); // the page says why
  const bytes = range[2] === "" ? part.bytes : part.bytes.subarray(0, Number(range[2]) + 1 - from);
  return new Response(bytes, {
    status: 206,
    headers: {
      "accept-ranges": "bytes",
      "cache-control": "no-store",
      "content-length": String(bytes.length),
      "content-range": `bytes ${from}-${from + bytes.length - 1}/${part.size}`,
      "content-type": part.type,
    },
  });
}

/** @param {Worker} page @param {string} film @param {number} from bytes @returns {Promise<Part | null>} */
function partFrom(page, film, from) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    page.postMessage({ film, from }, [port2]);
  });
}

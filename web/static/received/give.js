// @ts-check
// The page by which somebody outside sends the files that were requested. The token of the request is in the address's
// fragment, which browsers never send. It is taken out of the address at once, and is in this page alone.

import { element, setOrHide } from "../page/elements.js";
import { read } from "../page/requests.js";
import { troubleText } from "../page/trouble.js";
import { clockOf, countText, dateOf, say } from "../page/words.js";
import { receive } from "./receiving.js";

const GB = 1000 ** 3; // bytes

async function arrive() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  const headers = { authorization: `Bearer ${token}` };
  try {
    const { until, most } = await read("/give/request", { headers });
    const end = new Date(until);
    setOrHide("request", say("request", { until: `${dateOf(end)} ${clockOf(end)}`, size: countText(most / GB) }));
    setOrHide("trouble", null);
    element("adding").hidden = false;
    receive({ begin: "/give/uploads", uploads: "/give/uploads", headers }, async () => {});
  } catch (error) {
    setOrHide("trouble", troubleText(error));
  }
}

void arrive();

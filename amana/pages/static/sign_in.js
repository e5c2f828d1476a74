// @ts-check
// Redeems a one-time link. The token stands in the address's fragment, which browsers never send: it is taken
// out of the address at once, so that neither the history nor a shared screen keeps it, and posted.

/** @param {string} id @returns {HTMLElement} */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page lacks ${id}`);
  return found;
}

/** @param {string} id @param {boolean} shown */
const show = (id, shown) => { element(id).hidden = !shown; };

/** @param {string} value */
async function redeem(value) {
  const response = await fetch("/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: value }),
    cache: "no-store",
    signal: AbortSignal.timeout(20_000),
  });
  const answer = await response.json();
  if (response.ok) {
    location.replace(answer.to);
    return;
  }
  for (const part of ["what", "meaning", "todo"]) element(part).textContent = answer.error[part];
  show("working", false);
  show("refused", true);
}

function arrive() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(null, "", location.pathname);
  show("without", false);
  show("refused", false);
  show("unreachable", false);
  show("working", true);
  redeem(token).catch(() => {
    show("working", false);
    show("unreachable", true);
  });
}

// A link opened in a tab that shows this page already changes the fragment alone, and loads nothing.
addEventListener("hashchange", arrive);
arrive();

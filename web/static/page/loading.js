// @ts-check
// Finishes what a network that failed for a moment left half loaded: without its scripts a page has buttons that do
// nothing. The only script that is no module: `base.html` loads it before all others, so that it sees them fail.
//
// A page that was fetched with GET is loaded again, once a minute at most, when its missing file can be had. Any other
// may show what is shown only once, and is kept: it says that it is incomplete, and so does one that stays incomplete.

{
  const AGAIN = "amana.loaded-again-at";
  const PAUSES_MS = [0, 1000, 3000, 10_000];
  const MINUTE_MS = 60_000;
  const fetched = document.documentElement.dataset.method === "GET";
  let missing = false;

  /** Whether this tab may load a page again now, and if so, that it did. */
  const claimReload = () => {
    try {
      if (Date.now() - Number(sessionStorage.getItem(AGAIN)) < MINUTE_MS) return false;
      sessionStorage.setItem(AGAIN, String(Date.now()));
      return true;
    } catch {
      return false; // a browser that keeps nothing could load it again for ever
    }
  };

  /** Whether a file can be had, after a while. @param {string} address */
  const available = async (address) => {
    for (const pause of PAUSES_MS) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      try {
        if ((await fetch(address)).ok) return true;
      } catch {
        // the network is still away
      }
    }
    return false;
  };

  const showIncomplete = () => {
    const notice = document.getElementById("incomplete");
    if (notice) notice.hidden = false;
    document.getElementById("load-again")?.addEventListener("click", () => location.reload());
  };

  addEventListener("error", async ({ target }) => {
    const address = target instanceof HTMLScriptElement ? target.src
      : target instanceof HTMLLinkElement && target.rel === "stylesheet" ? target.href : "";
    if (!address || missing) return;
    missing = true;
    if (fetched && await available(address) && claimReload()) location.reload();
    else if (document.readyState === "loading") addEventListener("DOMContentLoaded", showIncomplete);
    else showIncomplete();
  }, true);
}

// Exchanges the one-time link's token for a session. The token leaves the
// address bar and the history before anything else happens.
"use strict";
(async () => {
  const token = location.hash.slice(1);
  history.replaceState(null, "", "/open");
  try {
    const answer = await fetch("/v1/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ link: token }),
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
    });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    const problem = await answer.json();
    document.getElementById("why").textContent = problem.error ?? "";
  } catch {
    document.getElementById("why").textContent = "The node does not answer.";
  }
  document.getElementById("opening").hidden = true;
  document.getElementById("failed").hidden = false;
})();

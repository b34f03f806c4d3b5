// @ts-check
// The offline page loads the wanted page when the server can be reached again.

// Milliseconds. The browser tells of a lost network, but not of a server that was away for a moment.
const TRY_EVERY = 5000;

async function loadIfReachable() {
  if (document.hidden) return;
  const answer = await fetch("/health", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}

addEventListener("online", loadIfReachable);
document.addEventListener("visibilitychange", loadIfReachable);
setInterval(loadIfReachable, TRY_EVERY);

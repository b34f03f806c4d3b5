// @ts-check
// The offline page loads the wanted page when the connection is back.

addEventListener("online", () => location.reload());

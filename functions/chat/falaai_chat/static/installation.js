// @ts-check
// Register the service worker when the page has nothing else to do. Browsers have it only over HTTPS and on localhost.

import { at } from "./requests.js";

const register = () =>
  navigator.serviceWorker
    .register(at("/sw.js"), { scope: at("/"), updateViaCache: "none" })
    // biome-ignore lint/suspicious/noConsole: the user loses only the offline page, so only a developer needs to know
    .catch((error) => console.warn("service worker not registered", error));

export function startInstallation() {
  if (!("serviceWorker" in navigator)) return;
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}

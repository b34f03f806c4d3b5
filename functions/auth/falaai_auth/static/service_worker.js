// @ts-check
// The service worker: an offline page for navigations without a connection, and a copy of the files whose names hold a
// hash of their content. It stores no page and no answer with a user's data. Without it everything works as before.
//
// A new version has another cache. It replaces the old one at once, which is safe: pages and files name each other by
// hash, and a page does not depend on the worker.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const { version, root, shell } = worker.settings;
const CACHE = `falaai-${version}`;
const [OFFLINE_PAGE] = shell;

async function install() {
  const cache = await caches.open(CACHE);
  // Without cookies: the stored page is the same for everybody.
  await cache.addAll(shell.map((path) => new Request(path, { credentials: "omit" })));
  await worker.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.registration.navigationPreload?.enable(); // the request does not wait for the worker to start
  await worker.clients.claim();
}

/** @param {FetchEvent} event */
async function navigate(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(OFFLINE_PAGE)) ?? Response.error();
  }
}

/** @param {Request} request */
async function readFile(request) {
  const cache = await caches.open(CACHE);
  const stored = await cache.match(request, { ignoreVary: true });
  if (stored) return stored;
  const response = await fetch(request);
  if (response.status === 200) await cache.put(request, response.clone());
  return response;
}

worker.addEventListener("install", (event) => /** @type {ExtendableEvent} */ (event).waitUntil(install()));
worker.addEventListener("activate", (event) => /** @type {ExtendableEvent} */ (event).waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const asked = /** @type {FetchEvent} */ (event);
  const { method, mode, url } = asked.request;
  if (method !== "GET") return;
  if (mode === "navigate") asked.respondWith(navigate(asked));
  else if (url.startsWith(`${location.origin}${root}/static/`)) asked.respondWith(readFile(asked.request));
});

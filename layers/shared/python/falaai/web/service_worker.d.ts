/** The parts of a service worker's surroundings that TypeScript's library for pages lacks. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  readonly preloadResponse: Promise<Response | undefined>;
  respondWith(response: Promise<Response>): void;
}

interface ServiceWorkerGlobalScope extends EventTarget {
  readonly clients: { claim(): Promise<void> };
  readonly registration: ServiceWorkerRegistration;
  skipWaiting(): Promise<void>;
  /** Written in front of the worker by falaai_auth.installation: the offline page is the first path of the shell. */
  readonly settings: { version: string; root: string; shell: [string, ...string[]] };
}

interface Window {
  /** Chromium has it from 135 on: https://developer.mozilla.org/docs/Web/API/Window/fetchLater */
  fetchLater?: (address: string, options: RequestInit) => { readonly activated: boolean };
}

// Theme menu. The choice is a cookie: the server reads it, so a page never flashes in the wrong theme.

import { root } from "./requests.js";

const NAMES = { claro: "light", escuro: "dark" };

export function startTheme() {
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.hidden = false;
    choice.addEventListener("change", ({ target }) => {
      if (target.value) document.documentElement.dataset.theme = NAMES[target.value];
      else delete document.documentElement.dataset.theme;
      const age = target.value ? 31536000 : 0;
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `tema=${target.value}; Path=${root || "/"}; Max-Age=${age}; SameSite=Lax${secure}`;
    });
  }
}

// @ts-check
// The account menu: sign out.

import { part } from "./dom.js";
import { ask } from "./requests.js";
import { forgetPerson } from "./unsent.js";

export function startAccount() {
  const button = part("logout");
  button.addEventListener("click", async () => {
    const answer = await ask("POST", "/logout");
    forgetPerson();
    location.assign(`${answer.redirect_url}?aviso=${button.dataset.notice}`);
  });
}

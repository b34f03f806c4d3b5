// @ts-check
// The time of a message in words, in the reader's time zone. The server writes it in São Paulo's.

const clock = new Intl.DateTimeFormat("pt-BR", { hour: "numeric", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat("pt-BR", { day: "numeric", month: "long" });
const dayOfAnyYear = new Intl.DateTimeFormat("pt-BR", { day: "numeric", month: "long", year: "numeric" });
const whole = new Intl.DateTimeFormat("pt-BR", { dateStyle: "full", timeStyle: "short" });

/** @param {Date} at */
function day(at) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (at.toDateString() === now.toDateString()) return "hoje";
  if (at.toDateString() === yesterday.toDateString()) return "ontem";
  const format = at.getFullYear() === now.getFullYear() ? dayOfYear : dayOfAnyYear;
  return format.format(at).replace(/^1 /, "1º ");
}

/** @param {HTMLTimeElement} time */
export function showTime(time) {
  if (!time.dateTime) return;
  const at = new Date(time.dateTime);
  time.textContent = `${day(at)}, ${clock.format(at)}`;
  time.title = whole.format(at);
}

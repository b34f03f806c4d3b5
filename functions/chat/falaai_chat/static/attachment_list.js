// @ts-check
// The files of a question, as thumbnails and cards above its text. A click opens the viewer.

import { make, part } from "./dom.js";
import { fileAddress, imageAddress } from "./draft_files.js";
import { say } from "./requests.js";
import { texts } from "./sentences.js";

/** @typedef {import("./draft_files.js").Attachment} Attachment */

const KINDS = /** @type {Record<string, string>} */ ({
  imagem: texts.kindImage,
  pdf: texts.kindPdf,
  audio: texts.kindAudio,
  texto: texts.kindText,
});
const THUMBNAIL = 160; // pixels: largest width and height of a thumbnail, as attachment.css has it

/** @param {number} seconds */
export const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** @param {number} bytes */
export function sizeInWords(bytes) {
  const isSmall = bytes < 1024 * 1024;
  const size = isSmall ? Math.ceil(bytes / 1024) : Math.ceil((10 * bytes) / (1024 * 1024)) / 10;
  return `${size.toLocaleString("pt-BR")} ${isSmall ? "KB" : "MB"}`;
}

/** Return kind, pages and length in words. @type {(attachment: Attachment) => string} */
export function factsOf({ especie, paginas, segundos, tamanho }) {
  const facts = [KINDS[especie ?? ""] ?? ""];
  if (paginas) facts.push(paginas === 1 ? texts.pagesOne : say("pages", { count: paginas }));
  else if (segundos !== null && segundos !== undefined) facts.push(clock(segundos));
  else if (tamanho) facts.push(sizeInWords(tamanho));
  return facts.filter(Boolean).join(" · ");
}

/**
 * @param {string} name of a symbol of the icon sheet
 */
export function makeIcon(name) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.classList.add("icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  icon.append(use);
  return icon;
}

/**
 * Return name and facts of a file, in two lines.
 * @param {string} name
 * @param {string} facts
 */
export function cardText(name, facts) {
  const text = make("span", "attachment-text");
  text.append(make("b", "", name), make("small", "", facts));
  return text;
}

/** @param {Attachment} attachment */
function thumbnail({ id, nome, largura, altura }) {
  const image = make("img", "attachment-image");
  // The size before the image is there, so that nothing moves when it comes.
  const scale = Math.min(1, THUMBNAIL / Math.max(largura ?? THUMBNAIL, altura ?? THUMBNAIL));
  image.width = Math.max(44, Math.round((largura ?? THUMBNAIL) * scale));
  image.height = Math.max(44, Math.round((altura ?? THUMBNAIL) * scale));
  image.loading = "lazy";
  image.alt = nome;
  image.src = imageAddress(id, true);
  return image;
}

/** @param {Attachment} attachment */
function itemFor(attachment) {
  const { id, nome, estado, especie } = attachment;
  const item = make("li", "attachment");
  item.dataset.attachment = JSON.stringify(attachment);
  if (estado === "apagado") {
    const card = make("span", "attachment-card attachment-deleted");
    card.append(makeIcon("file"), cardText(nome, texts.fileDeleted));
    item.append(card);
    return item;
  }
  const button = make("button", especie === "imagem" ? "attachment-thumbnail" : "attachment-card");
  button.type = "button";
  button.dataset.act = "open-attachment";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-label", say("openFile", { name: nome }));
  button.append(
    ...(especie === "imagem"
      ? [thumbnail(attachment)]
      : [makeIcon("file"), cardText(nome, factsOf(attachment))]),
  );
  item.append(button);
  if (especie === "audio") {
    const player = make("audio", "attachment-player");
    player.controls = true;
    player.preload = "none";
    player.src = fileAddress(id, true);
    player.setAttribute("aria-label", nome);
    item.append(player);
  }
  return item;
}

/** @type {(element: HTMLElement) => Attachment} */
export const attachmentOf = (element) =>
  JSON.parse(/** @type {HTMLElement} */ (element.closest("[data-attachment]")).dataset.attachment ?? "{}");

/**
 * Show the files of a question.
 * @param {HTMLElement} article
 * @param {Attachment[]} attachments
 */
export function showAttachments(article, attachments) {
  const list = part("attachments", article);
  list.hidden = !attachments.length;
  list.replaceChildren(...attachments.map(itemFor));
}

/**
 * Show a file in another state, such as a deleted one.
 * @param {Attachment} attachment
 */
export function showChangedAttachment(attachment) {
  for (const item of document.querySelectorAll("[data-part=attachments] > [data-attachment]")) {
    if (attachmentOf(/** @type {HTMLElement} */ (item)).id === attachment.id)
      item.replaceWith(itemFor(attachment));
  }
}

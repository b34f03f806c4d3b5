// @ts-check
// The files of the message that is being written: uploads and files to read again, for each conversation. Finished ones
// survive a reload. attachments.js, which is loaded at the first file, shows and uploads them.

import { at } from "./requests.js";
import { texts } from "./sentences.js";
import { emit } from "./signals.js";
import { keepUnsent, readUnsent, removeUnsent } from "./unsent.js";

/**
 * An attachment as the server describes it. Messages have it without `resumo` and `transcricao`.
 * @typedef {{
 *   id: number, nome: string, estado: "enviando" | "pronto" | "recusado" | "apagado", motivo: string | null,
 *   frase: string | null, especie: "imagem" | "pdf" | "audio" | "texto" | null, tamanho: number,
 *   paginas: number | null, segundos: number | null, largura: number | null, altura: number | null,
 *   resumo_estado: "pendente" | "pronto" | "erro" | null, resumo?: string | null, transcricao?: string | null,
 * }} Attachment
 */
/**
 * A file of a message that is being written. `sent` is the uploaded part, from 0 to 1. `sentence` says why it failed or
 * was refused. `isReread`: it was sent before, and is to be read again with the next question.
 * @typedef {{
 *   name: string, size: number, state: "enviando" | "conferindo" | "pronto" | "falhou" | "recusado", sent: number,
 *   sentence: string, attachment: Attachment | null, isReread: boolean, retry: () => void, cancel: () => void,
 * }} DraftFile
 */
/** The files that go with a message. @typedef {{ files: Attachment[], reread: Attachment[] }} SentFiles */

export const MOST_FILES = 5; // of each of the two sorts
/** @type {Map<string, DraftFile[]>} */
const lists = new Map();

/** @type {(place: string) => DraftFile[]} */
export function filesIn(place) {
  let list = lists.get(place);
  if (!list) {
    list = restored(place);
    lists.set(place, list);
  }
  return list;
}

/** @type {(attachment: Attachment, isReread: boolean) => DraftFile} */
const finished = (attachment, isReread) => ({
  name: attachment.nome,
  size: attachment.tamanho,
  state: "pronto",
  sent: 1,
  sentence: "",
  attachment,
  isReread,
  retry: () => {},
  cancel: () => {},
});

/** @type {(place: string) => DraftFile[]} */
function restored(place) {
  /** @type {SentFiles} */
  const { files, reread } = JSON.parse(readUnsent("anexos", place) ?? '{"files": [], "reread": []}');
  return [...files.map((one) => finished(one, false)), ...reread.map((one) => finished(one, true))];
}

/** @type {(list: DraftFile[]) => SentFiles} */
function readyOf(list) {
  /** @param {boolean} isReread */
  const of = (isReread) =>
    list.flatMap((file) =>
      file.attachment && file.state === "pronto" && file.isReread === isReread ? [file.attachment] : [],
    );
  return { files: of(false), reread: of(true) };
}

/**
 * Store the finished files of a conversation's draft, and show them.
 * @param {string} place
 */
export function filesChanged(place) {
  const ready = readyOf(filesIn(place));
  if (ready.files.length || ready.reread.length) keepUnsent("anexos", place, JSON.stringify(ready));
  else removeUnsent("anexos", place);
  emit("files-changed", place);
}

/** @type {(place: string) => boolean} */
export const isUploading = (place) =>
  filesIn(place).some(({ state }) => ["enviando", "conferindo"].includes(state));

/** @type {(place: string) => boolean} */
export const hasFailedFiles = (place) =>
  filesIn(place).some(({ state }) => ["falhou", "recusado"].includes(state));

/**
 * Return the finished files, and remove all from the draft.
 * @param {string} place
 */
export function takeFiles(place) {
  const ready = readyOf(filesIn(place));
  lists.set(place, []);
  filesChanged(place);
  return ready;
}

/**
 * Put the files of a message that could not be sent back into its draft.
 * @param {string} place
 * @param {SentFiles} sent
 */
export function giveBackFiles(place, { files, reread }) {
  const list = filesIn(place);
  list.unshift(...files.map((one) => finished(one, false)), ...reread.map((one) => finished(one, true)));
  filesChanged(place);
}

/**
 * Move the files of a new conversation to the id that the server has given it.
 * @param {string} from
 * @param {string} to
 */
export function moveFiles(from, to) {
  const list = filesIn(from);
  lists.set(from, []);
  lists.set(to, list);
  filesChanged(from);
  filesChanged(to);
}

/**
 * Add a sent file, so that the next question reads it again. Returns whether there is room.
 * @type {(place: string, attachment: Attachment) => boolean}
 */
export function readAgain(place, attachment) {
  const list = filesIn(place);
  const again = list.filter(({ isReread }) => isReread);
  if (again.some((file) => file.attachment?.id === attachment.id)) return true;
  if (again.length >= MOST_FILES) return false;
  list.push(finished(attachment, true));
  filesChanged(place);
  return true;
}

/** Names of the sentences for one file and for several of a kind. @type {Record<string, [string, string]>} */
const QUESTIONS = {
  imagem: ["askImage", "askImages"],
  pdf: ["askDocument", "askDocuments"],
  texto: ["askDocument", "askDocuments"],
  audio: ["askAudio", "askAudios"],
};

/**
 * Return the question to send with files if nothing was written; "" without files.
 * @type {(sent: SentFiles) => string}
 */
export function defaultQuestion({ files, reread }) {
  const all = [...files, ...reread];
  const names = all.map(({ especie }) => QUESTIONS[especie ?? ""] ?? ["askFiles", "askFiles"]);
  if (!names.length) return "";
  const [one, many] = names[0];
  if (names.some(([other]) => other !== one)) return texts.askFiles;
  return texts[all.length > 1 ? many : one];
}

/** @type {(id: number, isSmall: boolean) => string} */
export const imageAddress = (id, isSmall) =>
  at(`/chat/attachments/${id}/imagem?tamanho=${isSmall ? "miniatura" : "tela"}`);

/** @type {(id: number, isOpened: boolean) => string} */
export const fileAddress = (id, isOpened) =>
  at(`/chat/attachments/${id}/arquivo${isOpened ? "?abrir=1" : ""}`);

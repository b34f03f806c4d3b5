// @ts-check
// Profile picture: crop it to its middle square, show a preview, and send it small.

import { make, part } from "./dom.js";
import { Problem, say } from "./requests.js";
import { texts } from "./sentences.js";

const QUALITY = 0.9;

/** Only Safari decodes the format of an iPhone's camera. @param {File} file */
const isHeic = ({ name, type }) => /^image\/hei[cf]/.test(type) || /\.hei[cf]$/i.test(name);

/**
 * Crop a picture to its middle square, rotate it upright, make it smaller and remove its metadata.
 * @param {File} file
 * @param {number} side pixels
 */
async function crop(file, side) {
  const image = await createImageBitmap(file).catch(() => {
    const message = isHeic(file) ? texts.pictureHeic : texts.pictureNotValid;
    throw new Problem(422, { fields: [{ field: "profile_pic", message }] });
  });
  const canvas = make("canvas", "profile-picture");
  canvas.width = side;
  canvas.height = side;
  const shorter = Math.min(image.width, image.height);
  const [x, y] = [(image.width - shorter) / 2, (image.height - shorter) / 2];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, x, y, shorter, shorter, 0, 0, side, side);
  image.close();
  return canvas;
}

/**
 * Show the chosen picture. It is drawn on a canvas: the content security policy allows no blob: or data: image.
 * @param {HTMLInputElement} input
 */
export async function previewPicture(input) {
  const [file] = input.files ?? [];
  if (!file) return;
  const canvas = await crop(file, Number(input.dataset.side));
  canvas.dataset.part = "picture";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", texts.picturePreview);
  part("picture").replaceWith(canvas);
  part("picture-name").textContent = say("pictureChosen", { name: file.name });
}

/**
 * Return the form's data with the cropped picture: a phone's photo is larger than the limit of a request.
 * @param {HTMLFormElement} form
 */
export async function withCroppedPicture(form) {
  const values = new FormData(form);
  const file = values.get("profile_pic");
  if (!(file instanceof File) || !file.size) return values;
  const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("profile_pic"));
  const canvas = await crop(file, Number(input.dataset.side));
  // A browser that cannot encode WebP returns a PNG.
  const square = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", QUALITY));
  values.set("profile_pic", square, "foto");
  return values;
}

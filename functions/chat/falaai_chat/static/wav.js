// @ts-check
// Sound as a WAV file: 16 bits, one channel.

import { Downsampler } from "./downsampler.js";

const HEADER = 44; // bytes

/**
 * @param {Int16Array[]} chunks
 * @param {number} rate samples a second
 */
function fileOf(chunks, rate) {
  const bytes = 2 * chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const header = new DataView(new ArrayBuffer(HEADER));
  /** @type {(at: number, word: string) => void} */
  const write = (at, word) => {
    for (let index = 0; index < word.length; index++) header.setUint8(at + index, word.charCodeAt(index));
  };
  write(0, "RIFF");
  header.setUint32(4, HEADER - 8 + bytes, true);
  write(8, "WAVEfmt ");
  header.setUint32(16, 16, true); // bytes of the format
  header.setUint16(20, 1, true); // uncompressed
  header.setUint16(22, 1, true); // channels
  header.setUint32(24, rate, true);
  header.setUint32(28, 2 * rate, true); // bytes a second
  header.setUint16(32, 2, true); // bytes of a sample
  header.setUint16(34, 16, true); // bits of a sample
  write(36, "data");
  header.setUint32(40, bytes, true);
  return new Blob([header, .../** @type {BlobPart[]} */ (chunks)], { type: "audio/wav" });
}

/**
 * Return chunks of sound as a WAV file. If it would have more than `most` bytes, its rate is lower.
 * @type {(chunks: Int16Array[], rate: number, most: number) => Blob}
 */
export function wavOf(chunks, rate, most) {
  const file = fileOf(chunks, rate);
  if (file.size <= most) return file;
  const lower = Math.floor((rate * (most - HEADER)) / file.size);
  const downsampler = new Downsampler(rate, lower);
  return fileOf(
    chunks.map((chunk) => Int16Array.from(downsampler.add(chunk))),
    lower,
  );
}

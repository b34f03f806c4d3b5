// @ts-check
// Lower the sample rate of sound.

/** Each new sample is the mean of the old ones in its time, which also keeps high tones out. */
export class Downsampler {
  /**
   * @param {number} from samples a second
   * @param {number} to samples a second, not more than `from`
   */
  constructor(from, to) {
    this.ratio = from / to;
    this.sum = 0;
    this.weight = 0; // old samples in the sum, with fractions
  }

  /**
   * Return the new samples that are complete with these old ones.
   * @param {ArrayLike<number>} samples
   * @returns {number[]}
   */
  add(samples) {
    const done = [];
    for (let at = 0; at < samples.length; at++) {
      const room = this.ratio - this.weight;
      if (room > 1) {
        this.sum += samples[at];
        this.weight += 1;
      } else {
        done.push((this.sum + samples[at] * room) / this.ratio);
        this.weight = 1 - room;
        this.sum = samples[at] * this.weight;
      }
    }
    return done;
  }
}

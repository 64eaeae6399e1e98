// The discrete Fourier transform of real signals, two at a time: one is the real part, the other the imaginary part.

/** A transform of `size` points, a power of two. */
export class Fourier {
  constructor(size) {
    this.size = size;
    this.bins = size / 2 + 1;
    this.re = new Float64Array(size);
    this.im = new Float64Array(size);
    this.cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    this.order = new Uint32Array(size);
    for (let k = 1; k < size; k++) this.order[k] = (this.order[k >> 1] >> 1) | (k & 1 ? size >> 1 : 0);
  }

  /** Transform `re + i·im` in place, after Cooley and Tukey (1965). */
  run() {
    const { re, im, order, cos, sin, size } = this;
    for (let k = 0; k < size; k++) {
      const other = order[k];
      if (other > k) [re[k], re[other], im[k], im[other]] = [re[other], re[k], im[other], im[k]];
    }
    for (let half = 1, step = size / 2; half < size; half *= 2, step /= 2) {
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0, turn = 0; k < half; k++, turn += step) {
          const a = start + k, b = a + half;
          const x = re[b] * cos[turn] + im[b] * sin[turn];
          const y = im[b] * cos[turn] - re[b] * sin[turn];
          re[b] = re[a] - x;
          im[b] = im[a] - y;
          re[a] += x;
          im[a] += y;
        }
      }
    }
  }

  /** Write the spectra of two real signals, which lie in `re` and `im`: real parts, then imaginary ones. */
  spectra(first, second) {
    this.run();
    const { re, im, size, bins } = this;
    for (let k = 0; k < bins; k++) {
      const m = (size - k) % size;
      first[k] = (re[k] + re[m]) / 2;
      first[bins + k] = (im[k] - im[m]) / 2;
      second[k] = (im[k] + im[m]) / 2;
      second[bins + k] = (re[m] - re[k]) / 2;
    }
  }

  /** Leave the signals of two spectra in `re` and `im`. */
  signals(first, second) {
    const { re, im, size, bins } = this;
    for (let k = 0; k < bins; k++) {
      const edge = k === 0 || k === size / 2;
      const ai = edge ? 0 : first[bins + k], bi = edge ? 0 : second[bins + k];
      // The inverse transform is the forward one with both parts swapped.
      im[k] = first[k] - bi;
      re[k] = ai + second[k];
      if (!edge) {
        im[size - k] = first[k] + bi;
        re[size - k] = second[k] - ai;
      }
    }
    this.run();
    for (let k = 0; k < size; k++) [re[k], im[k]] = [im[k] / size, re[k] / size];
  }
}

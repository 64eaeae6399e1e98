// What happens between the graphs: lengths, pitch, pulses and the two Fourier transforms; see myna/deploy/host.py.
// Rows `(T, C)` are one Float32Array, row after row.

import { Fourier } from "./fourier.js";

const LONGEST = 5.0; // logarithm of the most frames that a token lasts
const LOWEST_HZ = 55.0, CENTS = 45.0, NEAR = 2; // bins of pitch
const fround = Math.fround;

/** Return how many frames each token lasts, at least one, for logarithms `(L)`. */
export function framesOf(logDurations, speed) {
  return Int32Array.from(logDurations, (value) => {
    const frames = fround(fround(Math.exp(Math.min(Math.max(value, 0), LONGEST))) / fround(speed));
    return Math.max(halfToEven(frames), 1);
  });
}

function halfToEven(value) {
  const whole = Math.floor(value), rest = value - whole;
  return rest > 0.5 || (rest === 0.5 && whole % 2) ? whole + 1 : whole;
}

/** Give each frame the vector `(C)` of its token, its place in the token and the logarithm of the duration. */
export function spread(encoded, width, durations) {
  const total = durations.reduce((sum, frames) => sum + frames, 0);
  const out = new Float32Array(total * (width + 2));
  let at = 0;
  durations.forEach((frames, token) => {
    const vector = encoded.subarray(token * width, (token + 1) * width);
    const last = fround(fround(Math.log(frames)) - 1.5);
    for (let inside = 0; inside < frames; inside++, at += width + 2) {
      out.set(vector, at);
      out[at + width] = fround((inside + 0.5) / frames) - 0.5;
      out[at + width + 1] = last;
    }
  });
  return out;
}

/** Return F0 in Hz and the probability of voice `(T, 2)` of logits `(T, bins + 1)`, in double precision. */
export function pitchOf(logits, width) {
  const bins = width - 1, total = logits.length / width, out = new Float32Array(2 * total);
  for (let t = 0; t < total; t++) {
    const row = logits.subarray(t * width, (t + 1) * width);
    let best = 0;
    for (let k = 1; k < bins; k++) if (row[k] > row[best]) best = k;
    let weight = 0, sum = 0;
    for (let k = Math.max(best - NEAR, 0); k <= Math.min(best + NEAR, bins - 1); k++) {
      const part = Math.exp(row[k] - row[best]);
      weight += part;
      sum += part * k;
    }
    out[2 * t] = LOWEST_HZ * 2 ** ((sum * CENTS) / weight / 1200);
    out[2 * t + 1] = 1 / (1 + Math.exp(-row[bins]));
  }
  return out;
}

/** Return a band-limited pulse train `(T · hop)` of unit power for pitch `(T, 2)`. */
export function pulses(pitch, hop, sampleRate) {
  const total = pitch.length / 2, out = new Float32Array(total * hop), half = hop / 2;
  const nyquist = fround(0.5 * sampleRate), at = (t) => pitch[2 * Math.min(Math.max(t, 0), total - 1)];
  let before = 0; // turns, in double precision
  for (let t = 0; t < total; t++) {
    let inside = 0;
    for (let n = 0; n < hop; n++) {
      const place = fround((n + 0.5) / hop), early = n < half;
      const share = early ? fround(place + 0.5) : fround(place - 0.5);
      const left = early ? at(t - 1) : at(t), right = early ? at(t) : at(t + 1);
      const hertz = fround(fround(left * fround(1 - share)) + fround(right * share));
      inside += hertz / sampleRate;
      out[t * hop + n] = partialsOf(before + inside, Math.floor(fround(nyquist / hertz)));
    }
    before += inside;
  }
  return out;
}

/** The sum of the cosines of all partials below half the rate, in closed form. */
function partialsOf(turns, partials) {
  const phase = (turns - Math.floor(turns)) * (2 * Math.PI), below = Math.sin(phase / 2);
  const summed = Math.abs(below) > 1e-4 ? Math.sin((partials + 0.5) * phase) / (2 * below) - 0.5 : partials;
  return summed * Math.sqrt(2 / partials);
}

/** Frames of samples to spectra and back, framed as the mel spectrogram is. */
export class Transform {
  constructor(points, hop) {
    this.points = points;
    this.hop = hop;
    this.pad = (points - hop) / 2;
    this.reach = Math.ceil(this.pad / hop);
    this.window = Float64Array.from({ length: points }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / points));
    this.fourier = new Fourier(points);
  }

  /** Return real and imaginary parts `(T, points + 2)` of frames of samples `(T · hop)`, silence around them. */
  analyse(wave) {
    const total = wave.length / this.hop, width = this.points + 2, out = new Float32Array(total * width);
    const none = new Float32Array(width);
    for (let t = 0; t < total; t += 2) {
      this._frame(wave, t, this.fourier.re);
      this._frame(wave, t + 1, this.fourier.im);
      const second = t + 1 < total ? out.subarray((t + 1) * width, (t + 2) * width) : none;
      this.fourier.spectra(out.subarray(t * width, (t + 1) * width), second);
    }
    return out;
  }

  _frame(wave, t, target) {
    const first = t * this.hop - this.pad;
    for (let n = 0; n < this.points; n++) target[n] = (wave[first + n] ?? 0) * this.window[n];
  }

  /** Return samples `(T · hop)` of spectra as `analyse` gives them. */
  synthesise(spectra) {
    const { points, hop, pad, window, fourier } = this, width = points + 2, total = spectra.length / width;
    const sum = new Float64Array((total + 1) * hop + points), weight = new Float64Array(sum.length).fill(1e-16);
    const none = new Float32Array(width);
    for (let t = 0; t < total; t += 2) {
      const second = t + 1 < total ? spectra.subarray((t + 1) * width, (t + 2) * width) : none;
      fourier.signals(spectra.subarray(t * width, (t + 1) * width), second);
      for (const [frame, from] of [[fourier.re, t], [fourier.im, t + 1]]) {
        if (from >= total) continue;
        for (let n = 0; n < points; n++) {
          sum[from * hop + n] += frame[n] * window[n];
          weight[from * hop + n] += window[n] ** 2;
        }
      }
    }
    return Float32Array.from({ length: total * hop }, (_, n) => sum[pad + n] / weight[pad + n]);
  }
}

// The `spread` watermark: its pattern is laid on and found again; see myna/safety/spread.py.

import { Fourier } from "./fourier.js";
import { resample } from "./resample.js";

const RATE = 8000, WINDOW = 256, HOP = 128;
const CELL_FRAMES = 4, PERIOD = 32, BANDS = 28, FIRST_BIN = 10, BAND_BINS = 4;
const DEPTH_DB = 1.6, HALF = 6.5;
const WIDTH = WINDOW + 2, BINS = WINDOW / 2 + 1, SHIFTS = PERIOD * CELL_FRAMES;

const window_ = Float64Array.from({ length: WINDOW }, (_, n) => Math.sin((Math.PI * (n + 0.5)) / WINDOW));
const fourier = new Fourier(WINDOW);

/** Return the pattern `(PERIOD · BANDS)` of ±1 of what the export wrote: hexadecimal digits, a bit a cell. */
export function patternOf(digits) {
  return Float32Array.from({ length: PERIOD * BANDS }, (_, n) => {
    return parseInt(digits[n >> 2], 16) & (8 >> (n & 3)) ? 1 : -1;
  });
}

/** Return what raises and lowers the cells of a sound, `(T)`. */
export function residual(wave, sampleRate, pattern) {
  const low = resample(wave, sampleRate, RATE), frames = spectraOf(low);
  for (let t = 0; t < frames.length; t++) {
    const gains = new Float64Array(BINS), cell = Math.floor(t / CELL_FRAMES) % PERIOD;
    for (let b = 0; b < BANDS * BAND_BINS; b++) {
      const sign = pattern[cell * BANDS + Math.floor(b / BAND_BINS)];
      gains[FIRST_BIN + b] = 10 ** ((sign * DEPTH_DB) / 20) - 1;
    }
    for (let k = 0; k < WIDTH; k++) frames[t][k] *= gains[k % BINS];
  }
  const added = resample(soundOf(frames, low.length), RATE, sampleRate);
  return wave.map((_, n) => added[n] ?? 0);
}

/** Return 0 to 1: 0.5 where the pattern, the first one, stands 6.5 standard deviations above the decoys. */
export function score(wave, sampleRate, patterns) {
  const frames = spectraOf(resample(wave, sampleRate, RATE));
  if (frames.length < CELL_FRAMES * 8) return 0;
  const cells = folded(levelled(frames)), [best, ...others] = patterns.map((pattern) => likeness(cells, pattern));
  const mean = others.reduce((sum, one) => sum + one, 0) / others.length;
  const spread = Math.sqrt(others.reduce((sum, one) => sum + (one - mean) ** 2, 0) / others.length);
  return 1 / (1 + Math.exp(HALF - (best - mean) / Math.max(spread, 1e-9)));
}

function spectraOf(wave) {
  const count = Math.ceil(wave.length / HOP) + 1, frames = Array.from({ length: count }, () => new Float64Array(WIDTH));
  const none = new Float64Array(WIDTH);
  for (let t = 0; t < count; t += 2) {
    for (let n = 0; n < WINDOW; n++) {
      fourier.re[n] = (wave[(t - 1) * HOP + n] ?? 0) * window_[n];
      fourier.im[n] = (wave[t * HOP + n] ?? 0) * window_[n];
    }
    fourier.spectra(frames[t], frames[t + 1] ?? none);
  }
  return frames;
}

function soundOf(frames, length) {
  const sum = new Float64Array((frames.length + 2) * HOP), none = new Float64Array(WIDTH);
  for (let t = 0; t < frames.length; t += 2) {
    fourier.signals(frames[t], frames[t + 1] ?? none);
    for (let n = 0; n < WINDOW; n++) {
      sum[t * HOP + n] += fourier.re[n] * window_[n];
      sum[(t + 1) * HOP + n] += fourier.im[n] * window_[n];
    }
  }
  return Float32Array.from(sum.subarray(HOP, HOP + length));
}

/** Log energy of the bands, `(T)` rows of `BANDS`, with everything slow and everything broad taken out. */
function levelled(frames) {
  const energy = frames.map((frame) => Float64Array.from({ length: BANDS }, (_, b) => bandOf(frame, b)));
  const totals = energy.map((row) => row.reduce((sum, value) => sum + value, 0));
  const mean = totals.reduce((sum, value) => sum + value, 0) / (totals.length * BANDS);
  const loud = 1e-3 * Float64Array.from(totals).sort()[Math.floor(0.95 * (totals.length - 1))] + 1e-14;
  const level = energy.map((row) => smoothed(row.map((value) => 10 * Math.log10(value + 1e-6 * mean + 1e-14)), 7));
  for (let b = 0; b < BANDS; b++) {
    const column = smoothed(Float64Array.from(level, (row) => row[b]), 4 * CELL_FRAMES + 1);
    level.forEach((row, t) => (row[b] = totals[t] > loud ? Math.min(Math.max(column[t], -8), 8) : 0));
  }
  return level;
}

function bandOf(frame, band) {
  let sum = 0;
  const first = FIRST_BIN + band * BAND_BINS;
  for (let k = first; k < first + BAND_BINS; k++) sum += frame[k] ** 2 + frame[BINS + k] ** 2;
  return sum;
}

/** Take a running mean of odd width away, the ends repeated. */
function smoothed(values, width) {
  const half = (width - 1) / 2, last = values.length - 1;
  return values.map((value, n) => {
    let sum = 0;
    for (let k = n - half; k <= n + half; k++) sum += values[Math.min(Math.max(k, 0), last)];
    return value - sum / width;
  });
}

/** Fold rows to one period, and sum over the length of a cell from each row on. */
function folded(level) {
  const sums = new Float64Array(SHIFTS * BANDS), out = new Float64Array(SHIFTS * BANDS);
  level.forEach((row, t) => row.forEach((value, b) => (sums[(t % SHIFTS) * BANDS + b] += value)));
  for (let n = 0; n < out.length; n++) {
    for (let k = 0; k < CELL_FRAMES; k++) out[n] += sums[(n + k * BANDS) % sums.length];
  }
  return out;
}

/** The best circular correlation over all shifts. */
function likeness(cells, pattern) {
  let best = -Infinity;
  for (let shift = 0; shift < SHIFTS; shift++) {
    let sum = 0;
    for (let cell = 0; cell < PERIOD; cell++) {
      const row = ((cell * CELL_FRAMES + shift) % SHIFTS) * BANDS;
      for (let b = 0; b < BANDS; b++) sum += pattern[cell * BANDS + b] * cells[row + b];
    }
    best = Math.max(best, sum);
  }
  return best;
}

// Change of sample rate by a windowed sinc, one filter for each place between two samples.

const ZEROS = 32, BETA = 9, PASS = 0.95; // zero crossings on a side, of the Kaiser window, share of the band that stays

const kept = new Map(); // filters by both rates

/** Return `(T)` at another rate; both are whole numbers of Hz. */
export function resample(wave, from, to) {
  if (from === to) return wave;
  const common = divisor(from, to), up = to / common, down = from / common;
  const cut = PASS * Math.min(1, to / from), half = Math.ceil(ZEROS / Math.min(1, to / from));
  const key = `${from} ${to}`;
  if (!kept.has(key)) kept.set(key, Array.from({ length: up }, (_, phase) => filter(phase / up, half, cut)));
  const filters = kept.get(key);
  const out = new Float32Array(Math.ceil((wave.length * up) / down));
  for (let n = 0; n < out.length; n++) {
    const place = n * down, taps = filters[place % up], first = Math.floor(place / up) - half + 1;
    const end = Math.min(taps.length, wave.length - first);
    let sum = 0;
    for (let k = Math.max(0, -first); k < end; k++) sum += taps[k] * wave[first + k];
    out[n] = sum;
  }
  return out;
}

function filter(place, half, cut) {
  return Float64Array.from({ length: 2 * half }, (_, k) => {
    const x = k - half + 1 - place, inside = 1 - (x / half) ** 2;
    const sinc = x === 0 ? cut : Math.sin(Math.PI * cut * x) / (Math.PI * x);
    return inside > 0 ? (sinc * bessel(BETA * Math.sqrt(inside))) / WHOLE : 0;
  });
}

/** The modified Bessel function of order zero. */
function bessel(x) {
  let sum = 1, term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

const WHOLE = bessel(BETA);

function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
}

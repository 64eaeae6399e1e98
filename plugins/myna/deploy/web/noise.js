// Gaussian noise that is torch's, number for number; see myna/deploy/noise.py.

const WORDS = 624, MIDDLE = 397, BLOCK = 16;

/** Numbers of 32 bits of the Mersenne Twister (Matsumoto and Nishimura 1998). */
function* twister(seed) {
  const state = new Uint32Array(WORDS);
  state[0] = seed >>> 0;
  for (let n = 1; n < WORDS; n++) {
    state[n] = Math.imul(1812433253, state[n - 1] ^ (state[n - 1] >>> 30)) + n;
  }
  for (;;) {
    for (let n = 0; n < WORDS; n++) {
      const y = (state[n] & 0x80000000) | (state[(n + 1) % WORDS] & 0x7fffffff);
      state[n] = state[(n + MIDDLE) % WORDS] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    for (let n = 0; n < WORDS; n++) {
      let y = state[n];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      yield (y ^ (y >>> 18)) >>> 0;
    }
  }
}

/** Return what `torch.randn(count)` draws after `manual_seed(seed)`; `count` is a multiple of sixteen. */
export function normal(seed, count) {
  if (count % BLOCK) throw new RangeError(`${count} is no multiple of ${BLOCK}`);
  const drawn = twister(seed), out = new Float32Array(count), uniform = new Float32Array(BLOCK);
  const half = BLOCK / 2, round = Math.fround(2 * Math.PI);
  for (let start = 0; start < count; start += BLOCK) {
    for (let n = 0; n < BLOCK; n++) uniform[n] = (drawn.next().value & 0xffffff) * 2 ** -24;
    for (let n = 0; n < half; n++) {
      const radius = Math.sqrt(-2 * Math.log1p(-uniform[n])), angle = Math.fround(round * uniform[half + n]);
      out[start + n] = radius * Math.cos(angle);
      out[start + half + n] = radius * Math.sin(angle);
    }
  }
  return out;
}

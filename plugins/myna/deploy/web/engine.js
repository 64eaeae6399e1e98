// A voice: four graphs in a runtime, arithmetic between them; see myna/deploy/engine.py. It gives raw samples without
// any mark, and only marks.js lets sound out of the worker.

import { Transform, framesOf, pitchOf, pulses, spread } from "./host.js";
import { normal } from "./noise.js";

const NOISE_FRAMES = 256; // after so many the vocoder's noise repeats
const START = "^", END = "$";

/** Return a function that runs a graph by name: inputs by name as `[data, width]`, with rows of one text. */
export async function runOf(ort, graphs) {
  const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" }, sessions = {};
  for (const [name, bytes] of Object.entries(graphs)) sessions[name] = await ort.InferenceSession.create(bytes, options);
  return async (name, inputs) => {
    const session = sessions[name], feeds = {};
    for (const key of session.inputNames) {
      const [data, width] = inputs[key];
      const whole = data instanceof BigInt64Array;
      const shape = whole ? [1, data.length] : [1, data.length / width, width];
      feeds[key] = new ort.Tensor(whole ? "int64" : "float32", data, shape);
    }
    const found = await session.run(feeds);
    return session.outputNames.map((key) => {
      const { data, dims } = found[key];
      if (!data.every(Number.isFinite)) throw new Error(`${name}.onnx gives what is no sound`);
      return [data, dims[2] ?? 1];
    });
  };
}

export class Engine {
  /** Take the description of a voice (`voice` in manifest.json) and what `runOf` gave. */
  constructor(voice, run) {
    this.voice = voice;
    this.run = run;
    this.transform = new Transform(voice.points, voice.hop);
    this.numbers = new Map(voice.tokens.map((symbol, number) => [symbol, number]));
    this.noise = normal(0, NOISE_FRAMES * voice.hop);
    this.hiss = this._table();
  }

  /** The spectra of the noise, `NOISE_FRAMES` rows, as they are where more noise lies on both sides. */
  _table() {
    const around = new Float32Array(3 * this.noise.length);
    for (let n = 0; n < 3; n++) around.set(this.noise, n * this.noise.length);
    const size = NOISE_FRAMES * (this.voice.points + 2);
    return this.transform.analyse(around).slice(size, 2 * size);
  }

  /** Return the samples of a text: for each piece the silence before it and its sound, within ±1. */
  async speak(pieces, { seed = 0, speed = 1, onPiece = () => {} } = {}) {
    const parts = [];
    for (const [number, { pause, symbols, languages }] of pieces.entries()) {
      parts.push(new Float32Array(Math.floor((pause / speed) * this.voice.sampleRate)));
      if (symbols.length) parts.push(await this.say(symbols, seed, speed, languages));
      onPiece(number + 1);
    }
    const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole.map((value) => Math.min(Math.max(value, -1), 1));
  }

  /** Return the samples of one piece; `spoken` are the languages of its symbols, where they are not all the voice's. */
  async say(symbols, seed, speed, spoken = symbols.map(() => this.voice.languageNumber)) {
    const { voice } = this, known = [...symbols.keys()].filter((n) => this.numbers.has(symbols[n]));
    const tokens = BigInt64Array.from([START, ...known.map((n) => symbols[n]), END], (symbol) => BigInt(this.numbers.get(symbol)));
    const codes = known.length ? known.map((n) => spoken[n]) : [voice.languageNumber];
    const around = known.length ? [codes[0], ...codes, codes.at(-1)] : [codes[0], codes[0]];
    const languages = BigInt64Array.from(around, BigInt);
    const [[encoded, width], [logDurations]] = await this.run("text", { tokens: [tokens], languages: [languages] });
    const rows = spread(encoded, width, framesOf(logDurations, speed)), total = rows.length / (width + 2);
    const noise = normal(seed, total * voice.mels).map((value) => value * Math.fround(voice.noiseScale));
    const inputs = { spread: [rows, width + 2], noise: [noise, voice.mels] };
    const [[mel]] = await this.run("frames", inputs);
    return this.vocode(mel);
  }

  /** Return the samples of log-mel `(T, mels)`. */
  async vocode(mel) {
    const { voice, transform } = this, total = mel.length / voice.mels, width = voice.points + 2;
    const [[logits, bins]] = await this.run("pitch", { mel: [mel, voice.mels] });
    const pitch = pitchOf(logits, bins);
    const tone = transform.analyse(pulses(pitch, voice.hop, voice.sampleRate));
    const inputs = { mel: [mel, voice.mels], pitch: [pitch, 2], tone: [tone, width], hiss: [this.hissOf(total), width] };
    const [[spectra]] = await this.run("spectra", inputs);
    return transform.synthesise(spectra);
  }

  /** Return the spectra of noise `(total, points + 2)`; at both ends a window reaches beyond it. */
  hissOf(total) {
    const width = this.voice.points + 2, { reach } = this.transform, out = new Float32Array(total * width);
    for (let t = 0; t < total; t++) {
      const row = t % NOISE_FRAMES;
      out.set(this.hiss.subarray(row * width, (row + 1) * width), t * width);
    }
    const short = Math.min(total, 3 * reach);
    const start = this.transform.analyse(this._noiseFrames(0, short));
    const end = this.transform.analyse(this._noiseFrames(total - short, total));
    const edge = Math.min(reach, total);
    out.set(end.subarray((short - edge) * width), (total - edge) * width);
    out.set(start.subarray(0, edge * width), 0);
    return out;
  }

  _noiseFrames(start, stop) {
    const { hop } = this.voice, out = new Float32Array((stop - start) * hop);
    for (let t = start; t < stop; t++) {
      const row = t % NOISE_FRAMES;
      out.set(this.noise.subarray(row * hop, (row + 1) * hop), (t - start) * hop);
    }
    return out;
  }
}

// The one exit of the page: samples become a WAV file with a watermark, the audible cue and the AIGC label, or nothing.
// See myna/safety: spread.py, cue.py, aigc.py and release.py.

import { patternOf, residual, score } from "./watermark.js";

const UNIT = 0.12, TONE = 1046.5, PAUSE = 0.25, FADE = 0.006; // seconds and Hz of the cue, Morse A I
const RHYTHM = [[1, true], [1, false], [3, true], [3, false], [1, true], [1, false], [1, true]];
const STRENGTHS = [1, 1.5, 2], FOUND = 0.5, SURE = 0.75, SHORTEST = 0.3;

/** A sound that cannot carry the marks; `score` says how sure the detector was. */
export class Unmarkable extends Error {
  constructor(found) {
    super("the sound is too short or too quiet to carry the watermark");
    this.name = "Unmarkable";
    this.score = found;
  }
}

/** Return `{wav, seconds, score, id}`: a labelled file of samples `(T)`; `marks` is that of manifest.json. */
export function release(wave, sampleRate, marks) {
  if (!(wave.length >= SHORTEST * sampleRate) || !wave.every(Number.isFinite)) throw new Unmarkable(0);
  const { marked, found } = watermarked(wave, sampleRate, [marks.pattern, ...marks.decoys].map(patternOf));
  const whole = withCue(marked, sampleRate), id = `${marks.content}.${crypto.randomUUID()}`;
  return { wav: wavOf(whole, sampleRate, labelOf(marks.producer, id)), seconds: whole.length / sampleRate, score: found, id };
}

/** Lay the watermark on, stronger where the detector does not find it again. */
function watermarked(wave, sampleRate, patterns) {
  const added = residual(wave, sampleRate, patterns[0]);
  let marked, found = 0;
  for (const strength of STRENGTHS) {
    marked = wave.map((value, n) => value + strength * added[n]);
    const peak = Math.max(1, peakOf(marked) / 0.99);
    marked = marked.map((value) => value / peak);
    found = score(new Float32Array(integers(marked)).map((value) => value / 32767), sampleRate, patterns);
    if (found >= SURE) break;
  }
  if (found < FOUND) throw new Unmarkable(found);
  return { marked, found };
}

/** Set the rhythm before the sound, as loud as the speech. */
function withCue(wave, sampleRate) {
  const tones = RHYTHM.map(([units, on]) => tone(units * UNIT, sampleRate, on));
  const cue = Float32Array.from(tones.flatMap((part) => [...part]));
  let gain = Math.min(Math.max(loudness(wave), 0.02), 0.25) / Math.max(loudness(cue), 1e-6);
  gain /= Math.max(1, (gain * peakOf(cue)) / 0.99);
  const out = new Float32Array(cue.length + Math.floor(PAUSE * sampleRate) + wave.length);
  out.set(cue.map((value) => value * gain));
  out.set(wave, out.length - wave.length);
  return out;
}

function tone(seconds, sampleRate, on) {
  const length = Math.round(seconds * sampleRate);
  return Float32Array.from({ length }, (_, n) => {
    const edge = Math.min(n, length - 1 - n) / sampleRate / FADE;
    return on ? Math.sin((2 * Math.PI * TONE * n) / sampleRate) * Math.sin(0.5 * Math.PI * Math.min(edge, 1)) ** 2 : 0;
  });
}

/** Root mean square of the louder half of 20 ms blocks. */
function loudness(wave) {
  const size = wave.length >= 441 ? 441 : wave.length, powers = [];
  for (let at = 0; at + size <= wave.length; at += size) {
    powers.push(wave.subarray(at, at + size).reduce((sum, value) => sum + value * value, 0) / size);
  }
  const louder = powers.sort((a, b) => a - b).slice(powers.length >> 1);
  return Math.sqrt(louder.reduce((sum, value) => sum + value, 0) / Math.max(louder.length, 1));
}

function peakOf(wave) {
  return wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function integers(wave) {
  return new Int16Array(wave.map((value) => Math.round(Math.min(Math.max(value, -1), 1) * 32767)));
}

/** The implicit label of GB 45438-2025: seven fields in the order of the standard. A page has no key to sign with. */
function labelOf(producer, id) {
  return JSON.stringify({
    Label: "1",
    ContentProducer: producer,
    ProduceID: id,
    ReservedCode1: "",
    ContentPropagator: producer,
    PropagateID: id,
    ReservedCode2: "",
  });
}

/** Return a WAV file of 16 bits whose chunk `id3 ` holds the label, as a frame TXXX of ID3v2.4. */
function wavOf(wave, sampleRate, label) {
  const samples = new Uint8Array(integers(wave).buffer); // of little end, as all processors that browsers run on
  const tag = id3(label), body = [["fmt ", format(sampleRate)], ["data", samples], ["id3 ", tag]];
  const chunks = body.map(([name, data]) => chunk(name, data));
  return join([...chunkHead("RIFF", 4 + chunks.reduce((sum, one) => sum + one.length, 0)), ascii("WAVE"), ...chunks]);
}

function format(sampleRate) {
  const view = new DataView(new ArrayBuffer(16));
  [1, 1].forEach((value, n) => view.setUint16(2 * n, value, true)); // PCM, one channel
  [sampleRate, 2 * sampleRate].forEach((value, n) => view.setUint32(4 + 4 * n, value, true));
  [2, 16].forEach((value, n) => view.setUint16(12 + 2 * n, value, true)); // bytes of a frame, bits of a sample
  return new Uint8Array(view.buffer);
}

function id3(label) {
  const text = join([Uint8Array.of(3), ascii("AIGC"), Uint8Array.of(0), ascii(label)]);
  const frame = join([ascii("TXXX"), sevens(text.length), Uint8Array.of(0, 0), text]);
  return join([ascii("ID3"), Uint8Array.of(4, 0, 0), sevens(frame.length), frame]);
}

/** A length as ID3 writes it: seven bits a byte. */
function sevens(value) {
  return Uint8Array.from([21, 14, 7, 0], (shift) => (value >> shift) & 127);
}

function chunkHead(name, size) {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, size, true);
  return [ascii(name), new Uint8Array(view.buffer)];
}

function chunk(name, data) {
  return join([...chunkHead(name, data.length), data, new Uint8Array(data.length % 2)]);
}

function ascii(text) {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function join(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

// The worker that speaks: symbols go in, a marked WAV file comes out. Raw samples never leave it.

import { Engine, runOf } from "./engine.js";
import { release } from "./marks.js";

let manifest, engine;

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ id: data.id, found: data.graphs ? await start(data) : await speak(data) });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message ?? error), kind: error?.name });
  }
};

async function start({ graphs, wasm, manifest: given }) {
  manifest = given;
  const ort = await import("./ort/ort.wasm.min.mjs");
  Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: wasm, wasmPaths: new URL("ort/", self.location).href });
  engine = new Engine(manifest.voice, await runOf(ort, graphs));
}

async function speak({ id, pieces, speed }) {
  const { sampleRate } = manifest.voice, begin = performance.now();
  const onPiece = (done) => self.postMessage({ id, done, of: pieces.length });
  const wave = await engine.speak(pieces, { speed, onPiece });
  const spoken = performance.now(), made = release(wave, sampleRate, manifest.marks), end = performance.now();
  // What computing took: of the speech, and of its marks, in seconds.
  return { ...made, speech: wave.length / sampleRate, computed: (spoken - begin) / 1000, marked: (end - spoken) / 1000 };
}

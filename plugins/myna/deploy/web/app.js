// The page: loads the voice, reads text and shows what leaves the speaker.

import { FileError, load, manifestOf, tidy } from "./files.js";
import { Reader } from "./phonemes.js";
import { choose, pageLanguage, say } from "./words.js";

const NOTICE = "AI-generated · 人工智能合成"; // in both languages, whichever the page is in
const GRAPHS = ["text", "frames", "pitch", "spectra"];
const $ = (id) => document.getElementById(id);
let manifest, speaker, reader;
let status = ["ready"]; // key and what fills it in, so that it can be said in the other language

/** A worker that answers messages; `onProgress` hears what comes before the answer. */
class Asked {
  constructor(script) {
    this.worker = new Worker(script, { type: "module" });
    this.waiting = new Map();
    this.worker.onmessage = ({ data }) => this.answer(data);
    this.worker.onerror = (event) => [...this.waiting.keys()].forEach((id) => this.answer({ id, error: event.message ?? script }));
  }

  ask(message, onProgress = () => {}, moved = []) {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, onProgress });
      this.worker.postMessage({ id, ...message }, moved);
    });
  }

  answer({ id, found, error, kind, done, of }) {
    const asked = this.waiting.get(id);
    if (done !== undefined) return asked?.onProgress(done, of);
    this.waiting.delete(id);
    if (error === undefined) asked?.resolve(found);
    else asked?.reject(Object.assign(new Error(error), { name: kind ?? "Error" }));
  }
}

async function start() {
  manifest = await manifestOf(document.querySelector("meta[name=myna-manifest]").content);
  sayAll();
  const ort = "ort/ort-wasm-simd-threaded.wasm", program = "espeak/espeak-ng.wasm";
  const paths = [program, ort, ...GRAPHS.map((name) => `voice/${name}.onnx`)]; // what may be missing comes first
  const of = paths.reduce((sum, path) => sum + manifest.files[path].bytes, 0) / 1e6, files = {};
  let done = 0;
  for (const path of paths) {
    tell(["loading", done, of], done / of);
    files[path] = await load(manifest, path);
    done += manifest.files[path].bytes / 1e6;
  }
  tell(["starting"], null);
  const graphs = Object.fromEntries(GRAPHS.map((name) => [name, files[`voice/${name}.onnx`]]));
  speaker = new Asked("speaker.js");
  const espeak = new Asked("espeak.js");
  await Promise.all([speaker.ask({ graphs, wasm: files[ort], manifest }), espeak.ask({ bytes: files[program] })]);
  reader = new Reader(manifest.voice, (text, voice) => espeak.ask({ text, voice }));
  $("speak").disabled = false;
  tell(["ready"]);
  await tidy(manifest);
}

async function speak(event) {
  event.preventDefault();
  $("speak").disabled = true;
  try {
    tell(["reading"], null);
    const text = $("text").value, pieces = await reader.read(text);
    if (!pieces.length) return tell(["empty"], undefined, true);
    tell(["speaking"], 0);
    const made = await speaker.ask({ pieces, speed: Number($("speed").value) }, (n, of) => tell(["speaking"], n / of));
    show(text, made);
    tell(["done", made.speech, made.computed + made.marked]);
  } catch (error) {
    fail(error);
  } finally {
    $("speak").disabled = false;
  }
}

/** Put a sound on the page, newest first, with its notice. */
function show(text, made) {
  const url = URL.createObjectURL(new Blob([made.wav], { type: "audio/wav" }));
  const audio = element("audio", { controls: true, src: url });
  const badge = element("span", { className: "badge", textContent: "AI" });
  const notice = element("span", { className: "made" }, badge, NOTICE);
  const link = element("a", { className: "button", href: url, download: `${manifest.voice.name}.wav` }, said("download"));
  const number = element("p", { className: "number" }, said("number"), ` ${made.id}`);
  const shown = text.length > 160 ? `${text.slice(0, 160)} …` : text;
  $("sounds").prepend(
    element("article", { className: "card sound" }, element("h2", { textContent: shown }), audio,
      element("div", { className: "foot" }, notice, link), number),
  );
  audio.play().catch(() => {}); // where the browser wants a press first
}

function element(name, properties, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

/** An element that stays in the language of the page. */
function said(key) {
  const made = element("span", { textContent: say(key) });
  made.dataset.say = key;
  return made;
}

/** Say how it stands: `share` fills the bar, null keeps it moving, left out there is none. */
function tell(words, share, bad = false) {
  status = words;
  $("status").textContent = say(...words);
  $("status").classList.toggle("bad", bad);
  $("bar").hidden = share === undefined;
  if (share === null) $("bar").removeAttribute("value");
  else $("bar").value = share ?? 0;
}

function fail(error) {
  if (error instanceof FileError) {
    const program = error.kind === "missing" && error.path.startsWith("espeak/");
    return tell(program ? ["espeak"] : [error.kind, error.path], undefined, true);
  }
  return tell(error.name === "Unmarkable" ? ["unmarkable"] : ["failed", error.message], undefined, true);
}

function sayAll() {
  document.documentElement.lang = pageLanguage() === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const name of ["en", "zh"]) $(name).setAttribute("aria-pressed", String(name === pageLanguage()));
  $("title").textContent = document.title = manifest ? say("title", manifest.voice.name) : "Myna";
  $("text").placeholder = manifest?.voice.language.startsWith("en") ? say("example") : "";
  $("pace").textContent = `× ${Number($("speed").value).toFixed(2)}`;
  $("status").textContent = say(...status);
}

for (const name of ["en", "zh"]) {
  $(name).addEventListener("click", () => {
    choose(name);
    sayAll();
  });
}
$("form").addEventListener("submit", speak);
$("speed").addEventListener("input", sayAll);
status = ["starting"];
sayAll();
start().catch(fail);

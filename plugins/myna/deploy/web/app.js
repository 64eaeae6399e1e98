// The page: loads the voice, reads text and shows what leaves the speaker.

import { FileError, load, manifestOf, tidy } from "./files.js";
import { FILES as MANDARIN, loadHan } from "./han.js";
import { Reader } from "./phonemes.js";
import { choose, exampleIn, nameOf, pageLanguage, say } from "./words.js";

const NOTICE = "AI-generated · 人工智能合成"; // in both languages, whichever the page is in
const GRAPHS = ["text", "frames", "pitch", "spectra"].map((name) => `voice/${name}.onnx`);
const ORT = "ort/ort-wasm-simd-threaded.wasm", ESPEAK = "espeak/espeak-ng.wasm";
const $ = (id) => document.getElementById(id);
let manifest, speaker, reader, espeak, han;
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
  reader = new Reader(manifest.voice, async (text, voice) => (await program()).ask({ text, voice }), mandarin);
  const chinese = manifest.voice.language === "cmn"; // its characters need no espeak-ng
  const files = await bring([...(chinese ? MANDARIN : [ESPEAK]), ORT, ...GRAPHS]); // what may be missing comes first
  tell(["starting"], null);
  const graphs = Object.fromEntries(GRAPHS.map((path) => [path.match(/(\w+)\.onnx$/)[1], files[path]]));
  speaker = new Asked("speaker.js");
  const read = chinese ? mandarin(files) : program(files);
  await Promise.all([speaker.ask({ graphs, wasm: files[ORT], manifest }), read]);
  $("speak").disabled = false;
  tell(["ready"]);
  await tidy(manifest);
}

/** Return the bytes of files by path, and tell how much has come. */
async function bring(paths) {
  const of = paths.reduce((sum, path) => sum + manifest.files[path].bytes, 0) / 1e6, files = {};
  let done = 0;
  for (const path of paths) {
    tell(["loading", done, of], done / of);
    files[path] = await load(manifest, path);
    done += manifest.files[path].bytes / 1e6;
  }
  return files;
}

/** The worker of espeak-ng, started when it is first needed; `files` has its bytes, if they are here. */
async function program(files) {
  if (espeak) return espeak;
  const { [ESPEAK]: bytes } = files ?? (await bring([ESPEAK])), started = new Asked("espeak.js");
  await started.ask({ bytes });
  return (espeak = started);
}

/** What reads Chinese, loaded when it is first needed. */
async function mandarin(files) {
  if (han) return han;
  const found = files ?? (await bring(MANDARIN));
  return (han = await loadHan(async (path) => found[path]));
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
    const needed = error.kind === "missing" && error.path === ESPEAK;
    return tell(needed ? ["espeak"] : [error.kind, error.path], undefined, true);
  }
  if (error.name === "Unreadable") return tell(["unreadable", error.letters], undefined, true);
  if (error.name === "Uncovered") return tell(["uncovered", nameOf(error.language)], undefined, true);
  return tell(error.name === "Unmarkable" ? ["unmarkable"] : ["failed", error.message], undefined, true);
}

function sayAll() {
  document.documentElement.lang = pageLanguage() === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const name of ["en", "zh"]) $(name).setAttribute("aria-pressed", String(name === pageLanguage()));
  $("title").textContent = document.title = manifest ? say("title", manifest.voice.name) : "Myna";
  $("text").placeholder = exampleIn(manifest?.voice.language);
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

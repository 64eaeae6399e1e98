// Type a text and hear it, in one voice or in several side by side.
import { call } from "../api.js";
import { html } from "../html.js";
import { setHear, state, tell } from "../store.js";
import { number, t } from "../words.js";
import { Face } from "./face.js";
import { Around } from "./around.js";
import { Failure, Field, Heading, MadeByAI } from "./parts.js";

const FORMATS = { mp3: "mp3", wav: "wav", flac: "flac", opus: "opus", aac: "aac" };
const MEDIA = { mp3: "audio/mpeg", wav: "audio/wav", flac: "audio/flac", opus: "audio/ogg", aac: "audio/aac" };
const MOODS = ["neutral", "happy", "sad", "angry", "calm", "fearful", "surprised"];
const LONGEST = 10_000; // characters, the server's own bound
const SPEEDS = [0.75, 0.9, 1, 1.1, 1.25];

export function Hear() {
  const voices = (state.voices ?? []).filter((voice) => voice.state === "ready");
  if (!voices.length) return html`<${Heading}>${t("hear")}<//>
    <p>${t(state.voices ? "hear.none" : "loading")}</p>
    ${state.voices && html`<a class="button main" href="#new">${t("tab.new")}</a>`}`;
  const { hear } = state;
  const chosen = voices.filter((voice) => hear.chosen.includes(voice.id));
  const now = chosen.length ? chosen : voices.slice(0, 1);
  return html`
    <${Heading}>${t("hear")}<//>
    <form class="card" onSubmit=${(event) => speak(event, now)}>
      <${Field} id="text" label=${t("hear.text")}>
        <textarea id="text" rows="3" maxlength=${LONGEST} required value=${hear.text}
          onInput=${(event) => setHear({ text: event.target.value })}></textarea>
      <//>
      <${Pick} voices=${voices} now=${now} />
      <label class="option"><input type="checkbox" checked=${hear.face} onChange=${(event) => setHear({ face: event.target.checked })} />
        <span>${t("face.show")}<small>${t("face.hint")}</small></span></label>
      <${More} hear=${hear} now=${now} />
      <div class="buttons"><button class="main" disabled=${hear.busy || !hear.text.trim()}>
        ${t(hear.busy ? "hear.busy" : now.length > 1 ? "hear.compare" : "hear.go")}</button></div>
    </form>
    <${Failure} error=${hear.error} />
    <${Sounds} hear=${hear} />`;
}

function Pick({ voices, now }) {
  const toggle = (voice) => (event) => {
    const others = now.filter((one) => one !== voice);
    const chosen = event.target.checked ? [...others, voice] : others.length ? others : [voice];
    setHear({ chosen: chosen.map((one) => one.id) });
  };
  return html`<fieldset class="pick">
    <legend>${t("hear.voices")}</legend>
    ${voices.map((voice) => html`<label class="chip" key=${voice.id}>
      <input type="checkbox" checked=${now.includes(voice)} onChange=${toggle(voice)} />${voice.name}</label>`)}
    <small>${t("hear.voices.hint")}</small>
  </fieldset>`;
}

function More({ hear, now }) {
  const select = (name, options) => html`<${Field} id=${name} label=${t(`more.${name}`)}>
    <select id=${name} onChange=${(event) => setHear({ [name]: event.target.value })}>
      ${options.map(([value, label]) => html`<option value=${value} selected=${String(hear[name]) === String(value)}>${label}</option>`)}
    </select><//>`;
  const wide = now.every((voice) => voice.scope && voice.scope !== "evaluation");
  const purposes = wide ? ["evaluation", "private"] : ["evaluation"];
  return html`<details><summary>${t("more")}</summary><div class="row">
    ${select("format", Object.entries(FORMATS).map(([format]) => [format, format]))}
    ${select("speed", SPEEDS.map((speed) => [speed, `${number(speed, 2)} ×`]))}
    ${select("cue", ["rhythm", "spoken"].map((cue) => [cue, t(`cue.${cue}`)]))}
    ${select("mood", MOODS.map((mood) => [mood, t(`mood.${mood}`)]))}
    ${select("purpose", purposes.map((purpose) => [purpose, t(`purpose.${purpose}`)]))}
  </div></details>`;
}

async function speak(event, voices) {
  event.preventDefault();
  const { text, format, speed, cue, purpose, face, mood, sounds } = state.hear;
  sounds.forEach((sound) => URL.revokeObjectURL(sound.url));
  setHear({ busy: true, error: null, sounds: [], places: {} });
  tell(t("hear.busy"));
  try {
    for (const voice of voices) {
      const asked = { input: text, response_format: format, speed: Number(speed), cue, purpose };
      if (mood !== "neutral") asked.emotion = mood;
      if (face) asked.timestamp_granularities = ["face"];
      await add({ voice, asked });
    }
    tell(t("hear.ready"));
  } catch (error) {
    setHear({ error });
  }
  setHear({ busy: false });
}

// Ask for a sound and show it; `place` is where it is heard, in words, for one that is made for headphones.
async function add({ voice, asked, place }) {
  const { timestamp_granularities: times, ...still } = asked;
  const wanted = place ? still : asked; // a face looks straight ahead
  const answer = await call("/v1/audio/speech", { method: "POST", json: { model: "myna", voice: voice.id, ...wanted } });
  const id = answer.headers.get("X-Myna-Content-Id");
  const made = wanted.timestamp_granularities ? await withFace(answer, asked.response_format) : { blob: await answer.blob(), face: null };
  const name = place ? t("around.sound", { name: voice.name, place }) : voice.name;
  const file = `${name}.${FORMATS[asked.response_format]}`;
  setHear({ sounds: [...state.hear.sounds, { voice, asked, id, name, place, file, face: made.face, url: URL.createObjectURL(made.blob) }] });
}

// With times the sound comes inside JSON.
async function withFace(answer, format) {
  const { audio, face } = await answer.json();
  const bytes = Uint8Array.from(atob(audio), (one) => one.charCodeAt(0));
  return { face, blob: new Blob([bytes], { type: MEDIA[format] }) };
}

function Sounds({ hear }) {
  if (!hear.sounds.length) return null;
  return html`<section class="sounds" aria-label=${t("sounds")}>
    ${hear.sounds.map((sound) => html`<article class="card" key=${sound.url}>
      <h2>${sound.name}</h2>
      <${MadeByAI} />
      ${sound.face && html`<${Face} face=${sound.face} name=${sound.voice.name} audioOf=${() => sound.player} />`}
      <audio ref=${(one) => { sound.player = one; }} controls autoplay=${hear.sounds.length === 1 && !hear.busy} src=${sound.url} aria-label=${t("sound.of", { name: sound.name })}></audio>
      <${Brief} scores=${sound.voice.scores} />
      <a class="button" href=${sound.url} download=${sound.file}>${t("download", { file: sound.file })}</a>
      <small class="number">${t("sound.id", { id: sound.id })}</small>
    </article>`)}
    <p class="keep">${t("keepLabel")}</p>
  </section>
  <${Around} hear=${hear} add=${add} />`;
}

function Brief({ scores }) {
  if (!scores?.similarity) return null;
  const { voice, recordings } = scores.similarity;
  return html`<p><small>${t("brief", { voice: number(100 * voice), recordings: number(100 * recordings) })}</small></p>`;
}

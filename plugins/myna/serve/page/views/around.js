// Voices around the head: dragged with a pointer, or moved with the arrow keys.
import { placeSound } from "../around.js";
import { html } from "../html.js";
import { setHear, state, tell } from "../store.js";
import { number, t } from "../words.js";

const NEAREST = 0.3, FARTHEST = 3; // metres, at the middle and at the rim
const START = 1.5;
const TURN = 5, STEP = 0.1; // of a key: degrees, metres

export function Around({ hear, add }) {
  const sounds = hear.sounds.filter((sound) => !sound.place); // what is made for headphones has its place in it
  if (!sounds.length) return null;
  const on = sounds.every((sound) => hear.places[sound.url]);
  return html`<section class="card">
    <h2>${t("around")}</h2>
    <p>${t("around.hint")}</p>
    ${on ? html`<div class="around">
        <span class="head" aria-hidden="true"></span>
        ${sounds.map((sound, index) => html`<${Voice} key=${sound.url} sound=${sound} number=${index + 1} />`)}
      </div>` : html`<div class="buttons"><button onClick=${() => start(sounds)}>${t("around.on")}</button></div>`}
    ${on && html`<div class="buttons">${sounds.map((sound) => html`<button key=${sound.url} disabled=${hear.busy}
      onClick=${() => make(sound, add)}>${t("around.file", { name: sound.voice.name })}</button>`)}</div>`}
  </section>`;
}

function Voice({ sound, number: label }) {
  const place = state.hear.places[sound.url];
  const angle = (place.azimuth * Math.PI) / 180, radius = (50 * place.distance) / FARTHEST;
  const style = { left: `${50 - radius * Math.sin(angle)}%`, top: `${50 - radius * Math.cos(angle)}%` };
  return html`<button class="voice" type="button" role="slider" aria-label=${t("around.voice", { name: sound.voice.name })}
    aria-valuemin="-180" aria-valuemax="180" aria-valuenow=${Math.round(place.azimuth)} aria-valuetext=${inWords(place)} style=${style}
    onPointerDown=${(event) => event.currentTarget.setPointerCapture(event.pointerId)}
    onPointerMove=${(event) => event.currentTarget.hasPointerCapture(event.pointerId) && move(sound, under(event))}
    onKeyDown=${(event) => turn(event, sound, place)}>${label}</button>`;
}

// Half a circle in front, from the left to the right.
function start(sounds) {
  sounds.forEach((sound, index) => move(sound, { azimuth: 90 - (180 * (index + 0.5)) / sounds.length, distance: START }));
}

function move(sound, { azimuth, distance }) {
  const turned = ((((azimuth + 180) % 360) + 360) % 360) - 180;
  const place = { azimuth: turned, distance: Math.min(FARTHEST, Math.max(NEAREST, distance)) };
  setHear({ places: { ...state.hear.places, [sound.url]: place } });
  const player = [...document.querySelectorAll("article audio")].find((one) => one.src === sound.url);
  if (player) placeSound(player, place);
}

function under(event) {
  const box = event.currentTarget.parentElement.getBoundingClientRect();
  const left = box.left + box.width / 2 - event.clientX, front = box.top + box.height / 2 - event.clientY;
  return { azimuth: (Math.atan2(left, front) * 180) / Math.PI, distance: (FARTHEST * Math.hypot(left, front)) / (box.width / 2) };
}

function turn(event, sound, { azimuth, distance }) {
  const moves = { ArrowLeft: [TURN, 0], ArrowRight: [-TURN, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
  if (!(event.key in moves)) return;
  event.preventDefault();
  const [turned, further] = moves[event.key];
  move(sound, { azimuth: azimuth + turned, distance: distance + further });
}

function inWords({ azimuth, distance }) {
  const side = azimuth < 0 ? "around.right" : "around.left";
  return t(side, { degrees: number(Math.abs(azimuth)), metres: number(distance, 1) });
}

async function make(sound, add) {
  const place = state.hear.places[sound.url];
  setHear({ busy: true, error: null });
  tell(t("hear.busy"));
  try {
    const spatial = { azimuth: Math.round(place.azimuth), distance: Number(place.distance.toFixed(2)) };
    await add({ voice: sound.voice, asked: { ...sound.asked, spatial }, place: inWords(place) });
    tell(t("hear.ready"));
  } catch (error) {
    setHear({ error });
  }
  setHear({ busy: false });
}

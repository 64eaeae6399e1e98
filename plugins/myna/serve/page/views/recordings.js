// Step 2: read sentences aloud, or bring files; what adds most sounds of the language comes first.
import { formOf, post, send } from "../api.js";
import { Component, html } from "../html.js";
import { setOrder, state } from "../store.js";
import { number, pageLanguage, percent, span, spokenTag, t } from "../words.js";
import { Recorder } from "./recorder.js";

const TUNED = 30, BEST = 180; // seconds of speech
const AT_ONCE = 20; // sentences

export const total = (takes) => takes.reduce((sum, take) => sum + (take.seconds ?? 0), 0);

export class Recordings extends Component {
  componentDidMount() {
    if (!state.order.sentences) this.ask();
  }

  async ask() {
    const { spoken, said } = state.order;
    try {
      const { sentences, cover } = await post("/v1/sentences", { language: spoken, said, count: AT_ONCE });
      setOrder({ sentences, cover, place: 0 });
    } catch (error) {
      setOrder({ error, sentences: state.order.sentences ?? [] });
    }
  }

  taken(take, text) {
    const { takes, said } = state.order;
    setOrder({ takes: [...takes, { ...take, text }], said: text ? [...said, text] : said, inspected: null, error: null });
    this.ask();
  }

  render({ order }) {
    const text = order.sentences?.[order.place] ?? "";
    return html`
      <p class="lead">${t("record.lead")}</p>
      <div class="card">
        <h2>${t("record.read")}</h2>
        ${text ? html`<blockquote lang=${spokenTag(order.spoken)}>${text}</blockquote>`
          : order.sentences && html`<p>${t("record.free")}</p>`}
        <${Recorder} label=${t("record")} file=${`take-${String(order.takes.length + 1).padStart(2, "0")}`}
          onTake=${(take) => this.taken(take, text)} />
        ${order.sentences?.length > 1 && html`<button type="button" class="plain"
          onClick=${() => setOrder({ place: (order.place + 1) % order.sentences.length })}>${t("record.other")}</button>`}
        <${Amount} order=${order} />
      </div>
      <${Files} order=${order} />
      <${Takes} order=${order} />
      ${order.takes.length > 0 && html`<${Inspection} order=${order} />`}`;
  }
}

function Amount({ order }) {
  const seconds = total(order.takes);
  const grade = seconds < 3 ? "none" : seconds < TUNED ? "instant" : seconds < BEST ? "tuned" : "best";
  return html`<div class="amount">
    <label for="amount">${t("amount", { time: span(seconds) })}</label>
    <progress id="amount" max=${BEST} value=${Math.min(seconds, BEST)}></progress>
    <small>${t(`amount.${grade}`)} ${order.cover && order.said.length > 0 ? t("amount.cover", { share: percent(order.cover.share) }) : ""}</small>
  </div>`;
}

function Files({ order }) {
  const bring = async (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    const takes = await Promise.all(files.map(async (blob) => {
      const url = URL.createObjectURL(blob);
      return { blob, file: blob.name, url, seconds: await lengthOf(url), text: "" };
    }));
    setOrder({ takes: [...order.takes, ...takes], inspected: null });
  };
  return html`<div class="card">
    <h2>${t("upload")}</h2>
    <label class="button" for="files">${t("upload.choose")}</label>
    <input class="unseen" id="files" type="file" multiple accept="audio/*,.wav,.flac,.mp3,.m4a,.ogg,.opus,.webm" onChange=${bring} />
    <small>${t("upload.hint")}</small>
  </div>`;
}

// Seconds of a file; null where this browser cannot tell, which the server can.
function lengthOf(url) {
  return new Promise((resolve) => {
    const sound = new Audio();
    sound.onloadedmetadata = () => resolve(Number.isFinite(sound.duration) ? sound.duration : null);
    sound.onerror = () => resolve(null);
    sound.src = url;
  });
}

function Takes({ order }) {
  if (!order.takes.length) return null;
  const drop = (gone) => {
    URL.revokeObjectURL(gone.url);
    const takes = order.takes.filter((take) => take !== gone);
    setOrder({ takes, said: takes.map((take) => take.text).filter(Boolean), inspected: null });
  };
  return html`<div class="card">
    <h2>${t("takes")}</h2>
    <ul class="takes">${order.takes.map((take) => html`<li key=${take.url}>
      <div><span lang=${take.text ? spokenTag(order.spoken) : null}>${take.text || take.file}</span>
        ${take.seconds != null && html`<small>${span(take.seconds)}</small>`}</div>
      <audio controls preload="none" src=${take.url} aria-label=${take.text || take.file}></audio>
      <button type="button" class="plain" aria-label=${t("takes.drop.one", { name: take.text || take.file })}
        onClick=${() => drop(take)}>${t("takes.drop")}</button>
    </li>`)}</ul>
  </div>`;
}

function Inspection({ order }) {
  const inspect = async () => {
    setOrder({ inspecting: true, error: null });
    try {
      const inspected = await send("/v1/inspect", formOf({ language: order.spoken }, { recordings: order.takes }));
      setOrder({ inspected, inspecting: false });
    } catch (error) {
      setOrder({ error, inspecting: false });
    }
  };
  const found = order.inspected;
  const reason = pageLanguage() === "zh" ? "chinese" : "english";
  return html`<div class="card" aria-busy=${String(order.inspecting)}>
    <h2>${t("inspect")}</h2>
    <p><small>${t("inspect.hint")}</small></p>
    <button type="button" disabled=${order.inspecting} onClick=${inspect}>${t(order.inspecting ? "inspect.running" : "inspect.go")}</button>
    <div role="status">${found && html`
      <p class="grade"><strong>${number(found.score)}</strong> / 10</p>
      ${found.losses.length ? html`<ul>${found.losses.map((loss) => html`<li>${loss[reason]} <small>(−${loss.points})</small></li>`)}</ul>`
        : html`<p>${t("inspect.good")}</p>`}`}</div>
  </div>`;
}

// All voices: what state they are in, how good they are, and the way to delete them.
import { html } from "../html.js";
import { state, update } from "../store.js";
import { languageName, t } from "../words.js";
import { choose } from "./making.js";
import { Heading, Scores } from "./parts.js";

export function Voices() {
  const voices = state.voices;
  return html`
    <${Heading}>${t("tab.voices")}<//>
    ${!voices?.length && html`<p>${t(voices ? "hear.none" : "loading")}</p>`}
    <div class="voices">${voices?.map((voice) => html`<${Card} voice=${voice} key=${voice.id} />`)}</div>
    <div class="buttons"><a class="button main" href="#new">${t("tab.new")}</a></div>`;
}

function Card({ voice }) {
  const closed = voice.kind === "folder" && voice.state === "failed"; // nothing was made here, so nothing failed
  const facts = [t(closed ? "state.closed" : `state.${voice.state}`), voice.kind && t(`made.${voice.kind}`), voice.language && languageName(voice.language)];
  return html`<article class="card">
    <h2>${voice.name}</h2>
    <p><small>${facts.filter(Boolean).join(" · ")}</small></p>
    <${Scores} scores=${voice.scores} />
    <div class="buttons">
      ${voice.state === "ready" && html`<a class="button" href="#hear" onClick=${() => choose(voice)} aria-label=${t("hear.one", { name: voice.name })}>${t("hear.it")}</a>`}
      ${voice.job && html`<a class="button" href=${`#making/${voice.id}`} aria-label=${t("watch.one", { name: voice.name })}>${t("watch")}</a>`}
      ${voice.deletable ? html`<button type="button" class="danger" aria-label=${t("delete.one", { name: voice.name })}
        onClick=${() => update({ asking: { kind: "delete", voice, sure: false } })}>${t("delete")}</button>`
        : html`<small>${t("folder")}</small>`}
    </div>
  </article>`;
}

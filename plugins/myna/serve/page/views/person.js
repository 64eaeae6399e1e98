// Step 1: who speaks, in which language, and for what the voice is wanted.
import { get } from "../api.js";
import { Component, html } from "../html.js";
import { setOrder, state, update } from "../store.js";
import { languageName, pageLanguage, t } from "../words.js";
import { Choice, Field } from "./parts.js";

export const personReady = ({ name, spoken }) => Boolean(name.trim() && spoken);

export class Person extends Component {
  async componentDidMount() {
    if (state.languages.length) return;
    try {
      update({ languages: (await get("/v1/languages")).languages });
      if (!state.order.spoken) setOrder({ spoken: pageLanguage() === "zh" ? "cmn" : "en-us" });
    } catch (error) {
      setOrder({ error });
    }
  }

  // Another name or scope is another sentence of consent, another language other sentences to read.
  change(patch) {
    const { consent, takes } = state.order;
    const again = { ...consent, sentence: "", result: null };
    setOrder({ ...patch, consent: again, ...(patch.spoken && { sentences: null, cover: null, said: takes.map((take) => take.text).filter(Boolean) }) });
  }

  render({ order }) {
    const options = state.languages.map(({ id }) => [id, languageName(id)]).sort((a, b) => a[1].localeCompare(b[1]));
    return html`
      <p class="lead">${t("lead")}</p>
      <div class="card">
        <${Field} id="name" label=${t("name")} hint=${t("name.hint")}>
          <input id="name" autocomplete="name" maxlength="60" required aria-describedby="name-hint" value=${order.name}
            onInput=${(event) => this.change({ name: event.target.value })} />
        <//>
        <${Field} id="spoken" label=${t("spoken")} hint=${t("spoken.hint")}>
          <select id="spoken" aria-describedby="spoken-hint" value=${order.spoken}
            onChange=${(event) => this.change({ spoken: event.target.value })}>
            ${options.map(([id, name]) => html`<option value=${id} selected=${id === order.spoken}>${name}</option>`)}
          </select>
        <//>
        <${Choice} name="own" legend=${t("whose")} value=${order.own ? "own" : "other"}
          options=${[["own", t("whose.own")], ["other", t("whose.other"), t("whose.other.hint")]]}
          onChoose=${(key) => this.change({ own: key === "own" })} />
        ${order.own && html`<${Choice} name="scope" legend=${t("scope")} value=${order.scope}
          options=${[["private", t("scope.private")], ["evaluation", t("scope.evaluation")]]}
          onChoose=${(scope) => this.change({ scope })} />`}
      </div>`;
  }
}

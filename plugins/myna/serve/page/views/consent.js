// Step 3: the person says the sentence of consent, and it is checked; or brings the signed record of somebody else.
import { formOf, get, send } from "../api.js";
import { Component, html } from "../html.js";
import { setOrder, state, tell } from "../store.js";
import { pageLanguage, spokenTag, t } from "../words.js";
import { Recorder } from "./recorder.js";

const COMPARED = 5; // recordings that the voice of the sentence is compared with
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

const set = (patch) => setOrder({ consent: { ...state.order.consent, ...patch } });

export class Consent extends Component {
  async componentDidMount() {
    const { own, name, scope, consent, spoken } = state.order;
    if (!own || consent.sentence) return;
    const language = spoken === "cmn" || pageLanguage() === "zh" ? "cmn" : "en"; // whoever reads Chinese says it in Chinese
    try {
      set(await get("/v1/consent/sentence", { who: name.trim(), scope, language }));
    } catch (error) {
      setOrder({ error });
    }
  }

  async check(take) {
    const { name, scope, takes, consent } = state.order;
    setOrder({ error: null });
    set({ take, checking: true, result: null });
    tell(t("consent.checking"));
    const files = { consent_recording: [take], recordings: takes.slice(0, COMPARED) };
    try {
      set({ result: await send("/v1/consent/check", formOf({ who: name.trim(), scope, consent_language: consent.language }, files)) });
    } catch (error) {
      setOrder({ error });
    }
    set({ checking: false });
  }

  render({ order }) {
    return order.own ? html`<${Spoken} consent=${order.consent} onTake=${(take) => this.check(take)} />` : html`<${Record} consent=${order.consent} />`;
  }
}

function Spoken({ consent, onTake }) {
  return html`
    <p class="lead">${t("consent.lead")}</p>
    <div class="card">
      <h2>${t("consent.say")}</h2>
      <blockquote lang=${spokenTag(consent.language ?? "en")}>${consent.sentence}</blockquote>
      <${Recorder} label=${t(consent.take ? "record.again" : "record")} file="consent"
        disabled=${consent.checking || !consent.sentence} onTake=${onTake} />
      ${consent.take && html`<audio controls preload="none" src=${consent.take.url} aria-label=${t("consent.yours")}></audio>`}
      <div role="status">${consent.checking && html`<p>${t("consent.checking")}</p>`}
        ${consent.result?.ok && html`<p class="notice good">${t("consent.ok")}</p>`}</div>
      ${consent.result && !consent.result.ok && html`<p class="notice bad" role="alert"><strong>${t("consent.not")}</strong>
        <span lang="en"> ${consent.result.reason}</span></p>`}
    </div>
    ${LOOPBACK.includes(location.hostname) && html`<label class="option card">
      <input type="checkbox" checked=${consent.stated} onChange=${(event) => set({ stated: event.target.checked })} />
      <span>${t("consent.stated")}<small>${t("consent.stated.hint")}</small></span>
    </label>`}`;
}

function Record({ consent }) {
  return html`
    <p class="lead">${t("consent.other.lead")}</p>
    <div class="card">
      <pre><code>myna consent sentence --who NAME --scope private
myna consent new consent.yaml --speaker NAME --who NAME --basis written --scope private --evidence form.pdf
myna consent sign consent.yaml</code></pre>
      <label class="button" for="record">${t("consent.record")}</label>
      <input class="unseen" id="record" type="file" accept=".yaml,.yml" onChange=${(event) => set({ record: event.target.files[0] ?? null })} />
      <span role="status">${consent.record?.name ?? ""}</span>
    </div>`;
}

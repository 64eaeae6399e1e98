// Step 4: the terms, how much work is to be done, and the start.
import { formOf, get, send } from "../api.js";
import { Component, html } from "../html.js";
import { freshOrder, setOrder, state, update } from "../store.js";
import { languageName, pageLanguage, span, t } from "../words.js";
import { watch } from "../watch.js";
import { Choice } from "./parts.js";
import { total } from "./recordings.js";

export class Start extends Component {
  componentDidMount() {
    this.terms();
  }

  componentDidUpdate() {
    this.terms();
  }

  async terms() {
    const language = pageLanguage();
    if (this.asked === language) return;
    this.asked = language;
    try {
      setOrder({ terms: await get("/v1/terms", { language }) });
    } catch (error) {
      setOrder({ error });
    }
  }

  async go(order) {
    setOrder({ sending: true, error: null });
    try {
      const made = await send("/v1/audio/voices", asked(order));
      update({ order: freshOrder(), job: made.job?.id ? made.job : null });
      location.hash = `making/${made.id}`;
      watch();
    } catch (error) {
      setOrder({ error, sending: false });
    }
  }

  render({ order }) {
    return html`
      <div class="card">
        <dl>
          <dt>${t("name")}</dt><dd>${order.name}</dd>
          <dt>${t("spoken")}</dt><dd>${languageName(order.spoken)}</dd>
          <dt>${t("takes")}</dt><dd>${t("start.files", { n: order.takes.length, time: span(total(order.takes)) })}</dd>
          <dt>${t("step.consent")}</dt><dd>${t(order.own ? (order.consent.result?.ok ? "start.spoken" : "start.stated") : "start.record")}</dd>
        </dl>
        <${Choice} name="kind" legend=${t("kind")} value=${order.kind}
          options=${["auto", "instant", "tuned"].map((kind) => [kind, t(`kind.${kind}`), t(`kind.${kind}.hint`)])}
          onChoose=${(kind) => setOrder({ kind })} />
      </div>
      <div class="card">
        <h2 id="terms">${t("terms")}</h2>
        <div class="terms" tabindex="0" role="region" aria-labelledby="terms" lang=${order.terms?.language === "zh" ? "zh-CN" : "en"}>
          ${order.terms && html`<${Markdown} text=${order.terms.text} />`}
        </div>
        <label class="option"><input type="checkbox" checked=${order.agreed} onChange=${(event) => setOrder({ agreed: event.target.checked })} />
          <span>${t("terms.agree")}</span></label>
      </div>
      <div class="buttons">
        <button type="button" class="main" disabled=${!order.agreed || order.sending} onClick=${() => this.go(order)}>
          ${t(order.sending ? "start.sending" : "start.go")}</button>
        ${!order.agreed && html`<small class="why">${t("step.start.missing")}</small>`}
      </div>`;
  }
}

function asked({ name, spoken, own, scope, kind, takes, consent }) {
  const fields = { name: name.trim(), language: spoken, kind, terms: "accepted", ...(own && { consent: "own_voice", scope }) };
  const files = { recordings: takes };
  if (own && consent.result?.ok) {
    files.consent_recording = [consent.take];
    fields.consent_language = consent.language;
  }
  if (!own) files.consent_record = [{ blob: consent.record, file: consent.record.name }];
  return formOf(fields, files);
}

// The few forms that the terms use: headings, and paragraphs with their numbers.
function Markdown({ text }) {
  return text.split(/\n{2,}|\n(?=#|\d+\. )/).map((block) => {
    const heading = /^#+\s+(.*)$/s.exec(block);
    return heading ? html`<h3>${heading[1]}</h3>` : html`<p>${block.replaceAll("`", "")}</p>`;
  });
}

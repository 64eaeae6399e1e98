// The way to a new voice, one step at a time.
import { Component, html } from "../html.js";
import { setOrder, state } from "../store.js";
import { t } from "../words.js";
import { Consent } from "./consent.js";
import { Failure, Heading } from "./parts.js";
import { Person, personReady } from "./person.js";
import { Recordings } from "./recordings.js";
import { Start } from "./start.js";

const LEAST_SECONDS = 3; // of speech that an instant voice needs

const consented = ({ own, consent }) => (own ? Boolean(consent.result?.ok) || consent.stated : Boolean(consent.record));
const enough = ({ takes }) => takes.reduce((sum, take) => sum + (take.seconds ?? LEAST_SECONDS), 0) >= LEAST_SECONDS;

const STEPS = [
  ["person", Person, personReady],
  ["recordings", Recordings, enough],
  ["consent", Consent, consented],
  ["start", Start, () => true],
];

function Path({ step }) {
  return html`<ol class="path" aria-label=${t("steps")}>
    ${STEPS.map(([name], place) => html`<li aria-current=${place === step ? "step" : null} class=${place < step ? "past" : ""}>
      <span>${t(`step.${name}`)}</span></li>`)}
  </ol>`;
}

export class NewVoice extends Component {
  move(by) {
    setOrder({ step: state.order.step + by, error: null });
    window.scrollTo(0, 0);
    requestAnimationFrame(() => document.querySelector("main h1")?.focus());
  }

  render() {
    const { step, error } = state.order;
    const [name, Step, ready] = STEPS[step];
    const last = step === STEPS.length - 1;
    return html`
      <${Path} step=${step} />
      <${Heading}>${t(`step.${name}.title`)}<//>
      <${Step} order=${state.order} />
      <${Failure} error=${error} />
      <div class="buttons">
        ${step > 0 && html`<button type="button" onClick=${() => this.move(-1)}>${t("back")}</button>`}
        ${!last && html`<button type="button" class="main" disabled=${!ready(state.order)}
          onClick=${() => this.move(1)}>${t("next")}</button>`}
        ${!last && !ready(state.order) && html`<small class="why">${t(`step.${name}.missing`)}</small>`}
      </div>`;
  }
}

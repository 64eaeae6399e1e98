// Small parts that several views use.
import { html } from "../html.js";
import { number, percent, t } from "../words.js";

export const Heading = ({ children }) => html`<h1 tabindex="-1">${children}</h1>`;

// An error in the server's own words.
export function Failure({ error }) {
  if (!error) return null;
  return html`<p class="notice bad" role="alert"><strong>${t("failed")}</strong> <span lang="en">${error.message}</span></p>`;
}

export function Field({ id, label, hint, children }) {
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children}
    ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
  </div>`;
}

export function Choice({ name, legend, value, options, onChoose }) {
  return html`<fieldset>
    <legend>${legend}</legend>
    ${options.map(([key, label, hint]) => html`
      <label class="option">
        <input type="radio" name=${name} value=${key} checked=${value === key} onChange=${() => onChoose(key)} />
        <span>${label}${hint && html`<small>${hint}</small>`}</span>
      </label>`)}
  </fieldset>`;
}

// Where the law asks for it: beside every sound that was made.
export const MadeByAI = () => html`<p class="made"><span class="badge">AI</span> ${t("madeByAI")}</p>`;

const ROWS = [
  ["similarity", (value) => number(100 * value)],
  ["words_wrong", (value) => percent(1 - value)],
  ["mos", (value) => number(value, 1)],
];

// The voice beside its own recordings, in words that need no glossary.
export function Scores({ scores }) {
  if (!scores) return null;
  const cell = (row, who, shown) => (scores[row]?.[who] == null ? "–" : shown(scores[row][who]));
  return html`<table class="scores">
    <caption>${t("scores")}</caption>
    <thead><tr><td></td><th scope="col">${t("scores.voice")}</th><th scope="col">${t("scores.recordings")}</th>
      <th scope="col">${t("scores.others")}</th></tr></thead>
    <tbody>${ROWS.filter(([row]) => scores[row]).map(([row, shown]) => html`<tr>
      <th scope="row">${t(`scores.${row}`)}<small>${t(`scores.${row}.hint`)}</small></th>
      <td><strong>${cell(row, "voice", shown)}</strong></td><td>${cell(row, "recordings", shown)}</td>
      <td>${cell(row, "others", shown)}</td></tr>`)}</tbody>
  </table>`;
}

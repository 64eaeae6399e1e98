// Templates in plain JavaScript: htm reads them, Preact keeps the page equal to them. Text in them is escaped.
import { Component, h, render } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { Component, render };

// The page: header, the view that the address names (#new, #hear, #voices, #making/<voice>), dialogs, and what is polled.
import { Component, html, render } from "./html.js";
import { onChange, state, update } from "./store.js";
import { chooseLanguage, pageLanguage, t, tag } from "./words.js";
import { watch } from "./watch.js";
import { Dialogs } from "./views/dialogs.js";
import { Hear } from "./views/hear.js";
import { Making } from "./views/making.js";
import { NewVoice } from "./views/new_voice.js";
import { Voices } from "./views/voices.js";

const LANGUAGES = [["en", "English"], ["zh", "简体中文"]];
const TABS = ["new", "hear", "voices"];

function View() {
  const [name, id] = state.route.split("/");
  if (name === "making") return html`<${Making} id=${id} key=${id} />`;
  if (name === "hear") return html`<${Hear} />`;
  if (name === "voices") return html`<${Voices} />`;
  return html`<${NewVoice} />`;
}

function Languages() {
  const choose = (language) => () => {
    chooseLanguage(language);
    update();
  };
  return html`<div class="languages" role="group" aria-label=${t("pageLanguage")}>
    ${LANGUAGES.map(([code, name]) => html`
      <button type="button" class="plain" lang=${code === "zh" ? "zh-CN" : "en"} aria-pressed=${String(pageLanguage() === code)}
        onClick=${choose(code)}>${name}</button>`)}
  </div>`;
}

function Header() {
  const here = (tab) => state.route === tab || (tab === "voices" && state.route.startsWith("making"));
  return html`<header>
    <a class="brand" href="#hear"><img src="icon.svg" alt="" width="28" height="28" />Myna</a>
    <nav aria-label=${t("navigation")}>
      ${TABS.map((tab) => html`<a href=${`#${tab}`} aria-current=${here(tab) ? "page" : null}>${t(`tab.${tab}`)}</a>`)}
    </nav>
    <${Languages} />
  </header>`;
}

class Page extends Component {
  componentDidMount() {
    onChange(() => this.setState({}));
    window.addEventListener("hashchange", () => this.go(true));
    window.addEventListener("beforeunload", (event) => {
      if (state.order.takes.length) event.preventDefault();
    });
    this.go(false);
    watch();
  }

  // Follows the address; the heading of the new view takes the focus, so that a screen reader begins there.
  go(moved) {
    const known = /^#(new|hear|voices|making\/[\w-]+)$/.exec(location.hash);
    update({ route: known ? known[1] : "" });
    if (moved) {
      window.scrollTo(0, 0);
      requestAnimationFrame(() => document.querySelector("main h1")?.focus()); // once the new view is drawn
    }
  }

  render() {
    document.documentElement.lang = tag();
    document.title = t("title");
    return html`
      <a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
      <${Header} />
      ${state.offline && html`<p class="notice bad" role="alert">${t("offline")}</p>`}
      <main id="main" tabindex="-1">${state.route && html`<${View} />`}</main>
      <footer>${t("footer")}</footer>
      <p class="unseen" role="status" aria-live="polite">${state.told}</p>
      <${Dialogs} />`;
  }
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

render(html`<${Page} />`, document.getElementById("page"));

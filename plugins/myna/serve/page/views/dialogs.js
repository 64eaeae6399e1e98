// Questions that stand before everything else: delete (asked twice), and the server's token.
import { keepToken, remove } from "../api.js";
import { Component, html } from "../html.js";
import { state, tell, update } from "../store.js";
import { t } from "../words.js";
import { watch } from "../watch.js";
import { Failure, Field } from "./parts.js";

export function Dialogs() {
  const asking = state.asking;
  if (!asking) return null;
  return asking.kind === "token" ? html`<${Token} wrong=${asking.wrong} />` : html`<${Delete} asking=${asking} />`;
}

const close = () => update({ asking: null });

// The browser's own modal dialog: it keeps the focus, and gives it back.
class Modal extends Component {
  componentDidMount() {
    this.before = document.activeElement;
    this.dialog.showModal();
  }

  componentWillUnmount() {
    this.dialog.close();
    (this.before?.isConnected ? this.before : document.querySelector("main h1"))?.focus();
  }

  render({ title, children }) {
    return html`<dialog ref=${(dialog) => { this.dialog = dialog ?? this.dialog; }} aria-labelledby="question" onCancel=${(event) => { event.preventDefault(); close(); }}>
      <h2 id="question">${title}</h2>${children}</dialog>`;
  }
}

class Delete extends Component {
  async go(voice) {
    this.setState({ busy: true, error: null });
    try {
      await remove(`/v1/audio/voices/${voice.id}`);
      update({ asking: null, voices: state.voices.filter((one) => one.id !== voice.id) });
      tell(t("deleted", { name: voice.name }));
      watch();
    } catch (error) {
      this.setState({ busy: false, error });
    }
  }

  render({ asking: { voice, sure } }, { busy, error }) {
    const more = () => update({ asking: { kind: "delete", voice, sure: true } });
    return html`<${Modal} title=${t(sure ? "delete.sure" : "delete.question", { name: voice.name })}>
      <p>${t(sure ? "delete.sure.text" : "delete.text")}</p>
      <${Failure} error=${error} />
      <div class="buttons">
        <button type="button" autofocus key="keep" onClick=${close}>${t("delete.keep")}</button>
        ${sure ? html`<button type="button" key="yes" class="danger main" disabled=${busy} onClick=${() => this.go(voice)}>${t("delete.yes")}</button>`
          : html`<button type="button" key="more" class="danger" onClick=${more}>${t("delete.more")}</button>`}
      </div>
    <//>`;
  }
}

class Token extends Component {
  keep(event) {
    event.preventDefault();
    keepToken(new FormData(event.target).get("token").trim());
    close();
    watch();
  }

  render({ wrong }) {
    return html`<${Modal} title=${t("token")}>
      <form onSubmit=${(event) => this.keep(event)}>
        ${wrong && html`<p class="notice bad" role="alert">${t("token.wrong")}</p>`}
        <${Field} id="token" label=${t("token.label")} hint=${t("token.hint")}>
          <input id="token" name="token" type="password" autocomplete="off" required aria-describedby="token-hint" />
        <//>
        <div class="buttons"><button class="main">${t("token.go")}</button></div>
      </form>
    <//>`;
  }
}

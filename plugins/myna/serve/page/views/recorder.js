// A button that records and stops, with a meter of the level.
import { Component, html } from "../html.js";
import { Microphone, supported } from "../microphone.js";
import { tell } from "../store.js";
import { number, t } from "../words.js";

export class Recorder extends Component {
  constructor(props) {
    super(props);
    this.state = { recording: false, level: 0, seconds: 0, fault: "" };
    this.microphone = new Microphone((level) => this.hear(level));
  }

  componentWillUnmount() {
    this.gone = true;
    this.microphone.close();
  }

  hear(level) {
    if (this.gone) return;
    const seconds = this.state.recording ? (performance.now() - this.microphone.began) / 1000 : this.state.seconds;
    this.setState({ level, seconds });
  }

  async press() {
    try {
      await (this.state.recording ? this.stop() : this.start());
    } catch (error) {
      this.setState({ recording: false, fault: error.name === "NotAllowedError" ? "denied" : "none" });
    }
  }

  async start() {
    this.setState({ fault: "" });
    await this.microphone.start();
    this.setState({ recording: true, seconds: 0 });
    tell(t("recording"));
  }

  async stop() {
    const take = await this.microphone.stop(this.props.file);
    this.setState({ recording: false, fault: take.fault });
    tell(t("recorded", { n: number(take.seconds) }));
    this.props.onTake(take);
  }

  render({ label, disabled }, { recording, level, seconds, fault }) {
    if (!supported()) return html`<p class="notice">${t("microphone.unsupported")}</p>`;
    return html`<div class="recorder">
      <button type="button" class=${recording ? "main on" : "main"} disabled=${disabled} onClick=${() => this.press()}>
        <span class="dot" aria-hidden="true"></span>${recording ? t("stop") : label}
      </button>
      <meter min="0" max="1" low="0.25" high="0.92" optimum="0.6" value=${level} aria-label=${t("level")}></meter>
      <span class="time" aria-hidden="true">${recording ? `${number(seconds, 1)} s` : ""}</span>
      ${fault && html`<p class="notice" role="alert">${t(`microphone.${fault}`)}</p>`}
    </div>`;
  }
}

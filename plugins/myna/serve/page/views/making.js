// A voice that is being made: stages, bar, time, log; and what came of it.
import { post } from "../api.js";
import { Component, html } from "../html.js";
import { state, tell, update } from "../store.js";
import { percent, span, t } from "../words.js";
import { unfinished, watch } from "../watch.js";
import { Failure, Heading, Scores } from "./parts.js";

export class Making extends Component {
  componentDidMount() {
    update({ job: null });
    watch();
  }

  // Each new stage and each end is said once.
  componentDidUpdate() {
    const job = this.job();
    const now = job && `${job.state} ${job.stage}`;
    if (!now || now === this.told) return;
    this.told = now;
    tell(job.state === "running" ? t(`stage.${job.stage}`) : t(`job.${job.state}`));
  }

  job() {
    return state.job?.voice === this.props.id ? state.job : null;
  }

  async cancel(job) {
    try {
      update({ job: await post(`/v1/jobs/${job.id}/cancel`, {}) });
      watch();
    } catch (error) {
      this.setState({ error });
    }
  }

  render({ id }, { error }) {
    const voice = state.voices?.find((one) => one.id === id), job = this.job();
    if (!voice) return html`<${Heading}>${t(state.voices ? "gone" : "loading")}<//>`;
    return html`
      <${Heading}>${t(heading(voice, job), { name: voice.name })}<//>
      ${job && html`<${Progress} job=${job} />`}
      <${Failure} error=${error ?? job?.error} />
      ${job?.state === "failed" && html`<p>${t("failed.next")}</p>`}
      ${voice.scores && html`<div class="card"><${Scores} scores=${voice.scores} /></div>`}
      <div class="buttons">
        ${voice.state === "ready" && html`<a class="button main" href="#hear" onClick=${() => choose(voice)}>${t("hear.it")}</a>`}
        ${job && unfinished(job) && voice.state !== "ready" && html`<button type="button" onClick=${() => this.cancel(job)}>${t("cancel.job")}</button>`}
        <a class="button" href="#voices">${t("tab.voices")}</a>
      </div>
      ${job?.log?.length > 0 && html`<details class="card"><summary>${t("log")}</summary>
        <pre tabindex="0" aria-label=${t("log")} lang="en">${job.log.join("\n")}</pre></details>`}`;
  }
}

function heading(voice, job) {
  if (voice.state === "ready") return unfinished(job) ? "making.speaks" : "making.done";
  return job?.state === "cancelled" ? "making.cancelled" : voice.state === "failed" ? "making.failed" : "making";
}

export function choose(voice) {
  state.hear.chosen = [voice.id];
}

function Progress({ job }) {
  const left = job.seconds_left == null ? "" : t("left", { time: span(job.seconds_left) });
  const said = job.state === "queued" ? t("queued", { n: job.queue }) : `${percent(job.fraction)} ${left}`;
  return html`<div class="card">
    ${unfinished(job) && html`<label for="bar">${said}</label>
      <progress id="bar" max="1" value=${job.state === "queued" ? 0 : job.fraction}></progress>`}
    <${Stages} job=${job} />
  </div>`;
}

// The stages of this job alone: more come in when it turns out that the voice is trained.
function Stages({ job }) {
  const at = job.state === "done" ? job.stages.length : job.stages.indexOf(job.stage);
  return html`<ol class="stages">${job.stages.map((stage, place) => {
    const how = place < at ? "past" : place === at ? (job.state === "running" ? "now" : job.state) : "";
    return html`<li class=${how} aria-current=${how === "now" ? "step" : null}>${t(`stage.${stage}`)}
      ${how === "past" && html`<span class="unseen"> ${t("stage.past")}</span>`}</li>`;
  })}</ol>`;
}

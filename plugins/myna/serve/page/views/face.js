// A head that speaks in step with a sound; three.js and the head are fetched only once somebody wants to see it.
import { get } from "../api.js";
import { Component, html } from "../html.js";
import { t } from "../words.js";

let head = null;

export class Face extends Component {
  componentDidMount() {
    this.start().catch(() => this.setState({ failed: true }));
  }

  async start() {
    head ??= get("/v1/face/head.gltf").catch((error) => {
      head = null;
      throw error;
    });
    const [{ Stage }, { Player }, gltf] = await Promise.all([import("../face/stage.js"), import("../face/player.js"), head]);
    if (this.gone) return;
    const { face, audioOf } = this.props;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.stage = new Stage(this.canvas, gltf, face.notice);
    this.player = new Player(this.stage, audioOf(), face, still);
    this.setState({ ready: true });
  }

  componentWillUnmount() {
    this.gone = true;
    this.player?.stop();
    this.stage?.dispose();
  }

  render({ name }, { ready, failed }) {
    return html`<figure class="face" aria-busy=${String(!ready && !failed)}>
      <canvas ref=${(one) => { this.canvas = one; }} width="480" height="480" role="img" aria-label=${t("face.of", { name })} hidden=${failed}></canvas>
      <figcaption>${t(failed ? "face.none" : "face.made")}</figcaption>
    </figure>`;
  }
}

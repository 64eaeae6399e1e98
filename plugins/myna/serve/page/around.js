// Sounds around the listener: a player leads through a panner with the browser's own HRTF. For listening alone: the
// files stay as the server labelled them. Azimuth counts to the left, as everywhere in Myna; Web Audio's x to the right.
let context = null;
const panners = new WeakMap();

export function placeSound(player, { azimuth, distance }) {
  context ??= new AudioContext();
  context.resume();
  if (!panners.has(player)) {
    const panner = new PannerNode(context, { panningModel: "HRTF", distanceModel: "inverse", refDistance: 1 });
    context.createMediaElementSource(player).connect(panner).connect(context.destination);
    panners.set(player, panner);
  }
  const panner = panners.get(player), angle = (azimuth * Math.PI) / 180;
  panner.positionX.value = -Math.sin(angle) * distance;
  panner.positionZ.value = -Math.cos(angle) * distance;
}

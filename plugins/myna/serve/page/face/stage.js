// A canvas with the head, and with the label in its own pixels: who records or captures the picture has it too.
import {
  AmbientLight, CanvasTexture, Color, DirectionalLight, Mesh, MeshBasicMaterial, OrthographicCamera, PerspectiveCamera,
  PlaneGeometry, Scene, SRGBColorSpace, WebGLRenderer,
} from "../vendor/three.module.min.js";
import { meshOf } from "./mesh.js";

const LETTERS = 0.06; // of the shorter side: GB 45438-2025 asks for letters of a twentieth at least
const DEGREE = Math.PI / 180;

export class Stage {
  constructor(canvas, gltf, label) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true });
    this.renderer.autoClear = false;
    this.head = meshOf(gltf);
    this.scene = scene(this.head);
    this.camera = new PerspectiveCamera(22, 1, 0.05, 5);
    this.camera.position.set(0, -0.012, 0.78);
    this.camera.lookAt(0, -0.022, 0);
    this.label = labelled(label);
    this.flat = new OrthographicCamera();
    this.resize(canvas.clientWidth || canvas.width, canvas.clientHeight || canvas.height);
  }

  resize(width, height) {
    this.renderer.setSize(width, height, false);
    Object.assign(this.camera, { aspect: width / height }).updateProjectionMatrix();
    Object.assign(this.flat, { left: 0, right: width, top: height, bottom: 0, near: -1, far: 1 }).updateProjectionMatrix();
    const plate = this.label.children[0];
    const tall = LETTERS * Math.min(width, height) * plate.userData.tall;
    plate.scale.set(tall * plate.userData.aspect, tall, 1);
    plate.position.set(plate.scale.x / 2 + 6, tall / 2 + 6, 0);
  }

  // Curves by ARKit's names, 0 to 1; the head's yaw to its left, pitch down and roll to its right, degrees.
  show(curves, [yaw, pitch, roll] = [0, 0, 0]) {
    const { morphTargetDictionary: places, morphTargetInfluences: weights } = this.head;
    weights.fill(0);
    for (const name in curves) if (name in places) weights[places[name]] = curves[name];
    this.head.rotation.set(pitch * DEGREE, yaw * DEGREE, roll * DEGREE, "YXZ");
    this.renderer.clear();
    this.renderer.render(this.scene, this.camera);
    this.renderer.clearDepth();
    this.renderer.render(this.label, this.flat);
  }

  dispose() {
    this.head.geometry.dispose();
    this.head.material.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

function scene(head) {
  const made = new Scene();
  made.background = new Color(0xd9e0e6);
  const key = new DirectionalLight(0xffffff, 2.2);
  key.position.set(0.4, 0.6, 1);
  made.add(head, key, new AmbientLight(0xffffff, 1.1));
  return made;
}

// The words on a dark plate, as a picture of their own.
function labelled(text) {
  const canvas = document.createElement("canvas");
  const font = "600 64px system-ui, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
  const pen = canvas.getContext("2d");
  pen.font = font;
  canvas.width = Math.ceil(pen.measureText(text).width) + 48;
  canvas.height = 100;
  pen.font = font; // setting the size forgets it
  pen.fillStyle = "rgb(20 22 28)";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "white";
  pen.textBaseline = "middle";
  pen.fillText(text, 24, 52);
  const map = new CanvasTexture(canvas);
  map.colorSpace = SRGBColorSpace;
  const plate = new Mesh(new PlaneGeometry(1, 1), new MeshBasicMaterial({ map }));
  plate.userData = { aspect: canvas.width / canvas.height, tall: canvas.height / 64 };
  const made = new Scene();
  made.add(plate);
  return made;
}

// Our own glTF (myna.face.gltf) to a mesh of three.js with morph targets; sparse accessors, one buffer within the file.
import { BufferAttribute, BufferGeometry, DoubleSide, Mesh, MeshLambertMaterial } from "../vendor/three.module.min.js";

const NUMBERS = { 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const SIZES = { SCALAR: 1, VEC3: 3 };

export function meshOf(gltf) {
  const buffer = bytesOf(gltf.buffers[0].uri);
  const read = (number) => attributeOf(gltf, buffer, gltf.accessors[number]);
  const [{ attributes, indices, targets }] = gltf.meshes[0].primitives;
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", read(attributes.POSITION));
  geometry.setAttribute("normal", read(attributes.NORMAL));
  geometry.setAttribute("color", read(attributes.COLOR_0));
  geometry.setIndex(read(indices));
  geometry.morphTargetsRelative = true;
  geometry.morphAttributes.position = targets.map((target) => read(target.POSITION));
  const mesh = new Mesh(geometry, new MeshLambertMaterial({ vertexColors: true, side: DoubleSide }));
  mesh.morphTargetDictionary = Object.fromEntries(gltf.meshes[0].extras.targetNames.map((name, n) => [name, n]));
  return mesh;
}

function bytesOf(uri) {
  return Uint8Array.from(atob(uri.slice(uri.indexOf(",") + 1)), (one) => one.charCodeAt(0)).buffer;
}

function attributeOf(gltf, buffer, accessor) {
  const size = SIZES[accessor.type];
  const view = (number, type, count) => new NUMBERS[type](buffer, gltf.bufferViews[number].byteOffset, count);
  const values = accessor.bufferView === undefined
    ? new NUMBERS[accessor.componentType](accessor.count * size)
    : view(accessor.bufferView, accessor.componentType, accessor.count * size);
  const { sparse } = accessor;
  if (sparse) {
    const places = view(sparse.indices.bufferView, sparse.indices.componentType, sparse.count);
    const kept = view(sparse.values.bufferView, accessor.componentType, sparse.count * size);
    places.forEach((place, n) => values.set(kept.subarray(n * size, (n + 1) * size), place * size));
  }
  return new BufferAttribute(values, size);
}

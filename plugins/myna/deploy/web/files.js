// The files of the voice: fetched once, kept by the browser, and compared with the manifest before they are used.

const STORE = "myna-voice";

/** A file that cannot be used; `kind` is `missing`, `changed` or `insecure`. */
export class FileError extends Error {
  constructor(kind, path) {
    super(`${path}: ${kind}`);
    this.name = "FileError";
    this.kind = kind;
    this.path = path;
  }
}

/** Return the manifest, whose SHA-256 the page itself holds. */
export async function manifestOf(digest) {
  if (!globalThis.crypto?.subtle) throw new FileError("insecure", location.origin);
  const bytes = await fetched("manifest.json", new URL("manifest.json", location), "no-cache");
  await check(bytes, digest, "manifest.json");
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Return the bytes of a file of the manifest. */
export async function load(manifest, path) {
  const { sha256 } = manifest.files[path], url = new URL(path, location);
  url.searchParams.set("sha256", sha256); // another voice in the same place is another file
  const store = await globalThis.caches?.open(STORE).catch(() => undefined);
  const kept = await store?.match(url);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if ((await digestOf(bytes)) === sha256) return bytes;
    await store.delete(url);
  }
  const bytes = await fetched(path, url, "no-store");
  await check(bytes, sha256, path);
  await store?.put(url, new Response(bytes.slice())).catch(() => {}); // a full disk is no reason not to speak
  return bytes;
}

/** Forget files of voices that were here before. */
export async function tidy(manifest) {
  const store = await globalThis.caches?.open(STORE).catch(() => undefined);
  const known = new Set(Object.values(manifest.files).map((file) => file.sha256));
  for (const request of (await store?.keys()) ?? []) {
    const url = new URL(request.url), here = new URL(".", location).pathname;
    if (url.pathname.startsWith(here) && !known.has(url.searchParams.get("sha256"))) await store.delete(request);
  }
}

async function fetched(path, url, cache) {
  const answer = await fetch(url, { cache }).catch(() => undefined);
  if (!answer?.ok) throw new FileError("missing", path);
  return new Uint8Array(await answer.arrayBuffer());
}

async function check(bytes, digest, path) {
  if ((await digestOf(bytes)) !== digest) throw new FileError("changed", path);
}

async function digestOf(bytes) {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

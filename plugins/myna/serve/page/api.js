// The server's HTTP interface (docs/serve.md). An error carries the server's own sentence, which the page shows as it is.
import { state, update } from "./store.js";
import { t } from "./words.js";

const TOKEN = "myna.token";

export class ApiError extends Error {
  constructor(status, { message, code = "", param = null }) {
    super(message);
    Object.assign(this, { status, code, param });
  }
}

export async function call(path, { method = "GET", json, form, signal } = {}) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: json ? JSON.stringify(json) : form, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { message: t("offline"), code: "offline" });
  }
  if (state.offline) update({ offline: false });
  if (response.ok) return response;
  const failure = await failureOf(response);
  if (response.status === 401) {
    update({ asking: { kind: "token", wrong: Boolean(token) } });
  }
  throw failure;
}

async function failureOf(response) {
  try {
    return new ApiError(response.status, (await response.json()).error);
  } catch {
    return new ApiError(response.status, { message: `HTTP ${response.status} ${response.statusText}` });
  }
}

export const get = async (path, query = {}) => (await call(`${path}?${new URLSearchParams(query)}`)).json();
export const post = async (path, json) => (await call(path, { method: "POST", json })).json();
export const send = async (path, form) => (await call(path, { method: "POST", form })).json();
export const remove = async (path) => (await call(path, { method: "DELETE" })).json();

export function keepToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

// A multipart body; of `takes`, each becomes a file of its name.
export function formOf(fields, takes = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, list] of Object.entries(takes)) {
    for (const take of list) form.append(name, take.blob, take.file);
  }
  return form;
}

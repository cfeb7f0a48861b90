/* REST calls with one error shape. API: docs/frontend.md. */

export class ApiError extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.message ?? `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : `http_${status}`);
    this.details = body.details ?? null;
    this.retryAfter = retryAfter;
    this.retryable = status === 0 || status === 408 || status === 429 || status >= 500;
  }
}

export function seconds(header) {
  const value = Number.parseFloat(header ?? "");
  return Number.isFinite(value) ? value : null;
}

export function parsed(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return {};
  }
}

export function createApi({ base = "/api/v1/", token = () => null, csrf = () => null, credentials = "same-origin" } = {}) {
  function headers() {
    const all = { Accept: "application/json" };
    const bearer = token();
    if (bearer) all.Authorization = `Bearer ${bearer}`;
    const forgery = csrf();
    if (forgery) all["X-CSRFToken"] = forgery;
    return all;
  }

  async function call(method, path, { query, body, signal } = {}) {
    const url = new URL(base + path, location.href);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== null && value !== undefined) url.searchParams.set(name, value);
    }
    const all = headers();
    if (body !== undefined) all["Content-Type"] = "application/json";
    let response;
    let answer;
    try {
      response = await fetch(url, {
        method,
        headers: all,
        credentials,
        cache: "no-store",
        signal: signal ?? AbortSignal.timeout?.(20_000),
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      answer = parsed(await response.text());
    } catch {
      throw new ApiError(0);
    }
    if (!response.ok) throw new ApiError(response.status, answer ?? {}, seconds(response.headers.get("Retry-After")));
    return answer;
  }

  async function upload(path, file, options) {
    const { sendFile } = await import("./upload.js").catch(() => {
      throw new ApiError(0);
    });
    return sendFile(base + path, file, { headers: headers(), credentials, ...options });
  }

  return {
    get: (path, query, options) => call("GET", path, { query, ...options }),
    post: (path, body = {}, options) => call("POST", path, { body, ...options }),
    patch: (path, body, options) => call("PATCH", path, { body, ...options }),
    put: (path, body, options) => call("PUT", path, { body, ...options }),
    delete: (path, options) => call("DELETE", path, options),
    upload,
  };
}

// Requests to the server of this page, with the token of its run.

/** ApiError is a request that failed: a status of 0 means that nothing answered. */
export class ApiError extends Error {
  constructor(message, status, hint = "") {
    super(message);
    this.status = status;
    this.hint = hint;
  }

  /** Reports whether the token is missing or of another run. */
  get stale() {
    return this.status === 401;
  }
}

/** How long a request may take, in milliseconds; a resent event waits for its handler. */
const patience = 130_000;

/** Api makes requests below a base address. fetch is a parameter for tests. */
export class Api {
  constructor(base, token, fetcher = (...all) => fetch(...all)) {
    this.base = base;
    this.token = token;
    this.fetch = fetcher;
  }

  get(path, signal = AbortSignal.timeout(patience)) {
    return this.#json(path, { signal });
  }

  post(path, body, signal = AbortSignal.timeout(patience)) {
    const headers = { "Content-Type": "application/json" };
    return this.#json(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  }

  /** Returns the answer to a request whose body does not end by itself. */
  open(path, signal) {
    return this.#request(path, { signal });
  }

  async #json(path, options) {
    const answer = await this.#request(path, options);
    try {
      return await answer.json();
    } catch (e) {
      throw new ApiError(`the answer is not JSON: ${e.message}`, answer.status);
    }
  }

  async #request(path, options) {
    const headers = { ...options.headers, Authorization: `Bearer ${this.token}` };
    let answer;
    try {
      answer = await this.fetch(new URL(path, this.base), { ...options, headers, cache: "no-store", credentials: "omit" });
    } catch (e) {
      throw new ApiError(e.name === "TimeoutError" ? "no answer in time" : "the server does not answer", 0);
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }
}

async function refusal(answer) {
  const text = await answer.text().catch(() => "");
  let body = {};
  try {
    body = JSON.parse(text) ?? {};
  } catch {
    // the status says enough
  }
  return new ApiError(body.error || text.trim().slice(0, 300) || `the server answered ${answer.status}`, answer.status, body.hint ?? "");
}

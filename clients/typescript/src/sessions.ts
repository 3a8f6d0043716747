// Credentials of a request: an API key, or a person's session whose access token is renewed when it ends.

import { ApiError, buildError } from "./errors.js";
import type { BuildRequest } from "./sender.js";

/** Sends one request and returns its answer, a refusal too. */
export type Exchange = (build: BuildRequest) => Promise<Response>;

/** What signs requests. */
export interface Credentials {
  /** Return the header `Authorization`. */
  authorize(exchange: Exchange): Promise<string>;
  /** After a 401: say whether there are newer credentials, so that the request may be sent once more. */
  renew(refused: string, exchange: Exchange): Promise<boolean>;
}

/** The key of a machine. */
export class ApiKey implements Credentials {
  readonly #header: string;

  constructor(key: string) {
    this.#header = `Api-Key ${key}`;
  }

  async authorize(): Promise<string> {
    return this.#header;
  }

  async renew(): Promise<boolean> {
    return false;
  }
}

/** Who signs in; `code` is the second factor, or a function that returns the code of the authenticator app now. */
export interface SignIn {
  readonly email: string;
  readonly password: string;
  readonly code?: string | (() => string);
}

/** A person's session: signs in at the first request and renews its tokens one at a time. */
export class Session implements Credentials {
  readonly #url: string;
  readonly #person: SignIn;
  #access = "";
  #refresh = "";
  #renewal: Promise<void> | undefined;

  constructor(url: string, person: SignIn) {
    this.#url = url.replace(/\/+$/, "");
    this.#person = person;
  }

  async authorize(exchange: Exchange): Promise<string> {
    if (this.#access === "") await this.#renewOnce(exchange);
    return `Bearer ${this.#access}`;
  }

  async renew(refused: string, exchange: Exchange): Promise<boolean> {
    if (refused === `Bearer ${this.#access}`) await this.#renewOnce(exchange);
    return true;
  }

  /** A refresh token that is sent twice ends the session, so that all requests wait for one renewal. */
  async #renewOnce(exchange: Exchange): Promise<void> {
    this.#renewal ??= this.#fetchNewTokens(exchange).finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #fetchNewTokens(exchange: Exchange): Promise<void> {
    if (this.#refresh !== "") {
      try {
        return await this.#fetchTokens("/api/v1/token/refresh", { refresh: this.#refresh }, exchange);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
      }
    }
    const { email, password, code } = this.#person;
    const form: Record<string, string> = { email, password };
    if (code !== undefined) form["code"] = typeof code === "function" ? code() : code;
    await this.#fetchTokens("/api/v1/token", form, exchange);
  }

  async #fetchTokens(path: string, form: Record<string, string>, exchange: Exchange): Promise<void> {
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(form) };
    const response = await exchange(() => new Request(this.#url + path, init));
    if (!response.ok) throw await buildError(response);
    const tokens = (await response.json()) as { access: string; refresh: string };
    this.#access = tokens.access;
    this.#refresh = tokens.refresh;
  }
}

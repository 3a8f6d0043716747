// Matters: case references with members, and nobody else sees what belongs to one.

import { keyHeader, PAGE_SIZE, unwrap, walkPages, type Connection } from "./connection.js";
import { readId, type Identified, type Matter, type Shapes } from "./shapes.js";

/** Matters that you are a member of. */
export class Matters {
  constructor(private readonly connection: Connection) {}

  /** Open a matter; its `reference` is what comparisons, jobs and lists take as `matter`. */
  async create(clientNumber: string, matterNumber: string, note = "", idempotencyKey?: string): Promise<Matter> {
    const body = { client_number: clientNumber, matter_number: matterNumber, note };
    return unwrap(this.connection.api.POST("/api/v1/matters", { body, params: { header: keyHeader(idempotencyKey) } }));
  }

  /** Return one matter. */
  async get(matter: Identified): Promise<Matter> {
    const params = { path: { id: readId(matter) } };
    return unwrap(this.connection.api.GET("/api/v1/matters/{id}", { params }));
  }

  /** Yield your matters, newest first. */
  list(filters: { readonly search?: string } = {}): AsyncGenerator<Matter> {
    return walkPages((cursor) => {
      const query = { ...filters, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/matters", { params: { query } });
    });
  }

  /** Change an open matter that you manage: its `note`, and its numbers if you made it. What is left out stays. */
  async change(matter: Identified, changes: Shapes["PatchedMatterChange"]): Promise<Matter> {
    const params = { path: { id: readId(matter) } };
    return unwrap(this.connection.api.PATCH("/api/v1/matters/{id}", { body: changes, params }));
  }

  /** End additions to a matter that you manage; members still read it. */
  async close(matter: Identified): Promise<Matter> {
    const params = { path: { id: readId(matter) } };
    return unwrap(this.connection.api.POST("/api/v1/matters/{id}/close", { params }));
  }

  /** Let comparisons and files be added again to a closed matter that you manage. */
  async reopen(matter: Identified): Promise<Matter> {
    const params = { path: { id: readId(matter) } };
    return unwrap(this.connection.api.POST("/api/v1/matters/{id}/reopen", { params }));
  }

  /** Return who sees it. */
  async listMembers(matter: Identified): Promise<readonly Shapes["Member"][]> {
    const params = { path: { id: readId(matter) } };
    return (await unwrap(this.connection.api.GET("/api/v1/matters/{id}/members", { params }))).results;
  }

  /** Let somebody see it; managers add and remove members, change and close it. */
  async addMember(matter: Identified, email: string, isManager = false): Promise<Shapes["Member"]> {
    const options = { body: { email, is_manager: isManager }, params: { path: { id: readId(matter) } } };
    return unwrap(this.connection.api.POST("/api/v1/matters/{id}/members", options));
  }

  /** End a membership, also your own: from then on that person sees nothing of the matter. */
  async removeMember(matter: Identified, userId: string): Promise<void> {
    const path = { id: readId(matter), user_pk: userId };
    await this.connection.api.DELETE("/api/v1/matters/{id}/members/{user_pk}", { params: { path } });
  }
}

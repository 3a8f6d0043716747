// Webhooks of yours: addresses, secrets, and the log of deliveries.

import { PAGE_SIZE, unwrap, walkPages, type Connection } from "./connection.js";
import { readId, type Identified, type Shapes, type Webhook } from "./shapes.js";

/** Addresses of your programs that are told what happened (scope `webhooks`). */
export class Webhooks {
  constructor(private readonly connection: Connection) {}

  /** Register an https address; keep the `secret` of what is returned, it is shown this once. */
  async create(url: string, events: Shapes["EventsEnum"][], description = ""): Promise<Shapes["EndpointWithSecret"]> {
    return unwrap(this.connection.api.POST("/api/v1/webhooks", { body: { url, events, description } }));
  }

  /** Yield your webhooks. */
  list(): AsyncGenerator<Webhook> {
    return walkPages((cursor) => {
      const query = { limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/webhooks", { params: { query } });
    });
  }

  /** Return one webhook. */
  async get(webhook: Identified): Promise<Webhook> {
    const params = { path: { id: readId(webhook) } };
    return unwrap(this.connection.api.GET("/api/v1/webhooks/{id}", { params }));
  }

  /** Change fields such as `events` or `description`. */
  async change(webhook: Identified, changes: Shapes["PatchedEndpointChange"]): Promise<Webhook> {
    const params = { path: { id: readId(webhook) } };
    return unwrap(this.connection.api.PATCH("/api/v1/webhooks/{id}", { body: changes, params }));
  }

  /** Tell this address nothing any more. */
  async delete(webhook: Identified): Promise<void> {
    await this.connection.api.DELETE("/api/v1/webhooks/{id}", { params: { path: { id: readId(webhook) } } });
  }

  /** Have a `webhook.test` sent. */
  async sendTest(webhook: Identified): Promise<Shapes["Delivery"]> {
    const params = { path: { id: readId(webhook) } };
    return unwrap(this.connection.api.POST("/api/v1/webhooks/{id}/test", { params }));
  }

  /** Return a new secret; for the overlap the old one signs as well. */
  async rotate(webhook: Identified, overlapHours = 24): Promise<Shapes["EndpointWithSecret"]> {
    const options = { body: { overlap_hours: overlapHours }, params: { path: { id: readId(webhook) } } };
    return unwrap(this.connection.api.POST("/api/v1/webhooks/{id}/rotate", options));
  }

  /** Yield the log of the last 30 days, newest first. */
  listDeliveries(
    webhook: Identified,
    filters: { readonly state?: Shapes["Delivery"]["state"] } = {},
  ): AsyncGenerator<Shapes["Delivery"]> {
    return walkPages((cursor) => {
      const query = { ...filters, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/webhooks/{id}/deliveries", {
        params: { path: { id: readId(webhook) }, query },
      });
    });
  }

  /** Return a delivery with its message and the outcome of every attempt. */
  async getDelivery(webhook: Identified, delivery: Identified): Promise<Shapes["DeliveryDetail"]> {
    const path = { id: readId(webhook), delivery: readId(delivery) };
    return unwrap(this.connection.api.GET("/api/v1/webhooks/{id}/deliveries/{delivery}", { params: { path } }));
  }

  /** Send a message again. */
  async redeliver(webhook: Identified, delivery: Identified): Promise<Shapes["Delivery"]> {
    const path = { id: readId(webhook), delivery: readId(delivery) };
    return unwrap(this.connection.api.POST("/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver", { params: { path } }));
  }
}

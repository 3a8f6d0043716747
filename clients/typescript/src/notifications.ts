// What you were told.

import { PAGE_SIZE, unwrap, walkPages, type Connection } from "./connection.js";
import { readId, type Identified, type Notification, type Shapes } from "./shapes.js";

/** Your notifications. */
export class Notifications {
  constructor(private readonly connection: Connection) {}

  /** Yield them, newest first. */
  list(filters: { readonly unread?: boolean } = {}): AsyncGenerator<Notification> {
    return walkPages((cursor) => {
      const query = { ...filters, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
      return this.connection.api.GET("/api/v1/notifications", { params: { query } });
    });
  }

  /** Mark one as read. */
  async markRead(notification: Identified): Promise<Notification> {
    const params = { path: { id: readId(notification) } };
    return unwrap(this.connection.api.POST("/api/v1/notifications/{id}/read", { params }));
  }

  /** Mark all as read. */
  async markAllRead(): Promise<Shapes["ReadAnswer"]> {
    return unwrap(this.connection.api.POST("/api/v1/notifications/read"));
  }
}

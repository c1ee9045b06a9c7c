import pg from 'pg';

export interface Listener {
  /** Returns the function that ends the subscription. `onGap` tells that notifications may have been missed. */
  on(channel: string, onPayload: (payload: string) => void, onGap?: () => void): () => void;
  close(): Promise<void>;
}

const reconnectMs = 500;

/** One connection that LISTENs on all channels, and comes back when it breaks. */
export const openListener = async (
  config: pg.PoolConfig,
  channels: readonly string[],
  onError: (error: unknown) => void,
): Promise<Listener> => {
  const subscriptions = new Map<string, Set<{ onPayload: (payload: string) => void; onGap?: () => void }>>();
  let client: pg.Client | undefined;
  let closed = false;

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ ...config, application_name: 'restage listener', keepAlive: true });
    next.on('error', onError);
    next.on('notification', ({ channel, payload }) => {
      for (const each of subscriptions.get(channel) ?? []) each.onPayload(payload ?? '');
    });
    next.on('end', () => {
      if (!closed) setTimeout(() => void reconnect(), reconnectMs).unref();
    });
    await next.connect();
    for (const channel of channels) await next.query(`listen ${pg.escapeIdentifier(channel)}`);
    client = next;
  };

  const reconnect = async (): Promise<void> => {
    if (closed) return;
    try {
      await connect();
      for (const set of subscriptions.values()) for (const each of set) each.onGap?.();
    } catch (error) {
      onError(error);
      setTimeout(() => void reconnect(), reconnectMs).unref();
    }
  };

  await connect();
  return {
    on: (channel, onPayload, onGap) => {
      const subscription = { onPayload, ...(onGap && { onGap }) };
      const set = subscriptions.get(channel) ?? new Set();
      subscriptions.set(channel, set.add(subscription));
      return () => set.delete(subscription);
    },
    close: async () => {
      closed = true;
      await client?.end().catch(onError);
    },
  };
};

import ky, { type KyInstance } from 'ky';

/** A client for one backend: pinned to the provider's own origins, without retries, redirects or a cookie of any kind. */
export const createProviderClient = (origins: readonly string[]): KyInstance => {
  const allowed = new Set(origins.map((each) => new URL(each).origin));
  const pinned: typeof fetch = (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : input);
    if (!allowed.has(origin)) return Promise.reject(new Error(`the provider may not reach ${origin}`));
    return fetch(input, { ...init, redirect: 'error' });
  };
  return ky.create({ fetch: pinned, retry: 0, timeout: false, throwHttpErrors: false });
};

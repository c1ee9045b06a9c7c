/** Signed links of the embedded file store. Web-standard APIs only. */
import { defaultLinkSeconds, maxLinkSeconds, type SignedUrl } from './storage.ts';

/** What a signature is bound to. A link for GET serves HEAD too. */
export type SignedScope =
  | { readonly method: 'GET'; readonly key: string }
  | { readonly method: 'PUT'; readonly key: string; readonly contentType: string; readonly bytes: number };

export interface Signer {
  /** Query of a link that lives for so many seconds. */
  sign(scope: SignedScope, expiresInS: number): Promise<{ query: string; expiresAt: Date }>;
  /** Milliseconds the link still lives; null when it was not made here for this scope, or has ended. */
  verify(scope: SignedScope, query: URLSearchParams): Promise<number | null>;
}

export const clampLinkSeconds = (seconds: number): number =>
  Number.isFinite(seconds) ? Math.min(Math.max(Math.floor(seconds), 1), maxLinkSeconds) : defaultLinkSeconds;

/** Line breaks cannot occur in any part (keys, content types and numbers), so no two scopes share a message. */
const message = (scope: SignedScope, expires: number): Uint8Array<ArrayBuffer> => {
  const parts: (string | number)[] = ['restage-file-1', scope.method, scope.key, expires];
  if (scope.method === 'PUT') parts.push(scope.contentType, scope.bytes);
  return new TextEncoder().encode(parts.join('\n'));
};

const toBase64Url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** 32 bytes in base64url. The last character has two spare bits: only its canonical form counts. */
const signaturePattern = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));

export const createSigner = (secret: Uint8Array, now: () => number = Date.now): Signer => {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const imported = crypto.subtle.importKey('raw', new Uint8Array(secret), hmac, false, ['sign', 'verify']);
  imported.catch(() => {});
  return {
    async sign(scope, expiresInS) {
      const expires = Math.floor(now() / 1000) + clampLinkSeconds(expiresInS);
      const signature = await crypto.subtle.sign('HMAC', await imported, message(scope, expires));
      return {
        query: `expires=${expires}&signature=${toBase64Url(signature)}`,
        expiresAt: new Date(expires * 1000),
      };
    },
    async verify(scope, query) {
      const expires = query.get('expires') ?? '';
      const signature = query.get('signature') ?? '';
      if (!/^[1-9]\d{0,11}$/.test(expires) || !signaturePattern.test(signature)) return null;
      // `verify` compares in constant time.
      const genuine = await crypto.subtle.verify(
        'HMAC',
        await imported,
        fromBase64Url(signature),
        message(scope, Number(expires)),
      );
      const left = Number(expires) * 1000 - now();
      return genuine && left > 0 ? left : null;
    },
  };
};

/** A link to a file of ours. `publicUrl` is an origin, with a path where a proxy puts us below one. */
export const linkTo = async (
  signer: Signer,
  publicUrl: string,
  scope: SignedScope,
  expiresInS: number,
): Promise<SignedUrl> => {
  const { query, expiresAt } = await signer.sign(scope, expiresInS);
  return { url: `${publicUrl.replace(/\/+$/, '')}/files/${scope.key}?${query}`, expiresAt };
};

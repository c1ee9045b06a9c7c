/** Addresses to attack the guard with: a table, made from what is forbidden and every way to write it. */
import { brokenSpellings, embedded, ipv4Spellings, ipv6Spellings } from './spellings.ts';
import { disguises, privateIpv4, privateIpv6 } from './tables.ts';

export interface Form {
  readonly url: string;
  /** What is tried. */
  readonly what: string;
  /**
   * `refused`: by the text alone, whatever the allow list holds (short of the address itself). `name`: only a resolver
   * can tell. `public`: would be dialled at `address`.
   */
  readonly verdict: 'refused' | 'name' | 'public';
  readonly address?: string;
}

const publicIpv4 = ['93.184.215.14', '8.8.8.8', '1.0.0.1', '223.255.255.254'];
const publicIpv6 = ['2606:4700::1111', '2a00:1450:4001::200e'];

/** Written in any way, a literal is refused over https and http alike. */
const literals = (port: number): Form[] => {
  const hosts = Object.entries(privateIpv4).flatMap(([what, address]) => [
    ...Object.entries(ipv4Spellings(address)).map(([how, host]) => [`${what}, ${how}`, host] as const),
    ...Object.entries(embedded(address)).map(([how, host]) => [`${what}, ${how}`, `[${host}]`] as const),
  ]);
  const broken = ['127.0.0.1', '169.254.169.254'].flatMap((address) => Object.entries(brokenSpellings(address)));
  const ipv6 = Object.entries(privateIpv6).flatMap(([what, address]) =>
    Object.entries(ipv6Spellings(address)).map(([how, host]) => [`${what}, ${how}`, host] as const),
  );
  return [...hosts, ...broken, ...ipv6].flatMap(([what, host]) =>
    ['https', 'http'].map((scheme): Form => ({ url: `${scheme}://${host}:${port}/a.png`, what, verdict: 'refused' })),
  );
};

const disguised = (port: number): Form[] =>
  ['127.0.0.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254'].flatMap((host) =>
    Object.entries(disguises(`${host}:${port}`)).map(
      ([what, url]): Form => ({ url, what: `${what}: ${host}`, verdict: 'refused' }),
    ),
  );

const ports = (): Form[] =>
  ['', ':', ':0', ':00080', ':1', ':22', ':25', ':53', ':6379', ':65535', ':65536', ':-1', ':80@', ':８０'].map(
    (port) => ({
      url: `https://127.0.0.1${port}/`,
      what: 'port',
      verdict: 'refused',
    }),
  );

/** Nothing but http(s) is fetched. */
const schemes = (port: number, socketPath: string): Form[] =>
  [
    'file:///etc/passwd',
    'file://127.0.0.1/etc/passwd',
    `ftp://127.0.0.1:${port}/a.png`,
    `gopher://127.0.0.1:${port}/_GET%20/`,
    `dict://127.0.0.1:${port}/info`,
    `ldap://127.0.0.1:${port}/`,
    `tftp://127.0.0.1:${port}/a`,
    `ws://127.0.0.1:${port}/`,
    `wss://127.0.0.1:${port}/`,
    `jar:http://127.0.0.1:${port}!/`,
    `view-source:http://127.0.0.1:${port}/`,
    `blob:http://127.0.0.1:${port}/8f3b`,
    `url:http://127.0.0.1:${port}/`,
    'javascript:alert(1)',
    'about:blank',
    `unix:${socketPath}`,
    `unix://${socketPath}:/a.png`,
    `http+unix://${encodeURIComponent(socketPath)}/a.png`,
    `https://${encodeURIComponent(socketPath)}/a.png`,
    `//127.0.0.1:${port}/a.png`,
    `127.0.0.1:${port}/a.png`,
    '/a.png',
    'a.png',
    '?a',
    '',
    ' ',
    'https',
    'https:',
    'https://',
    'https:///',
    'https://?',
    'https://#',
    'https://@',
    'https://:80/',
    'https://[',
    'https://[]',
    'https://[::1',
    'https://]/',
    'https://%/',
    'https://a b/',
    'https://\ud800/',
  ].map((url) => ({ url, what: 'scheme', verdict: 'refused' }));

/** Names that mean this machine by the standard; the text alone says so. */
const localhosts = (port: number): Form[] =>
  [
    'localhost',
    'LocalHost',
    'localhost.',
    'localhost。',
    'www.localhost',
    'a.b.LOCALHOST.',
    'public.test.localhost',
    'loc%61lhost',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'ｌｏｃａｌｈｏｓｔ',
    'local\u00adhost',
    'loca\tlhost',
    '𝓁ℴ𝒸𝒶𝓁𝒽ℴ𝓈𝓉',
  ].flatMap((host) =>
    ['https', 'http'].map(
      (scheme): Form => ({ url: `${scheme}://${host}:${port}/`, what: 'localhost', verdict: 'refused' }),
    ),
  );

/** The resolver of the test answers all of these with loopback. */
const names = (port: number, socketPath: string): Form[] =>
  [
    'private.test',
    'localhost.localdomain',
    'ip6-localhost',
    'notlocalhost',
    'localhost.public.test',
    '127.0.0.1.nip.io',
    '127-0-0-1.public.test',
    '127.0.0.1.public.test',
    '127.0.0.1..',
    '127.0.0.1.com',
    '0x7f000001.public.test',
    '1.2.3.4.5a',
    'metadata',
    'metadata.google.internal',
    'instance-data.ec2.internal',
    'host.docker.internal',
    'kubernetes.default.svc',
    'gateway',
    '-',
    '_',
    '.',
    '..',
    'a..b',
    'xn--ls8h',
    '😀.test',
    '১২৭.০.০.১',
    'ß.test',
    'callers.s3.amazonaws.com.private.test',
    `${'a'.repeat(63)}.test`,
    `${'a'.repeat(70)}.test`,
    `${'a.'.repeat(126)}test`,
  ]
    .map((host) => `https://${host}:${port}/`)
    .concat([
      `https://public.test:${port}#@127.0.0.1/`,
      `https://public.test:${port}\\@127.0.0.1/`,
      `https://public.test:${port}/@127.0.0.1/`,
      `https://public.test:${port}?@127.0.0.1/`,
      `https://callers.s3.amazonaws.com:${port}\\@127.0.0.1/`,
      // To Nginx a unix socket; to the standard a host without a port.
      `https://unix:${socketPath}:/a.png`,
    ])
    .map((url) => ({ url, what: 'name', verdict: 'name' }));

/** The same spellings of what may be fetched: they are not refused for being odd. Over http they are refused. */
const publics = (): Form[] => [
  ...publicIpv4.flatMap((address) =>
    Object.entries(ipv4Spellings(address)).flatMap(([what, host]): Form[] => [
      { url: `https://${host}/a.png`, what, verdict: 'public', address },
      { url: `http://${host}/a.png`, what: `${what}, plain http`, verdict: 'refused' },
    ]),
  ),
  ...publicIpv6.flatMap((address): Form[] => [
    { url: `https://[${address}]/a.png`, what: 'plain', verdict: 'public', address },
    { url: `http://[${address}]/a.png`, what: 'plain http', verdict: 'refused' },
  ]),
];

/** `port` and `socketPath` are where canaries listen. */
export const addressForms = ({ port, socketPath }: { port: number; socketPath: string }): Form[] => [
  ...literals(port),
  ...disguised(port),
  ...ports(),
  ...schemes(port, socketPath),
  ...localhosts(port),
  ...names(port, socketPath),
  ...publics(),
];

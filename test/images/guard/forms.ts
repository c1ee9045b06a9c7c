/** Addresses to attack the guard with: a table, made from what is forbidden and every way to write it. */
import { brokenSpellings, embedded, ipv4Spellings, ipv6Spellings } from './spellings.ts';

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

export const privateIpv4: Readonly<Record<string, string>> = {
  loopback: '127.0.0.1',
  'loopback, another': '127.1.2.3',
  'loopback, last': '127.255.255.254',
  'this network': '0.0.0.0',
  'this network, another': '0.1.2.3',
  'private 10/8': '10.0.0.1',
  'private 172.16/12': '172.31.255.255',
  'private 192.168/16': '192.168.1.1',
  'carrier-grade NAT': '100.64.0.1',
  'metadata of Alibaba': '100.100.100.200',
  'metadata of most clouds': '169.254.169.254',
  'metadata of containers': '169.254.170.2',
  'platform of Azure': '168.63.129.16',
  'metadata of Oracle': '192.0.0.192',
  documentation: '192.0.2.2',
  benchmarking: '198.18.0.1',
  multicast: '224.0.0.1',
  reserved: '240.0.0.1',
  broadcast: '255.255.255.255',
};

export const privateIpv6: Readonly<Record<string, string>> = {
  unspecified: '::',
  loopback: '::1',
  'link-local': 'fe80::1',
  'site-local': 'fec0::1',
  'unique local': 'fd00::2',
  'metadata of AWS': 'fd00:ec2::254',
  'metadata of Google': 'fd20:ce::254',
  multicast: 'ff02::1',
  'multicast, global': 'ff0e::1',
  documentation: '2001:db8::1',
  'documentation, new': '3fff::1',
  benchmarking: '2001:2::1',
  ORCHID: '2001:20::1',
  'discard-only': '100::1',
  'segment routing': '5f00::1',
  unassigned: '4000::1',
};

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

/** Where the host is not where a hasty reader sees it. `at` is an address with its port. */
const disguises = (at: string): Record<string, string> => ({
  user: `http://public.test@${at}/`,
  'user, https': `https://public.test@${at}/`,
  'user and password': `https://public.test:443@${at}/`,
  'password alone': `https://:public.test@${at}/`,
  'two users': `https://public.test@public.test@${at}/`,
  'encoded user': `https://public.test%2f@${at}/`,
  'bucket as a user': `https://callers.s3.amazonaws.com@${at}/a.png`,
  'bucket and path as a user': `https://callers.s3.eu-central-1.amazonaws.com%2fa.png@${at}/`,
  'bucket as the path': `https://${at}/callers.s3.amazonaws.com/a.png`,
  'fragment with a name': `http://${at}#@public.test/`,
  'query with a name': `http://${at}?@public.test/`,
  'path with a name': `https://${at}/@public.test/`,
  'backslash before a name': `https://${at}\\@public.test/`,
  'backslashes for slashes': `https:\\\\${at}\\a.png`,
  'mixed slashes': `https:/\\${at}/`,
  'no slashes': `https:${at}/`,
  'one slash': `https:/${at}/`,
  'many slashes': `https://////${at}/`,
  'upper-case scheme': `HTTPS://${at}/`,
  'tab in the scheme': `ht\ttps://${at}/`,
  'newline in the scheme': `https:\n//${at}/`,
  'tab before the host': `https://\t${at}/`,
  'return behind the host': `https://${at}\r/`,
  'leading spaces': `  \t\n https://${at}/`,
  'leading control characters': `\u0000\u001fhttps://${at}/`,
  'trailing spaces': `https://${at}/ \n`,
});

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

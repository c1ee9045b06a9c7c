import { drawing } from './svg.ts';

const ownDefs = `
  <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#3f6db5"/><stop offset="0.55" stop-color="#d9a58f"/><stop offset="0.8" stop-color="#ffcf94"/><stop offset="1" stop-color="#ffe6bd"/>
  </linearGradient>
  <linearGradient id="water" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#e7b48a"/><stop offset="0.4" stop-color="#7d93a8"/><stop offset="1" stop-color="#3f627c"/>
  </linearGradient>
  <linearGradient id="deck" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#a87f5c"/><stop offset="1" stop-color="#6f4c33"/>
  </linearGradient>
  <filter id="waves" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.006 0.09" numOctaves="3" seed="5" result="n"/>
    <feColorMatrix in="n" values="2 0 0 0 -0.5  2 0 0 0 -0.5  2 0 0 0 -0.5  0 0 0 0 0.6" result="g"/>
    <feBlend in="g" in2="SourceGraphic" mode="soft-light"/>
  </filter>
  <linearGradient id="ridge" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#8c7f9c"/><stop offset="1" stop-color="#c9a39a"/>
  </linearGradient>
  <linearGradient id="slope" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#4f5266"/><stop offset="1" stop-color="#7b7480"/>
  </linearGradient>
  <radialGradient id="evening" cx="0.78" cy="0" r="0.9">
    <stop offset="0" stop-color="#ffdca6" stop-opacity="0.5"/><stop offset="1" stop-color="#2c1a10" stop-opacity="0.28"/>
  </radialGradient>
  <filter id="timber" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.09 0.006" numOctaves="3" seed="3" result="n"/>
    <feColorMatrix in="n" values="1.4 0 0 0 -0.2  1.4 0 0 0 -0.2  1.4 0 0 0 -0.2  0 0 0 0 0.32" result="g"/>
    <feComposite in="g" in2="SourceGraphic" operator="in" result="t"/><feBlend in="t" in2="SourceGraphic" mode="soft-light"/>
  </filter>`;

const boards = Array.from({ length: 15 }, (_, i) => {
  const far = 300 + i * 30.5;
  const near = -700 + i * 174;
  return `<path d="M${far} 700 L${near} 1024" stroke="#3d2717" stroke-width="${i % 3 === 0 ? 4.5 : 3}" opacity="0.6"/>`;
}).join('');

/** A jetty at a lake in the evening: a ground to stand on, a horizon, and a light with a side and a colour. */
export const place = drawing(
  1024,
  1024,
  ownDefs,
  `<rect width="1024" height="560" fill="url(#sky)"/>
   <g filter="url(#soft14)" opacity="0.75"><ellipse cx="240" cy="180" rx="240" ry="20" fill="#f7d6c0"/><ellipse cx="700" cy="120" rx="300" ry="16" fill="#dcc0c0"/>
   <ellipse cx="620" cy="270" rx="220" ry="14" fill="#ffdcb4"/><ellipse cx="120" cy="330" rx="200" ry="14" fill="#ffd9ae"/></g>
   <circle cx="800" cy="470" r="180" fill="#ffe9b8" opacity="0.75" filter="url(#soft40)"/><circle cx="800" cy="470" r="44" fill="#fff8e2" filter="url(#soft6)"/>
   <g filter="url(#soft2)"><path d="M0 484 C90 440 170 430 260 452 C350 404 430 396 520 430 C600 458 680 468 780 452 C870 440 950 436 1024 446 L1024 560 L0 560 Z" fill="url(#ridge)"/>
   <path d="M0 520 C140 486 280 496 420 524 C560 502 700 520 1024 512 L1024 566 L0 566 Z" fill="url(#slope)"/></g>
   <rect y="552" width="1024" height="472" fill="url(#water)" filter="url(#waves)"/>
   <path d="M740 560 L860 560 L930 800 L690 800 Z" fill="#ffe3b0" opacity="0.5" filter="url(#soft14)"/>
   <path d="M300 700 L727 700 L1736 1024 L-700 1024 Z" fill="url(#deck)" filter="url(#timber)"/>${boards}
   <path d="M300 700 L727 700 L1736 1024 L-700 1024 Z" fill="url(#evening)"/>
   <path d="M300 700 L727 700 L738 704 L288 704 Z" fill="#f0c496" opacity="0.8"/>`,
);

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
  <filter id="hillside" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.03" numOctaves="3" seed="8" result="n"/>
    <feColorMatrix in="n" values="1.4 0 0 0 -0.2  1.4 0 0 0 -0.2  1.4 0 0 0 -0.2  0 0 0 0 0.5" result="g"/>
    <feComposite in="g" in2="SourceGraphic" operator="in" result="t"/><feBlend in="t" in2="SourceGraphic" mode="soft-light"/>
  </filter>
  <filter id="timber" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.05 0.008" numOctaves="4" seed="3" result="n"/>
    <feColorMatrix in="n" values="1.8 0 0 0 -0.4  1.8 0 0 0 -0.4  1.8 0 0 0 -0.4  0 0 0 0 0.6" result="g"/>
    <feComposite in="g" in2="SourceGraphic" operator="in" result="t"/><feBlend in="t" in2="SourceGraphic" mode="soft-light"/>
  </filter>`;

const boards = Array.from({ length: 15 }, (_, i) => {
  const far = 300 + i * 30.5;
  const near = -700 + i * 174;
  return `<path d="M${far} 700 L${near} 1024" stroke="#3d2717" stroke-width="${i % 3 === 0 ? 5 : 3.5}" opacity="0.75"/>`;
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
   <g filter="url(#soft2)"><path d="M0 470 C120 400 220 420 330 450 C430 380 520 410 640 470 C760 440 900 450 1024 420 L1024 560 L0 560 Z" fill="#8d7f93" filter="url(#hillside)"/>
   <path d="M0 520 C160 470 300 500 420 525 C560 490 700 520 1024 500 L1024 570 L0 570 Z" fill="#5d5f6a" filter="url(#hillside)"/></g>
   <rect y="552" width="1024" height="472" fill="url(#water)" filter="url(#waves)"/>
   <path d="M740 560 L860 560 L930 800 L690 800 Z" fill="#ffe3b0" opacity="0.5" filter="url(#soft14)"/>
   <path d="M300 700 L727 700 L1736 1024 L-700 1024 Z" fill="url(#deck)" filter="url(#timber)"/>${boards}
   <path d="M300 700 L727 700 L760 712 L268 712 Z" fill="#d0a279" opacity="0.8"/>
   <path d="M727 700 L1736 1024 L300 1024 Z" fill="#ffd9a0" opacity="0.12"/>`,
);

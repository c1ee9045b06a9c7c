import { drawing } from './svg.ts';

const ownDefs = `
  <linearGradient id="glaze" x1="0" y1="0" x2="1" y2="0">
    <stop offset="0" stop-color="#0f4a4a"/><stop offset="0.25" stop-color="#2f9490"/><stop offset="0.42" stop-color="#6cc7bf"/><stop offset="0.65" stop-color="#1f7a78"/><stop offset="1" stop-color="#0a3536"/>
  </linearGradient>
  <linearGradient id="clay" x1="0" y1="0" x2="1" y2="0">
    <stop offset="0" stop-color="#7d4a30"/><stop offset="0.4" stop-color="#cf8d63"/><stop offset="1" stop-color="#5f3521"/>
  </linearGradient>`;

const vase = `M430 210 C430 190 594 190 594 210 C596 300 572 330 604 390 C690 470 724 560 712 660 C700 770 640 838 600 846
  C560 856 464 856 424 846 C384 838 324 770 312 660 C300 560 334 470 420 390 C452 330 428 300 430 210 Z`;

/** A glazed vase on paper, as a shop shows a product. */
export const product = drawing(
  1024,
  1024,
  ownDefs,
  `<rect width="1024" height="1024" fill="#e9e6e1"/>
   <ellipse cx="540" cy="846" rx="260" ry="36" fill="#5b544b" opacity="0.45" filter="url(#soft14)"/>
   <path d="${vase}" fill="url(#glaze)"/>
   <path d="M316 690 C330 776 384 838 424 846 C464 856 560 856 600 846 C640 838 694 776 708 690 C600 730 424 730 316 690 Z" fill="url(#clay)" filter="url(#cloth)"/>
   <path d="M352 560 C360 520 392 470 430 430" stroke="#e6fffb" stroke-width="26" stroke-linecap="round" fill="none" opacity="0.65" filter="url(#soft6)"/>
   <path d="M456 250 C454 300 450 330 440 356" stroke="#e6fffb" stroke-width="14" stroke-linecap="round" fill="none" opacity="0.6" filter="url(#soft6)"/>
   <ellipse cx="512" cy="210" rx="82" ry="17" fill="#082c2d"/><ellipse cx="512" cy="209" rx="82" ry="17" fill="none" stroke="#5fb5ae" stroke-width="5"/>`,
);

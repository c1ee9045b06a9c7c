import { drawing } from './svg.ts';

const ownDefs = `
  <linearGradient id="knit" x1="0" y1="0" x2="1" y2="0.2">
    <stop offset="0" stop-color="#b0352c"/><stop offset="0.45" stop-color="#dd5446"/><stop offset="1" stop-color="#9c2b24"/>
  </linearGradient>
  <pattern id="rib" width="9" height="40" patternUnits="userSpaceOnUse"><rect width="4" height="40" fill="#7d211c" opacity="0.35"/></pattern>`;

const shape = `M362 160 C300 178 236 206 190 250 C150 330 112 420 84 508 C118 544 172 566 222 572 C240 520 254 482 272 444
  C282 560 284 700 276 860 C400 890 624 890 748 860 C740 700 742 560 752 444 C770 482 784 520 802 572
  C852 566 906 544 940 508 C912 420 874 330 834 250 C788 206 724 178 662 160 C640 220 384 220 362 160 Z`;

/** A short-sleeved top, laid out on a plain ground, as shops show clothes. */
export const garment = drawing(
  1024,
  1024,
  ownDefs,
  `<rect width="1024" height="1024" fill="#f4f3f0"/>
   <path d="${shape}" fill="#6b655c" opacity="0.35" transform="translate(6 14)" filter="url(#soft14)"/>
   <path d="M362 160 C400 130 624 130 662 160 C640 220 384 220 362 160 Z" fill="#7a1f1a"/>
   <path d="${shape}" fill="url(#knit)" filter="url(#folds)"/>
   <path d="M276 470 C300 600 296 740 290 850 M748 470 C724 600 728 740 734 850" stroke="#6b1812" stroke-width="16" fill="none" opacity="0.4" filter="url(#soft14)"/>
   <g filter="url(#soft6)" fill="none"><path d="M300 470 C360 520 420 540 470 542 M724 470 C672 524 620 544 570 548 M292 690 C360 740 430 756 500 752" stroke="#7d211c" stroke-width="15" opacity="0.35"/>
   <path d="M312 446 C372 496 430 512 480 514 M300 664 C366 712 436 728 506 724 M640 300 C636 360 626 400 606 440" stroke="#ff9a86" stroke-width="12" opacity="0.3"/></g>
   <path d="M279 520 C430 545 594 545 745 520 L747 590 C594 615 430 615 277 590 Z" fill="#f6e9d2"/>
   <path d="M278 602 C430 627 594 627 746 602 L746 624 C594 649 430 649 277 624 Z" fill="#24384f"/>
   <path d="M84 508 C118 544 172 566 222 572 L232 540 C184 534 134 512 98 480 Z" fill="#24384f"/>
   <path d="M940 508 C906 544 852 566 802 572 L792 540 C840 534 890 512 926 480 Z" fill="#24384f"/>
   <path d="M276 822 C400 850 624 850 748 822 L748 860 C624 890 400 890 276 860 Z" fill="url(#rib)"/>
   <path d="M356 162 C380 236 644 236 668 162" stroke="#24384f" stroke-width="22" fill="none"/>
   <path d="M272 444 C262 380 250 330 236 300 M752 444 C762 380 774 330 788 300" stroke="#6b1812" stroke-width="5" fill="none" opacity="0.5"/>`,
);

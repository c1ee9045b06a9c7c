import { drawing, mirrored } from './svg.ts';

const width = 768;
const height = 1024;

const ownDefs = `
  <linearGradient id="wall" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="#b9c2c4"/><stop offset="0.55" stop-color="#9fabb0"/><stop offset="1" stop-color="#87949b"/>
  </linearGradient>
  <linearGradient id="skin" x1="0" y1="0" x2="1" y2="0.25">
    <stop offset="0" stop-color="#e7b390"/><stop offset="0.5" stop-color="#d89d78"/><stop offset="1" stop-color="#b5775a"/>
  </linearGradient>
  <linearGradient id="limb" x1="0" y1="0" x2="1" y2="0">
    <stop offset="0" stop-color="#b97d5e"/><stop offset="0.4" stop-color="#dea680"/><stop offset="1" stop-color="#b0714f"/>
  </linearGradient>
  <linearGradient id="shirt" x1="0" y1="0" x2="1" y2="0">
    <stop offset="0" stop-color="#2b4f63"/><stop offset="0.42" stop-color="#4f84a0"/><stop offset="1" stop-color="#234255"/>
  </linearGradient>
  <linearGradient id="jeans" x1="0" y1="0" x2="1" y2="0">
    <stop offset="0" stop-color="#1d2433"/><stop offset="0.45" stop-color="#3a465f"/><stop offset="1" stop-color="#181e2b"/>
  </linearGradient>
  <linearGradient id="hair" x1="0" y1="0" x2="0.7" y2="1">
    <stop offset="0" stop-color="#5a3a26"/><stop offset="0.5" stop-color="#3a2417"/><stop offset="1" stop-color="#22140c"/>
  </linearGradient>`;

/** One side; the other is its mirror image. */
const arm = `
  <path d="M176 560 C164 620 156 690 160 774 L206 776 C216 706 232 640 246 580 Z" fill="url(#limb)"/>
  <path d="M160 766 C152 800 148 828 156 852 C160 868 172 882 184 880 C192 878 195 868 196 858 C201 866 207 860 208 846
    C211 820 210 796 206 768 Z" fill="url(#limb)"/>
  <path d="M204 782 C218 796 222 820 216 838 C211 846 204 840 204 830 Z" fill="#c48a68"/>
  <path d="M170 838 C170 852 172 864 176 872 M184 840 C184 854 186 864 188 870" stroke="#8d5840" stroke-width="2.4" fill="none" opacity="0.5"/>
  <path d="M165 600 C190 614 222 616 240 606 L236 640 C214 648 186 646 164 634 Z" fill="#6b3f2a" opacity="0.35" filter="url(#soft6)"/>`;

const shirt = `M330 352 C300 374 262 382 234 392 C196 406 184 438 177 486 L156 582 C180 602 218 608 248 600 L264 506
  C268 566 270 640 260 708 C330 728 438 728 508 708 C498 640 500 566 504 506 L520 600 C550 608 588 602 612 582 L591 486
  C584 438 572 406 534 392 C506 382 468 374 438 352 C424 392 344 392 330 352 Z`;

const body = `
  <path d="M262 694 L254 1024 L380 1024 L384 806 L388 1024 L516 1024 L506 694 Z" fill="url(#jeans)" filter="url(#cloth)"/>
  <path d="M384 760 L383 1024" stroke="#0f141f" stroke-width="5" opacity="0.6"/>
  <path d="M300 740 C306 840 300 930 294 1024 M452 740 C452 840 446 930 448 1024" stroke="#6c7c9c" stroke-width="26" fill="none" opacity="0.28" filter="url(#soft14)"/>
  <path d="M270 742 C286 772 308 780 326 740 M498 742 C482 772 460 780 442 740" stroke="#121826" stroke-width="3.5" fill="none" opacity="0.7"/>
  <path d="${shirt}" fill="url(#shirt)" filter="url(#folds)"/>
  <g filter="url(#soft6)" fill="none">
    <path d="M264 506 C258 470 250 446 240 426 M504 506 C510 470 518 446 528 426" stroke="#16303f" stroke-width="9" opacity="0.5"/>
    <path d="M276 540 C300 580 330 596 352 600 M492 540 C470 584 440 600 414 604 M272 640 C310 672 350 680 380 678" stroke="#1b3a4a" stroke-width="12" opacity="0.4"/>
    <path d="M284 520 C312 556 336 570 360 574 M286 622 C320 650 352 658 384 656 M470 480 C462 520 452 540 436 560" stroke="#a9d2e4" stroke-width="10" opacity="0.28"/>
    <path d="M196 470 C190 510 184 540 180 572" stroke="#a9d2e4" stroke-width="16" opacity="0.28"/>
  </g>
  <path d="M262 690 C330 712 438 712 506 690 L508 708 C438 728 330 728 260 708 Z" fill="#16303f" opacity="0.35"/>
  <path d="M328 354 C344 398 424 398 440 354" stroke="#1d3948" stroke-width="9" fill="none" opacity="0.75"/>
  <path d="M159 570 C184 590 220 596 249 588 M609 570 C584 590 548 596 519 588" stroke="#1d3948" stroke-width="4" fill="none" opacity="0.6"/>`;

const head = `
  <path d="M344 268 L338 352 C352 392 416 392 430 352 L424 268 Z" fill="#b97f60"/>
  <path d="M338 352 C352 392 416 392 430 352 L427 318 C410 344 358 344 341 318 Z" fill="#cf9874"/>
  <path d="M344 300 C356 336 412 336 424 300 L424 318 C408 350 360 350 342 318 Z" fill="#8d5840" opacity="0.55" filter="url(#soft2)"/>
  <ellipse cx="304" cy="214" rx="12" ry="24" fill="#c2896a"/><ellipse cx="464" cy="214" rx="12" ry="24" fill="#a96e51"/>
  <path d="M306 178 C304 110 344 84 384 84 C424 84 464 110 462 178 C462 240 448 284 420 310 C400 328 368 328 348 310 C320 284 306 240 306 178 Z" fill="url(#skin)"/>
  <path d="M420 120 C452 180 452 250 414 308 C452 280 462 240 462 178 C460 140 444 120 420 120 Z" fill="#8d5840" opacity="0.35" filter="url(#soft6)"/>
  <ellipse cx="338" cy="240" rx="20" ry="13" fill="#e08f78" opacity="0.35" filter="url(#soft6)"/>
  <ellipse cx="430" cy="240" rx="20" ry="13" fill="#c9745e" opacity="0.35" filter="url(#soft6)"/>
  <path d="M324 184 C336 174 354 174 364 182" stroke="#3a2417" stroke-width="7" fill="none" stroke-linecap="round"/>
  <path d="M404 182 C414 174 432 174 444 184" stroke="#3a2417" stroke-width="7" fill="none" stroke-linecap="round"/>
  <path d="M328 206 C336 196 354 196 362 207 C354 213 336 213 328 206 Z" fill="#f6efe8"/><circle cx="346" cy="205" r="7.5" fill="#4b3626"/><circle cx="348" cy="203" r="2.2" fill="#fff"/>
  <path d="M406 207 C414 196 432 196 440 206 C432 213 414 213 406 207 Z" fill="#f6efe8"/><circle cx="423" cy="205" r="7.5" fill="#4b3626"/><circle cx="425" cy="203" r="2.2" fill="#fff"/>
  <path d="M327 205 C336 194 354 194 363 206 M405 206 C414 194 432 194 441 205" stroke="#2a1a12" stroke-width="3.4" fill="none"/>
  <path d="M388 200 C392 222 398 236 392 244 C386 249 374 248 370 243" stroke="#a2694c" stroke-width="4" fill="none" opacity="0.8"/>
  <path d="M377 200 C375 220 374 228 377 238" stroke="#f6cfae" stroke-width="7" fill="none" opacity="0.6" filter="url(#soft2)"/>
  <path d="M354 272 C368 264 376 268 384 267 C392 268 400 264 414 272 C400 288 368 288 354 272 Z" fill="#b2584f"/>
  <path d="M354 272 C372 275 396 275 414 272" stroke="#7c3430" stroke-width="3" fill="none"/>
  <path d="M298 196 C288 110 336 56 388 58 C446 58 482 108 470 196 C464 172 456 150 440 138 C404 146 360 140 340 122 C326 140 306 160 298 196 Z" fill="url(#hair)"/>
  <path d="M330 104 C360 74 410 70 446 104" stroke="#8a5f42" stroke-width="7" fill="none" opacity="0.5" filter="url(#soft2)"/>`;

/** A person to the hips before a wall: what phones and shops send. */
export const person = drawing(
  width,
  height,
  ownDefs,
  `<rect width="${width}" height="${height}" fill="url(#wall)"/>
   <ellipse cx="250" cy="300" rx="330" ry="380" fill="#cdd5d6" opacity="0.5" filter="url(#soft40)"/>
   <ellipse cx="430" cy="640" rx="200" ry="360" fill="#4f5b60" opacity="0.28" filter="url(#soft40)"/>
   ${mirrored(width, arm)}${body}${head}`,
);

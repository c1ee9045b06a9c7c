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

const arm = `
  <path d="M214 424 C176 438 164 500 160 570 C156 650 150 720 152 780 C152 800 160 818 176 822 C194 824 204 806 206 786
    C212 720 226 650 232 590 L252 470 Z" fill="url(#limb)"/>
  <path d="M152 776 C148 816 152 850 168 864 C186 872 204 856 208 826 C210 806 208 792 206 780 Z" fill="url(#limb)"/>
  <path d="M252 380 C206 388 178 428 168 500 C164 536 162 560 160 580 C186 596 216 598 240 588 L268 440 Z" fill="url(#shirt)" filter="url(#cloth)"/>
  <path d="M160 578 C186 594 216 596 240 586" stroke="#1d3948" stroke-width="5" fill="none" opacity="0.6"/>`;

const body = `
  <path d="M262 700 L256 1024 L380 1024 L384 800 L388 1024 L514 1024 L506 700 Z" fill="url(#jeans)" filter="url(#cloth)"/>
  <path d="M384 800 L383 1024" stroke="#0f141f" stroke-width="5" opacity="0.7"/>
  <path d="M262 694 H506 V724 H262 Z" fill="#2b211b"/><rect x="366" y="694" width="38" height="30" rx="4" fill="#b99a5b"/>
  <path d="M334 348 C334 372 316 384 252 382 C236 420 250 500 256 560 C262 620 262 660 258 706 C330 722 438 722 510 706
    C506 660 506 620 512 560 C518 500 532 420 516 382 C452 384 434 372 434 348 C410 392 358 392 334 348 Z" fill="url(#shirt)" filter="url(#folds)"/>
  <path d="M256 440 C270 520 270 600 264 690 M512 440 C498 520 498 600 504 690" stroke="#16303f" stroke-width="14" fill="none" opacity="0.4" filter="url(#soft6)"/>
  <path d="M330 470 C350 560 340 640 352 700 M440 480 C424 560 432 640 420 700" stroke="#7fb0c8" stroke-width="10" fill="none" opacity="0.25" filter="url(#soft6)"/>`;

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
   ${body}${mirrored(width, arm)}${head}`,
);

/** Parts that the drawings share: cloth and skin look like more than flat colour by their noise and soft shading. */
export const defs = `
  <filter id="cloth" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.9 0.6" numOctaves="2" seed="4" result="n"/>
    <feColorMatrix in="n" values="0 0 0 0 0.5  0 0 0 0 0.5  0 0 0 0 0.5  0 0 0 -1.2 1.05" result="g"/>
    <feComposite in="g" in2="SourceGraphic" operator="in" result="t"/>
    <feBlend in="t" in2="SourceGraphic" mode="soft-light"/>
  </filter>
  <filter id="folds" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.011 0.004" numOctaves="3" seed="9" result="n"/>
    <feColorMatrix in="n" values="1.6 0 0 0 -0.3  1.6 0 0 0 -0.3  1.6 0 0 0 -0.3  0 0 0 0 0.2" result="g"/>
    <feComposite in="g" in2="SourceGraphic" operator="in" result="t"/>
    <feBlend in="t" in2="SourceGraphic" mode="soft-light"/>
  </filter>
  <filter id="grain" x="0" y="0" width="100%" height="100%">
    <feTurbulence type="fractalNoise" baseFrequency="0.8" numOctaves="2" seed="2"/>
    <feColorMatrix values="0.33 0.33 0.33 0 0  0.33 0.33 0.33 0 0  0.33 0.33 0.33 0 0  0 0 0 0 0.07"/>
  </filter>
  <filter id="soft2"><feGaussianBlur stdDeviation="2"/></filter>
  <filter id="soft6"><feGaussianBlur stdDeviation="6"/></filter>
  <filter id="soft14"><feGaussianBlur stdDeviation="14"/></filter>
  <filter id="soft40" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="40"/></filter>`;

export const drawing = (width: number, height: number, ownDefs: string, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
  `<defs>${defs}${ownDefs}</defs>${body}<rect width="${width}" height="${height}" filter="url(#grain)"/></svg>`;

/** The same path seen in a mirror: for limbs and sleeves. */
export const mirrored = (width: number, inner: string): string =>
  `${inner}<g transform="translate(${width} 0) scale(-1 1)">${inner}</g>`;

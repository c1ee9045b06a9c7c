/** What somebody may want to smuggle behind, inside or under the name of a picture. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** Every payload says it, however it is packed; no picture that leaves the gateway may. */
export const smuggled = 'SMUGGLED-9f31c7';

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><script>alert("${smuggled}")</script></svg>`;
const script = `/*${smuggled}*/alert(document.domain)//`;
const html = `<!doctype html><html><script>${script}</script><p>${smuggled}</p></html>`;

export const zipOf = (name: string, content: Uint8Array): Buffer => {
  const packed = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.byteLength, 14);
  common.writeUInt32LE(content.byteLength, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.byteLength, 12);
  end.writeUInt32LE(local.byteLength, 16);
  end.writeUInt16LE(smuggled.length, 20);
  return Buffer.concat([local, central, end, Buffer.from(smuggled)]);
};

export const pdfOf = (content = ''): Buffer =>
  Buffer.from(
    `%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert("${smuggled}"))>>>>\nendobj\n${content}trailer<</Root 1 0 R>>\n%%EOF\n`,
    'latin1',
  );

/** Each as it would stand alone. */
export const payloads: Readonly<Record<string, Buffer>> = {
  script: Buffer.from(`=1;${script}\n`),
  page: Buffer.from(html),
  program: Buffer.from(`<?php system($_GET["c"]); /* ${smuggled} */ ?>`),
  archive: zipOf('index.html', Buffer.from(html)),
  'Java archive': zipOf('META-INF/MANIFEST.MF', Buffer.from('Manifest-Version: 1.0\nMain-Class: A\n')),
  document: pdfOf(),
  drawing: Buffer.from(svg),
  'shell script': Buffer.from(`#!/bin/sh\necho ${smuggled}\n`),
};

export const text = { svg, html, script };
export const packedSvg = gzipSync(svg);

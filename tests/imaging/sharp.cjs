// Answers a list of requests (JSON on the standard input) with what sharp makes of each: its size, and its pixels as RGB.
const sharp = require('sharp');

const FITS = { contain: 'inside', upscale: 'inside', cover: 'cover', fill: 'fill', pad: 'contain' };

async function answer({ source, crop, turn, width, height, fit, gravity }) {
  const pixels = Buffer.alloc(source[0] * source[1] * 3);
  for (let y = 0, at = 0; y < source[1]; y++) {
    for (let x = 0; x < source[0]; x++) {
      pixels[at++] = Math.floor((x * 256) / source[0]);
      pixels[at++] = Math.floor((y * 256) / source[1]);
      pixels[at++] = 128;
    }
  }
  let image = sharp(pixels, { raw: { width: source[0], height: source[1], channels: 3 } });
  if (crop) image = image.extract({ left: crop[0], top: crop[1], width: crop[2], height: crop[3] });
  if (turn) {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    image = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } }).rotate(turn);
  }
  if (width || height) {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    image = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } }).resize({
      width: width || undefined,
      height: height || undefined,
      fit: FITS[fit],
      position: gravity,
      withoutEnlargement: fit === 'contain',
      background: '#ffffff',
    });
  }
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { size: [info.width, info.height], pixels: data.toString('base64') };
}

async function main() {
  const requests = JSON.parse(require('fs').readFileSync(0));
  const answers = [];
  for (const request of requests) answers.push(await answer(request));
  process.stdout.write(JSON.stringify(answers));
}

main();

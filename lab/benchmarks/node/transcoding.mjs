// Transforms and images, with a grammar of a size and a format only.
import sharp from "sharp";

export function parse(event) {
  const [, transform, key] = /^\/resize\/([^/]+)\/(.+)$/.exec(decodeURIComponent(event.path));
  const [, width, format] = /^(\d+)x,f=(\w+)$/.exec(transform);
  return { key, transform: { name: transform, width: Number(width), format } };
}

export function transcode(body, { width, format }) {
  const quality = format === "avif" ? 60 : 80; // the core's mapping
  return sharp(body).autoOrient().resize({ width, withoutEnlargement: true }).toFormat(format, { quality }).toBuffer();
}

export function answer(body, { format }, headers) {
  return {
    statusCode: 200,
    headers: { "Content-Type": `image/${format}`, "Cache-Control": "public, max-age=60", ...headers },
    body: body.toString("base64"),
    isBase64Encoded: true,
  };
}

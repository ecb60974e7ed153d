// sharp, with the protocol of ../engines/protocol.py. Arguments: `alone` for one thread and no cache; `cloned` for clones of
// one pipeline instead of a pipeline for each width.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import sharp from "sharp";

if (process.argv[2] === "alone") {
  sharp.concurrency(1);
  sharp.cache(false);
}

const cloned = process.argv[3] === "cloned";

function open(data) {
  return sharp(data, { animated: data.subarray(0, 3).toString() === "GIF", limitInputPixels: false }).autoOrient();
}

async function transcode(data, order) {
  const options = order.format === "png" ? {} : { quality: Number(order.codec_quality) };
  const shared = cloned ? open(data) : null;
  const bodies = [];
  for (const width of order.widths.split(",").map(Number)) {
    const pipeline = shared ? shared.clone() : open(data);
    bodies.push(await pipeline.resize({ width, withoutEnlargement: true }).toFormat(order.format, options).toBuffer());
  }
  return bodies;
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const data = readFileSync(order.input);
  const start = process.cpuUsage();
  const bodies = await transcode(data, order);
  const used = process.cpuUsage(start);
  const seconds = (used.user + used.system) / 1e6;
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  if (order.output) order.widths.split(",").forEach((width, i) => writeFileSync(`${order.output}-${width}`, bodies[i]));
  const peak = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  console.log(JSON.stringify({ seconds, bytes, peak }));
}

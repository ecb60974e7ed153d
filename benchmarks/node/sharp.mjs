// sharp, by the protocol of ../engines/protocol.py. The argument `alone` means one thread and no cache.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import sharp from "sharp";

if (process.argv[2] === "alone") {
  sharp.concurrency(1);
  sharp.cache(false);
}

async function transcode(data, order) {
  const options = order.format === "png" ? {} : { quality: Number(order.codec_quality) };
  return sharp(data, { animated: data.subarray(0, 3).toString() === "GIF", limitInputPixels: false })
    .autoOrient()
    .resize({ width: Number(order.width), withoutEnlargement: true })
    .toFormat(order.format, options)
    .toBuffer();
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const data = readFileSync(order.input);
  const start = process.cpuUsage();
  const body = await transcode(data, order);
  const used = process.cpuUsage(start);
  const seconds = (used.user + used.system) / 1e6;
  if (order.output) writeFileSync(order.output, body);
  const peak = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  console.log(JSON.stringify({ seconds, bytes: body.length, peak }));
}

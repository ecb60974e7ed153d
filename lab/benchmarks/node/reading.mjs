// As in most tutorials: read the original, resize it, answer.
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { serve } from "./runtime.mjs";
import { answer, parse, transcode } from "./transcoding.mjs";

const s3 = new S3Client({ forcePathStyle: true });

await serve(async (event) => {
  const { key, transform } = parse(event);
  const original = await s3.send(new GetObjectCommand({ Bucket: process.env.DESTINATION_BUCKET, Key: key }));
  return answer(await transcode(await original.Body.transformToByteArray(), transform), transform, {});
});

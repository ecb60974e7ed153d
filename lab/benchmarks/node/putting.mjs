// As aws-samples/image-optimization does: read the original, resize it, store the result, answer.
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { serve } from "./runtime.mjs";
import { answer, parse, transcode } from "./transcoding.mjs";

const Bucket = process.env.DESTINATION_BUCKET;
const s3 = new S3Client({ forcePathStyle: true });

await serve(async (event) => {
  const { key, transform } = parse(event);
  const original = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
  const body = await transcode(await original.Body.transformToByteArray(), transform);
  const ContentType = `image/${transform.format}`;
  await s3.send(new PutObjectCommand({ Bucket, Key: `${transform.name}/${key}`, Body: body, ContentType }));
  return answer(body, transform, {});
});

// The same AWS calls as the resize function, see ../../../functions/resizer/derivation.py.
import { createHash, randomUUID } from "node:crypto";
import { CloudFrontClient, CreateInvalidationCommand } from "@aws-sdk/client-cloudfront";
import { DynamoDBClient, PutItemCommand, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { serve } from "./runtime.mjs";
import { answer, parse, transcode } from "./transcoding.mjs";

const { DESTINATION_BUCKET: Bucket, TABLE_NAME: TableName, DISTRIBUTION_ID: DistributionId } = process.env;
const s3 = new S3Client({ forcePathStyle: true });
const dynamodb = new DynamoDBClient();
const cloudfront = new CloudFrontClient();

async function open(Key) {
  try {
    return await s3.send(new GetObjectCommand({ Bucket, Key }));
  } catch (error) {
    if (error.name === "NoSuchKey") return null;
    throw error;
  }
}

async function countDerivatives(key) {
  const found = await dynamodb.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "original = :original",
      FilterExpression: "written >= :since",
      ProjectionExpression: "derivative",
      ExpressionAttributeValues: { ":original": { S: `original#${key}` }, ":since": { N: String(Date.now() - 7776e6) } },
    }),
  );
  return found.Items.length;
}

async function store(body, original, key, transform, tag) {
  const written = String(Date.now());
  await dynamodb.send(
    new PutItemCommand({
      TableName,
      Item: {
        original: { S: `original#${key}` },
        derivative: { S: transform.name },
        etag: { S: original.ETag },
        written: { N: written },
      },
    }),
  );
  const Key = `${transform.name}/${key}`;
  const stored = await s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: body,
      ContentType: `image/${transform.format}`,
      CacheControl: "public, max-age=3600, s-maxage=31536000",
      Metadata: { "original-etag": original.ETag, "cache-tag": tag },
      Tagging: "kind=derivative",
      ServerSideEncryption: "AES256",
      IfNoneMatch: "*",
    }),
  );
  const now = await s3.send(new HeadObjectCommand({ Bucket, Key: key }));
  if (now.ETag !== original.ETag) throw new Error("the original changed");
  return { Key, etag: stored.ETag };
}

async function invalidate(path) {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName,
      Key: { original: { S: `invalidations#${new Date().toISOString().slice(0, 7)}` }, derivative: { S: "#" } },
      UpdateExpression: "ADD paths :one",
      ConditionExpression: "attribute_not_exists(paths) OR paths < :budget",
      ExpressionAttributeValues: { ":one": { N: "1" }, ":budget": { N: "500" } },
    }),
  );
  await cloudfront.send(
    new CreateInvalidationCommand({
      DistributionId,
      InvalidationBatch: { CallerReference: randomUUID(), Paths: { Quantity: 1, Items: [path] } },
    }),
  );
}

await serve(async (event) => {
  const { key, transform } = parse(event);
  const [stored, original] = await Promise.all([open(`${transform.name}/${key}`), open(key)]);
  if (stored) throw new Error("already stored");
  if ((await countDerivatives(key)) >= 1000) throw new Error("too many derivatives");
  const body = await transcode(await original.Body.transformToByteArray(), transform);
  const tag = createHash("sha256").update(key).digest("hex");
  const { Key, etag } = await store(body, original, key, transform, tag);
  await invalidate(`/${Key}`);
  return answer(body, transform, { ETag: etag, "x-amz-meta-cache-tag": tag });
});

import type { OutFile, SinkContext, SinkPart } from '../core/stage.ts'

/** Name of a shard without its ending: `00041`. Five digits, more where the count needs them. */
export function shardName({ partition, partitions }: Pick<SinkContext, 'partition' | 'partitions'>): string {
  return String(partition).padStart(Math.max(5, String(partitions - 1).length), '0')
}

/**
 * `manifest.json`: what a data set holds, for programs that read it: every file with size and sha256, every column
 * with type and meaning. The first file of a part is its shard.
 */
export async function writeManifest(
  format: 'webdataset' | 'parquet',
  columns: Readonly<Record<string, { type: string; nullable?: boolean; doc: string }>>,
  parts: readonly SinkPart[],
  context: Pick<SinkContext, 'create'>,
): Promise<OutFile> {
  const shards = parts.flatMap(({ files: [shard, index] }) => {
    if (!shard) return []
    if (!index) return [shard]
    const { path, bytes, sha256 } = index
    return [{ ...shard, index: { path, bytes, sha256 } }]
  })
  const sum = (of: 'rows' | 'bytes') => shards.reduce((total, shard) => total + shard[of], 0)
  const manifest = {
    format: `pairloom/${format}`,
    version: 1,
    rows: sum('rows'),
    bytes: sum('bytes'),
    columns,
    shards,
  }
  return writeJson('manifest.json', manifest, manifest.rows, context)
}

export async function writeJson(
  path: string,
  value: unknown,
  rows: number,
  context: Pick<SinkContext, 'create'>,
): Promise<OutFile> {
  const out = await context.create(path)
  try {
    await out.write(Buffer.from(`${JSON.stringify(value, null, 2)}\n`))
    return { path, rows, ...(await out.close()) }
  } catch (error) {
    await out.abort()
    throw error
  }
}

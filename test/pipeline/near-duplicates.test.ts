import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { explain } from '../../src/pipeline/explain.ts'
import { newestPlan } from '../../src/pipeline/status.ts'
import { readTable } from '../../src/table/parquet-read.ts'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

function scene(fill: string, x: number) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="320"><rect width="400" height="320" fill="#58b"/><circle cx="${x}" cy="80" r="75" fill="${fill}"/><path d="M0 320 ${x + 80} 130 400 290 400 320Z" fill="#142"/></svg>`
  return sharp(Buffer.from(svg)).removeAlpha()
}

it('near duplicates of a folder end in one row with all texts, are explained by it, and are known to the next run', async () => {
  const pictures = join(bench.folder, 'pictures')
  await mkdir(pictures)
  const cat = await scene('#c31', 90).png().toBuffer()
  await writeFile(join(pictures, 'cat.png'), cat)
  await writeFile(join(pictures, 'cat.txt'), 'a cat')
  await writeFile(join(pictures, 'copy.jpg'), await sharp(cat).resize(200).jpeg({ quality: 60 }).toBuffer())
  await writeFile(join(pictures, 'copy.txt'), 'a small cat')
  await writeFile(join(pictures, 'dog.png'), await scene('#1f4', 310).png().toBuffer())
  await writeFile(join(pictures, 'dog.txt'), 'a dog')
  const stages = {
    rows: { use: 'crawl/folder', path: pictures, hashes: ['phash', 'thumb'] },
    near: { use: 'filter/near-duplicates' },
    pack: { use: 'shard/pack' },
    parquet: { use: 'shard/parquet' },
  }
  const ran = await bench.run({ name: 'near', stages })
  expect(ran.error).toBe(null)
  expect(ran.tally('near')).toMatchObject({ kept: 2, dropped: 1 })
  const folder = bench.runFolder()
  const rejects: string[] = []
  const stage = (await newestPlan(folder)).stages.find(({ id }) => id === 'near')!.dataset
  for (const { files } of (await folder.readCommits(stage)).values())
    if (files.rejects)
      for await (const rows of readTable(folder.store, `${stage}/${files.rejects.path}`))
        rejects.push(...rows.map(({ uid }) => uid as string))
  const [dropped, keeper] = await explain(folder, rejects[0]!)
  expect(dropped!.fate).toMatch(
    new RegExp(`near-duplicate: ${keeper!.uid} \\(limit \\d <= 8 bits, \\d\\.\\d <= 20 levels\\)`),
  )
  expect(keeper!.caption).toBe('a cat')

  const against = [folder.store.locate(stage)]
  const again = { ...stages, near: { use: 'filter/near-duplicates', against } }
  const next = await bench.run({ name: 'near', stages: again }, {}, 'b')
  expect([next.error, next.tally('near')]).toMatchObject([null, { kept: 0, dropped: 3 }])
})

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeReport } from '../../src/pipeline/report/index.ts'
import { runStatus } from '../../src/pipeline/status.ts'
import { pipelineBench } from './harness.ts'

const bench = pipelineBench()

it('a source that gave no row is told at the end of the run, by status and in the report', async () => {
  const put = (name: string, text: string) => writeFile(join(bench.folder, name), text)
  await mkdir(join(bench.folder, 'in'))
  await put('in/page.jpg', 'no picture')
  await put('empty.csv', 'url,text\n')
  await put('full.csv', 'url,text\nhttp://a.test/1.jpg,A fox\n')
  await put('pages.warc', '')
  const at = (name: string) => join(bench.folder, name)
  const stages = {
    empty: { use: 'crawl/list', path: at('empty.csv') },
    full: { use: 'crawl/list', path: at('full.csv') },
    pictures: { use: 'crawl/folder', path: at('in') },
    pages: { use: 'crawl/warc', files: at('pages.warc') },
  }
  const ran = await bench.run({ name: 'empty', stages }, { workers: 1 })
  expect(ran.error).toBeNull()
  const notes = [
    'empty (crawl/list) was read to its end and gave no row: 1 partition; check that the file holds records, and that format, header and url name what is in it',
    'pictures (crawl/folder) was read to its end and gave no row: 1 partition, rejected not-an-image 1; check path and extensions, and the rejects in the report',
    'pages (crawl/warc) was read to its end and gave no row: 1 partition; check that pages are HTML with pictures that have texts of these kinds (texts, captions), and consent',
  ]
  expect(ran.events.at(-1)).toMatchObject({ event: 'end', notes })
  expect((await runStatus(bench.runFolder())).notes).toEqual(notes)
  const page = await readFile(await writeReport(bench.runFolder().store.root), 'utf8')
  for (const note of notes) expect(page).toContain(`<p>${note}</p>`)
})

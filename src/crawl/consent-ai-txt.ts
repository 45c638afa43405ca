import type { Signal } from './consent.ts'
import { parseRobots } from './robots-txt.ts'

/**
 * Reads an /ai.txt (Spawning, spawning.ai/ai-txt): the grammar of robots.txt, whose Disallow lines, mostly of file name
 * endings (`Disallow: *.jpg`), speak of training and not of crawling.
 *
 * url: of the file, for the evidence. A file without rules, such as a page that stands for 404, says nothing.
 */
export function parseAiTxt(body: Uint8Array, url: string): (agent: string, path: string) => Signal | null {
  const txt = parseRobots(body)
  return (agent, path) => {
    const { allowed, rule, line } = txt.match(agent, path)
    return rule === null ? null : { reserves: !allowed, rule: 'ai-txt', source: `${url}:${line} ${rule}` }
  }
}

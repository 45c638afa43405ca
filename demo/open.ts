import { Renderer } from './render.ts'
import { serveWeb } from './serve.ts'
import type { RunningServer } from './serve.ts'
import { truthOf } from './truth.ts'
import type { Truth } from './truth.ts'
import { planWeb } from './web.ts'
import type { WebOptions } from './web.ts'

export interface DemoWebOptions extends WebOptions {
  /** Where rendered pictures stay for the next time. */
  cacheDir: string
  /** 0, the default, takes a free one. */
  port?: number
  /** `ahead` renders every picture before it serves; `on-demand` when first asked for. */
  render?: 'ahead' | 'on-demand'
}

/** A demo web that answers on 127.0.0.1 until it is closed. */
export interface DemoWeb extends RunningServer {
  /** Start pages, one a domain. */
  starts: readonly string[]
  /** Host name -> `127.0.0.1:PORT`: what a pipeline's `hosts:` takes. */
  hosts: Record<string, string>
  truth: Truth
}

/**
 * Plans, renders and serves the demo web.
 *
 * The same seed, size and troubles give the same addresses, texts and bytes, whatever the port.
 */
export async function openDemoWeb(options: DemoWebOptions): Promise<DemoWeb> {
  const { cacheDir, port = 0, render = 'ahead', ...rest } = options
  const web = planWeb(rest)
  const renderer = new Renderer(cacheDir)
  if (render === 'ahead') await renderer.renderAll(web.pictures.flatMap(({ recipe }) => recipe ?? []))
  const server = await serveWeb(web, renderer, port)
  return { ...server, starts: web.sites.map(({ start }) => start), truth: truthOf(web) }
}

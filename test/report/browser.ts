import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A page in a headless browser. */
export interface Page {
  /** Opens a file: URL at this width in CSS px and waits until it is loaded. */
  open(url: string, width: number, scheme: 'light' | 'dark'): Promise<void>
  evaluate<T>(expression: string): Promise<T>
  /** Requests for anything but data: URIs, and what the console and the policy complained of, since `open`. */
  requests(): string[]
  complaints(): string[]
}

export interface Browser {
  page: Page
  close(): Promise<void>
}

interface Message {
  id?: number
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { message: string }
}

/** Starts a browser and speaks the DevTools protocol with one page of it. */
export async function openBrowser(command: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'pairloom-browser-'))
  const child = spawn(
    command,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-extensions',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  async function close(): Promise<void> {
    child.kill('SIGKILL')
    await ended
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const found = /DevTools listening on (ws:\S+)/.exec(said)
        if (found) resolve(found[1]!)
      })
      child.once('error', reject)
      child.once('exit', () => reject(new Error(`Expected ${command} to start, got: ${said}`)))
    })
    return { page: await openPage(address), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openPage(address: string): Promise<Page> {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error(`Expected to connect to ${address}`)), {
      once: true,
    })
  })
  const answers = new Map<number, (message: Message) => void>()
  let serial = 0
  let requests: string[] = []
  let complaints: string[] = []
  let onLoad: () => void = () => undefined

  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id !== undefined) return answers.get(message.id)?.(message)
    const params = message.params as Record<string, Record<string, unknown>> | undefined
    if (message.method === 'Page.loadEventFired') onLoad()
    if (message.method === 'Network.requestWillBeSent') requests.push(String(params?.request?.url))
    if (message.method === 'Log.entryAdded') complaints.push(String(params?.entry?.text))
    if (message.method === 'Runtime.exceptionThrown') complaints.push(String(params?.exceptionDetails?.text))
    if (message.method === 'Runtime.consoleAPICalled') complaints.push(JSON.stringify(message.params?.args))
    return undefined
  })
  function call(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++serial
    return new Promise((resolve, reject) => {
      answers.set(id, ({ result, error }) => {
        answers.delete(id)
        if (error) reject(new Error(`${method}: ${error.message}`))
        else resolve(result ?? {})
      })
      socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
  }

  const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
  const send = (method: string, params: object = {}) => call(method, params, sessionId as string)
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await send(`${domain}.enable`)
  return {
    async open(url, width, scheme) {
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: width < 600,
      })
      await send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      })
      requests = []
      complaints = []
      const loaded = new Promise<void>((resolve) => (onLoad = resolve))
      await send('Page.navigate', { url })
      await loaded
    },
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      })
      if (exceptionDetails)
        throw new Error(`Expected a value of ${expression}, got ${JSON.stringify(exceptionDetails)}`)
      return (result as { value: T }).value
    },
    requests: () => requests.filter((url) => !url.startsWith('data:')),
    complaints: () => complaints,
  }
}

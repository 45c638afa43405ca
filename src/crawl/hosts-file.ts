import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

let hostsFile: Map<string, string[]> | undefined

/** Addresses that this machine's own table (`/etc/hosts`) has for a name; it is read once. */
export function fromHostsFile(host: string): string[] {
  hostsFile ??= readHostsFile()
  return hostsFile.get(host) ?? []
}

function readHostsFile(): Map<string, string[]> {
  const names = new Map<string, string[]>()
  let text: string
  try {
    text = readFileSync(
      process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts',
      'utf8',
    )
  } catch {
    // A machine without the file has no names in it.
    return names
  }
  for (const line of text.split('\n')) {
    const [address = '', ...hostsOfLine] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of hostsOfLine) {
      const key = name.toLowerCase()
      names.set(key, [...(names.get(key) ?? []), address])
    }
  }
  return names
}

import type { TarMember } from '../store/tar.ts'

/** Members that follow each other and have one key, by their endings in small letters. */
export interface Group {
  key: string
  members: Map<string, TarMember>
}

/**
 * Groups members by key as WebDataset does (`tariterators.py`, base_plus_ext and group_by_keys): the key is the path up
 * to the first dot of the file name, the ending what follows it. Files whose name begins with a dot, or that have
 * none, belong to no sample. An ending that comes again begins another sample.
 *
 * Memory: the members of a key, of those with other endings than wanted no bytes.
 */
export async function* groupMembers(
  members: AsyncIterable<TarMember>,
  keys: 'first-dot' | 'last-dot',
  isWanted: (ending: string) => boolean,
): AsyncGenerator<Group> {
  const pattern = keys === 'first-dot' ? /^((?:.*\/)?[^./]+)\.([^/]+)$/ : /^((?:.*\/)?[^./][^/]*)\.([^./]+)$/
  let group: Group | null = null
  for await (const member of members) {
    const [, key, ending] = pattern.exec(member.name.replace(/^\.\//, '')) ?? []
    if (key === undefined) continue
    const name = ending!.toLowerCase()
    if (group && (group.key !== key || group.members.has(name))) {
      yield group
      group = null
    }
    group ??= { key, members: new Map() }
    group.members.set(name, isWanted(name) ? member : { ...member, bytes: Buffer.alloc(0) })
  }
  if (group) yield group
}

import { EdgeTable } from './edge-table.ts'
import { LETTER, SPACE, UNIT_KINDS } from './text-unit.ts'
import { UnitTable } from './unit-table.ts'

export const ROOT = 0
/** The node of one space: most entries begin there. */
export const AFTER_SPACE = 1
/** Label of an edge that is a space; others are labelled with the number of their unit. */
export const SPACE_LABEL = -1

/**
 * A trie of entries over units of text (text-unit.ts) and spaces.
 *
 * Memory: about 50 bytes a node, two nodes an entry of one word and two more for each further word.
 */
export class EntryTrie {
  nodes = 2
  readonly units = new UnitTable()
  parent = new Int32Array(1024)
  label = new Int32Array(1024)
  depth = new Int32Array(1024)
  /** Child by a space, or 0. */
  spaceChild = new Int32Array(1024)
  /** The entry that ends here plus 1, or 0. */
  entry = new Int32Array(1024)
  readonly edges = new EdgeTable()

  constructor() {
    this.spaceChild[ROOT] = AFTER_SPACE
    this.label[AFTER_SPACE] = SPACE_LABEL
    this.depth[AFTER_SPACE] = 1
  }

  /** text: the entry with the spaces that must be around it. False where it is in the trie already. */
  add(text: string, entry: number): boolean {
    let node = ROOT
    for (let i = 0; i < text.length;) {
      const kind = UNIT_KINDS[text.charCodeAt(i)]!
      const from = i++
      if (kind === SPACE) {
        node = this.spaceChild[node]! || this.#node(node, SPACE_LABEL)
        continue
      }
      if (kind === LETTER) while (i < text.length && UNIT_KINDS[text.charCodeAt(i)] === LETTER) i++
      const unit = this.units.add(text, from, i)
      node = this.edges.get(node, unit) || this.#node(node, unit)
    }
    if (this.entry[node] !== 0) return false
    this.entry[node] = entry + 1
    return true
  }

  #node(parent: number, label: number): number {
    const node = this.nodes++
    if (node === this.parent.length) this.#grow()
    this.parent[node] = parent
    this.label[node] = label
    this.depth[node] = this.depth[parent]! + 1
    if (label === SPACE_LABEL) this.spaceChild[parent] = node
    else this.edges.add(parent, label, node)
    return node
  }

  #grow(): void {
    for (const name of ['parent', 'label', 'depth', 'spaceChild', 'entry'] as const) {
      const wider = new Int32Array(2 * this.nodes)
      wider.set(this[name])
      this[name] = wider
    }
  }
}

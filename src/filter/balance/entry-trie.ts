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

/** Children by node and unit, at most half full. Memory: 24 to 48 bytes an edge. */
export class EdgeTable {
  /** Node, unit, child; no child is 0. */
  #slots = new Int32Array(3 * 1024)
  #size = 0

  /** The child, or 0. */
  get(node: number, unit: number): number {
    const slots = this.#slots
    const mask = slots.length / 3 - 1
    for (let slot = slotOf(node, unit) & mask; ; slot = (slot + 1) & mask) {
      const child = slots[3 * slot + 2]!
      if (child === 0 || (slots[3 * slot] === node && slots[3 * slot + 1] === unit)) return child
    }
  }

  add(node: number, unit: number, child: number): void {
    if (6 * ++this.#size > this.#slots.length) {
      const narrow = this.#slots
      this.#slots = new Int32Array(2 * narrow.length)
      for (let i = 0; i < narrow.length; i += 3) {
        if (narrow[i + 2] !== 0) put(this.#slots, narrow[i]!, narrow[i + 1]!, narrow[i + 2]!)
      }
    }
    put(this.#slots, node, unit, child)
  }
}

function put(slots: Int32Array, node: number, unit: number, child: number): void {
  const mask = slots.length / 3 - 1
  let slot = slotOf(node, unit) & mask
  while (slots[3 * slot + 2] !== 0) slot = (slot + 1) & mask
  slots[3 * slot] = node
  slots[3 * slot + 1] = unit
  slots[3 * slot + 2] = child
}

function slotOf(node: number, unit: number): number {
  const hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)
  return hash ^ (hash >>> 15)
}

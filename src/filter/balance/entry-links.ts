import { EdgeTable } from './edge-table.ts'
import { AFTER_SPACE, ROOT, SPACE_LABEL, type EntryTrie } from './entry-trie.ts'

/**
 * What is kept of a node for the search: a place in `EntryLinks.nodes` after that of the node. A node is named by its
 * place, a multiple of `NODE_SIZE`, so that all of it lies in one line of the processor's cache; 0 is none.
 */
export const NODE_SIZE = 8
/** The node after a space. */
export const SPACE_GOTO = 0
/** The node itself, or the first on its way of failures that has children by unit, at last the root. */
export const LIVE = 1
/** The LIVE of where the node fails to. */
export const LIVE_FAILURE = 2
/** The node itself, or the first on its way of failures at which an entry ends. */
export const OUTPUT = 3
/** The next on the way after that. */
export const NEXT_OUTPUT = 4
/** The entry that ends here. */
export const ENTRY = 5

/** Whether there is such a node: places of units that begin no entry are empty. */
export const EXISTS = 6

/** Of the nodes behind a space, that of unit u has place `2 + 2 u`, and that of a further space the next: no look-up. */
export const AFTER_SPACE_AND = 2 * NODE_SIZE

export interface EntryLinks {
  nodes: Int32Array
  /** Children of the root by unit. */
  fromRoot: Int32Array
  /** Children of other nodes, by their places; those behind one space are not among them. */
  edges: EdgeTable
}

/** Makes an automaton of a trie (Aho and Corasick 1975), nodes nearer to the root first. */
export function entryLinks(trie: EntryTrie): EntryLinks {
  const { parent, label, spaceChild, entry } = trie
  const { places, count } = placesOf(trie)
  const failure = new Int32Array(trie.nodes)
  const nodes = new Int32Array(NODE_SIZE * count)
  const fromRoot = new Int32Array(trie.units.size)
  const edges = new EdgeTable()
  const hasUnits = new Uint8Array(trie.nodes)
  for (let node = 1; node < trie.nodes; node++) {
    if (label[node] === SPACE_LABEL) continue
    hasUnits[parent[node]!] = 1
    if (parent[node] === ROOT) fromRoot[label[node]!] = places[node]!
    else if (parent[node] !== AFTER_SPACE) edges.add(places[parent[node]!]!, label[node]!, places[node]!)
  }

  function failureOf(node: number): number {
    if (parent[node] === ROOT) return ROOT
    let from = failure[parent[node]!]!
    if (label[node] === SPACE_LABEL) {
      while (spaceChild[from] === 0) from = failure[from]! // ends at the root, which has one
      return spaceChild[from]!
    }
    for (;;) {
      const found = trie.edges.get(from, label[node]!)
      if (found !== 0 || from === ROOT) return found
      from = failure[from]!
    }
  }

  nodes[SPACE_GOTO] = places[AFTER_SPACE]!
  for (const node of byDepth(trie)) {
    if (node === ROOT) continue
    const at = places[node]!
    failure[node] = failureOf(node)
    const suffix = places[failure[node]!]!
    nodes[at + SPACE_GOTO] = spaceChild[node] === 0 ? nodes[suffix + SPACE_GOTO]! : places[spaceChild[node]!]!
    nodes[at + LIVE] = hasUnits[node] === 1 ? at : nodes[suffix + LIVE]!
    nodes[at + LIVE_FAILURE] = nodes[suffix + LIVE]!
    nodes[at + OUTPUT] = entry[node] === 0 ? nodes[suffix + OUTPUT]! : at
    nodes[at + NEXT_OUTPUT] = nodes[suffix + OUTPUT]!
    nodes[at + ENTRY] = entry[node]! - 1
    nodes[at + EXISTS] = 1
  }
  return { nodes, fromRoot, edges }
}

/** Where each node is kept: the root, the one of a space, two for each unit, then all others. */
function placesOf({ nodes, parent, label, units }: EntryTrie): { places: Int32Array; count: number } {
  const places = new Int32Array(nodes)
  let count = 2 + 2 * units.size
  places[AFTER_SPACE] = NODE_SIZE
  for (let node = 2; node < nodes; node++) {
    const above = parent[node]!
    const isFirst = above === AFTER_SPACE && label[node] !== SPACE_LABEL
    const isSpace = label[node] === SPACE_LABEL && above > AFTER_SPACE && parent[above] === AFTER_SPACE
    if (isFirst) places[node] = AFTER_SPACE_AND + 2 * NODE_SIZE * label[node]!
    else if (isSpace && label[above] !== SPACE_LABEL) places[node] = places[above]! + NODE_SIZE
    else places[node] = NODE_SIZE * count++
  }
  return { places, count }
}

/** All nodes, counted into order. */
function byDepth({ nodes, depth }: EntryTrie): Int32Array {
  let deepest = 0
  for (let node = 0; node < nodes; node++) deepest = Math.max(deepest, depth[node]!)
  const places = new Int32Array(deepest + 2)
  for (let node = 0; node < nodes; node++) places[depth[node]! + 1]!++
  for (let d = 1; d < places.length; d++) places[d]! += places[d - 1]!
  const order = new Int32Array(nodes)
  for (let node = 0; node < nodes; node++) order[places[depth[node]!]!++] = node
  return order
}

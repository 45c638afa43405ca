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

export interface EntryLinks {
  nodes: Int32Array
  /** Children of the root, and behind each that of the node after one space, by unit: half of all steps begin there. */
  first: Int32Array
}

/** Makes an automaton of a trie (Aho and Corasick 1975), nodes nearer to the root first. */
export function entryLinks(trie: EntryTrie): EntryLinks {
  const { parent, label, spaceChild, entry, edges, units } = trie
  const failure = new Int32Array(trie.nodes)
  const nodes = new Int32Array(NODE_SIZE * trie.nodes)
  const first = new Int32Array(2 * units.size)
  const hasUnits = new Uint8Array(trie.nodes)
  for (let node = 1; node < trie.nodes; node++) {
    if (label[node] === SPACE_LABEL) continue
    hasUnits[parent[node]!] = 1
    if (parent[node] === ROOT) first[2 * label[node]!] = NODE_SIZE * node
    if (parent[node] === AFTER_SPACE) first[2 * label[node]! + 1] = NODE_SIZE * node
  }

  function failureOf(node: number): number {
    if (parent[node] === ROOT) return ROOT
    let from = failure[parent[node]!]!
    if (label[node] === SPACE_LABEL) return nodes[NODE_SIZE * from + SPACE_GOTO]! / NODE_SIZE
    for (;;) {
      const found = edges.get(from, label[node]!)
      if (found !== 0 || from === ROOT) return found
      from = failure[from]!
    }
  }

  nodes[SPACE_GOTO] = NODE_SIZE * AFTER_SPACE
  for (const node of byDepth(trie)) {
    if (node === ROOT) continue
    const at = NODE_SIZE * node
    failure[node] = failureOf(node)
    const suffix = NODE_SIZE * failure[node]!
    nodes[at + SPACE_GOTO] = NODE_SIZE * spaceChild[node]! || nodes[suffix + SPACE_GOTO]!
    nodes[at + LIVE] = hasUnits[node] === 1 ? at : nodes[suffix + LIVE]!
    nodes[at + LIVE_FAILURE] = nodes[suffix + LIVE]!
    nodes[at + OUTPUT] = entry[node] === 0 ? nodes[suffix + OUTPUT]! : at
    nodes[at + NEXT_OUTPUT] = nodes[suffix + OUTPUT]!
    nodes[at + ENTRY] = entry[node]! - 1
  }
  return { nodes, first }
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

/// A trie over bytes: finds every token that starts at a position of a text.
struct TokenTrie: Sendable {
  /// One edge: the node it leaves and its byte in one key, and the node it leads to.
  private struct Edge {
    var key: UInt32
    var child: Int32
  }

  /// Edges by hash of their key, `child` 0 where free; a power of two long.
  private var edges = [Edge](repeating: Edge(key: 0, child: 0), count: 64)
  private var edgeCount = 0
  /// What ends at each node, or -1. Node 0 is the root.
  private var values: [Int32] = [-1]
  /// Which bytes lead on from the root.
  private var isFirst = [Bool](repeating: false, count: 256)

  /// Nodes are numbered in 24 bits.
  private static let nodeLimit = 1 << 24

  /// Adds `token` with `value` ≥ 0; a token that is there already gets the new value. False
  /// where the capacity is exhausted, which takes a vocabulary of more than 16 million bytes.
  mutating func insert(_ token: Span<UInt8>, _ value: Int) -> Bool {
    var node = 0
    if token.count > 0 { isFirst[Int(token[0])] = true }
    for index in 0..<token.count {
      if let child = child(of: node, token[index]) {
        node = child
      } else {
        guard values.count < Self.nodeLimit else { return false }
        if (edgeCount + 1) * 2 > edges.count { grow() }
        let child = values.count
        values.append(-1)
        put(Edge(key: key(node, token[index]), child: Int32(child)))
        edgeCount += 1
        node = child
      }
    }
    values[node] = Int32(value)
    return true
  }

  /// Whether any token starts with `byte`.
  @inline(__always)
  func mayStart(with byte: UInt8) -> Bool {
    isFirst[Int(byte)]
  }

  /// The longest token that starts at `index` and ends by `limit`.
  func longestMatch(_ text: Span<UInt8>, _ index: Int, limit: Int) -> (end: Int, value: Int)? {
    var found: (end: Int, value: Int)?
    forEachMatch(text, index, limit: limit) { end, value in found = (end, value) }
    return found
  }

  /// Calls `body` with every token that starts at `index` and ends by `limit`, shortest first.
  @inline(__always)
  func forEachMatch(
    _ text: Span<UInt8>, _ index: Int, limit: Int, _ body: (_ end: Int, _ value: Int) -> Void
  ) {
    var node = 0
    var index = index
    while index < limit, let child = child(of: node, text[index]) {
      node = child
      index += 1
      let value = values[node]
      if value >= 0 { body(index, Int(value)) }
    }
  }

  @inline(__always)
  private func key(_ node: Int, _ byte: UInt8) -> UInt32 {
    UInt32(truncatingIfNeeded: node) << 8 | UInt32(byte)
  }

  @inline(__always)
  private func slot(_ key: UInt32) -> Int {
    let mixed = UInt64(key) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32) & (edges.count - 1)
  }

  @inline(__always)
  private func child(of node: Int, _ byte: UInt8) -> Int? {
    let key = key(node, byte)
    var slot = slot(key)
    while edges[slot].child != 0 {
      if edges[slot].key == key { return Int(edges[slot].child) }
      slot = (slot + 1) & (edges.count - 1)
    }
    return nil
  }

  private mutating func put(_ edge: Edge) {
    var slot = slot(edge.key)
    while edges[slot].child != 0 { slot = (slot + 1) & (edges.count - 1) }
    edges[slot] = edge
  }

  private mutating func grow() {
    let old = edges
    edges = Array(repeating: Edge(key: 0, child: 0), count: old.count * 2)
    for edge in old where edge.child != 0 { put(edge) }
  }
}

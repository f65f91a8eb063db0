/// The symbols of one word while they are merged: a linked list over arrays, and a binary heap
/// of the merges that may be next. A word of n symbols takes O(n log n).
struct MergeQueue {
  private var symbols: [Int32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// Rank in the high half, position of the left symbol in the low half.
  private var heap: [UInt64] = []

  /// Starts a new word.
  mutating func removeAll() {
    symbols.removeAll(keepingCapacity: true)
  }

  /// Adds a symbol at the end of the word.
  mutating func append(_ symbol: Int32) {
    symbols.append(symbol)
  }

  /// Merges what can be merged, always the lowest rank and of equal ones the leftmost, and
  /// appends the tokens that remain.
  mutating func merge(by merges: MergeTable, to output: inout [Int32]) {
    let count = symbols.count
    if count < 2 {
      output.append(contentsOf: symbols)
      return
    }
    previous.removeAll(keepingCapacity: true)
    next.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for index in 0..<count {
      previous.append(Int32(index) - 1)
      next.append(index + 1 < count ? Int32(index) + 1 : -1)
      if index + 1 < count, let merge = merges[symbols[index], symbols[index + 1]] {
        heap.append(Self.entry(merge.rank, index))
      }
    }
    if heap.count > 1 {
      for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    while let (rank, left) = pop() {
      // The entry is stale unless the same two symbols still stand there: ranks are unique.
      let right = next[left]
      guard symbols[left] >= 0, right >= 0,
        let merge = merges[symbols[left], symbols[Int(right)]], merge.rank == rank
      else { continue }
      symbols[left] = merge.result
      symbols[Int(right)] = -1
      let following = next[Int(right)]
      next[left] = following
      if following >= 0 {
        previous[Int(following)] = Int32(left)
        push(merges, left, Int(following))
      }
      if previous[left] >= 0 { push(merges, Int(previous[left]), left) }
    }

    var index = 0
    while index >= 0 {
      output.append(symbols[index])
      index = Int(next[index])
    }
  }

  private static func entry(_ rank: Int32, _ position: Int) -> UInt64 {
    UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(position)
  }

  private mutating func push(_ merges: MergeTable, _ left: Int, _ right: Int) {
    guard let merge = merges[symbols[left], symbols[right]] else { return }
    let entry = Self.entry(merge.rank, left)
    var index = heap.count
    heap.append(entry)
    while index > 0 {
      let parent = (index - 1) / 2
      if heap[parent] <= entry { break }
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = entry
  }

  private mutating func pop() -> (rank: Int32, position: Int)? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown(0)
    }
    return (Int32(truncatingIfNeeded: top >> 32), Int(top & 0xFFFF_FFFF))
  }

  private mutating func siftDown(_ start: Int) {
    let entry = heap[start]
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if entry <= heap[child] { break }
      heap[index] = heap[child]
      index = child
    }
    heap[index] = entry
  }
}

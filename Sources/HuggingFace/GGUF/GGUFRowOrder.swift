/// Where the rows of a family's matrix lie in a GGUF file. Blocks lie along rows, so rows move as
/// they are, whatever their type.
enum GGUFRowOrder: Sendable, Equatable {
  /// As in the family's own files.
  case stored

  /// These rows alone.
  case slice(Range<Int>)

  /// Both halves of each head interleaved: llama.cpp applies interleaved (GPT-J) RoPE
  /// (`LLAMA_ROPE_TYPE_NORM`) where the family applies half-split (NeoX) RoPE. `permute` of
  /// `LlamaModel` in convert_hf_to_gguf.py does it to queries and keys.
  case interleaved(heads: Int)

  /// All queries, all keys, all values, where the family stacks them by key/value head: the query
  /// heads of its group, its key head, its value head. As of `FalconModel` and, with as many
  /// key/value heads as query heads, of `GPTNeoXModel` in convert_hf_to_gguf.py.
  case separated(queryHeads: Int, keyValueHeads: Int)

  /// Whether a number of rows can have this order.
  func fits(rowCount: Int) -> Bool {
    switch self {
    case .stored: true
    case .slice(let rows): rows.upperBound <= rowCount
    case .interleaved(let heads): heads > 0 && rowCount % (2 * heads) == 0
    case .separated(let queryHeads, let keyValueHeads):
      keyValueHeads > 0 && queryHeads % keyValueHeads == 0
        && rowCount % (queryHeads + 2 * keyValueHeads) == 0
    }
  }

  /// The rows of the file in the order of the family.
  ///
  /// - Parameter rowCount: the number of rows in the file, which ``fits(rowCount:)``.
  func runs(rowCount: Int) -> [Range<Int>] {
    switch self {
    case .stored: return [0..<rowCount]
    case .slice(let rows): return [rows]
    case .interleaved(let heads):
      let dimension = rowCount / heads
      var runs: [Range<Int>] = []
      runs.reserveCapacity(rowCount)
      for head in 0..<heads {
        for half in 0..<2 {
          for index in 0..<dimension / 2 {
            let row = head * dimension + 2 * index + half
            runs.append(row..<row + 1)
          }
        }
      }
      return runs
    case .separated(let queryHeads, let keyValueHeads):
      let dimension = rowCount / (queryHeads + 2 * keyValueHeads)
      let group = queryHeads / keyValueHeads
      func heads(_ first: Int, _ count: Int = 1) -> Range<Int> {
        first * dimension..<(first + count) * dimension
      }
      return (0..<keyValueHeads).flatMap { index in
        [
          heads(index * group, group), heads(queryHeads + index),
          heads(queryHeads + keyValueHeads + index),
        ]
      }
    }
  }
}

internal import Compute

/// Which parts of a context training questions are written from, and which held-out ones: no unit is of both.
package struct StudyChunks: Sendable {
  /// A run of the context's text.
  package struct Chunk: Sendable, Equatable {
    /// Bytes of UTF-8 from the beginning of the context.
    package var bytes: Range<Int>
    /// The text.
    package var text: String
  }

  /// What questions are for.
  package enum Part: String, Sendable, Codable, CaseIterable {
    case heldOut = "held-out"
    case training
  }

  private let units: ContextUnits
  private let lengths: ClosedRange<Int>
  /// Runs of units, none touching the next.
  private let runs: [Part: [Range<Int>]]

  /// The most sections that a context is divided into to hold some of them out.
  private static let sections = 20
  /// Tokens of a section, where a context has enough.
  private static let sectionTokens = 96
  /// Apart from the streams of batches, which count from 1.
  private static let stream: UInt64 = .max - 2

  /// Divides a window of a context.
  ///
  /// - Parameters:
  ///   - units: the context.
  ///   - window: units of the window, and its index; nil for the whole context.
  ///   - lengths: tokens of a chunk.
  ///   - share: the share of the context that is held out; 0 holds nothing out.
  ///   - seed: which part is held out follows from it.
  package init(
    _ units: ContextUnits, window: (units: Range<Int>, index: Int)? = nil,
    lengths: ClosedRange<Int>, heldOutShare share: Double, seed: UInt64
  ) {
    self.units = units
    self.lengths = lengths
    let window = window ?? (units.units.indices, 0)
    tokens = units.tokens(of: window.units)
    let sections = Self.divide(units, window.units)
    guard share > 0, sections.count > 1 else {
      runs = [.training: [window.units], .heldOut: []]
      heldOutTokens = 0
      return
    }
    let wanted = Int((share * Double(sections.count)).rounded())
    var random = SplitMix64(seed: seed, stream: Self.stream &- UInt64(window.index))
    let chosen = Set(
      random.subset(of: sections.count, count: min(max(wanted, 1), sections.count - 1)))
    var runs: [Part: [Range<Int>]] = [.training: [], .heldOut: []]
    var last: Part?
    for (index, section) in sections.enumerated() {
      let part: Part = chosen.contains(index) ? .heldOut : .training
      if part == last, let run = runs[part]?.popLast() {
        runs[part]?.append(run.lowerBound..<section.upperBound)
      } else {
        runs[part]?.append(section)
      }
      last = part
    }
    self.runs = runs
    heldOutTokens = (runs[.heldOut] ?? []).reduce(0) { $0 + units.tokens(of: $1) }
  }

  /// Sections of about the same number of tokens.
  private static func divide(_ units: ContextUnits, _ window: Range<Int>) -> [Range<Int>] {
    let total = units.tokens(of: window)
    let count = min(max(total / sectionTokens, 2), sections, window.count)
    var (result, start, tokens) = ([Range<Int>](), window.lowerBound, 0)
    for index in window {
      tokens += units.units[index].tokens
      let isLast = index == window.upperBound - 1
      if isLast || tokens * count >= total * (result.count + 1) {
        result.append(start..<(index + 1))
        start = index + 1
      }
    }
    return result
  }

  /// Whether questions can be written for a part.
  package func has(_ part: Part) -> Bool { runs[part]?.isEmpty == false }

  /// The bytes of each run of a part.
  package func spans(of part: Part) -> [Range<Int>] {
    (runs[part] ?? []).compactMap(units.bytes)
  }

  /// Tokens that are held out.
  let heldOutTokens: Int
  /// Tokens of all units.
  let tokens: Int

  /// A chunk of a part, whose first token is any of its tokens with the same probability, moved back to the beginning of its unit.
  func draw(_ part: Part, _ random: inout SplitMix64) -> Chunk {
    let runs = runs[part] ?? []
    var place = random.number(below: max(runs.reduce(0) { $0 + units.tokens(of: $1) }, 1))
    let run = runs.first { run in
      let count = units.tokens(of: run)
      if place < count { return true }
      place -= count
      return false
    }
    guard let run else { return Chunk(bytes: 0..<0, text: "") }
    let most = min(lengths.upperBound, units.tokens(of: run))
    let least = min(lengths.lowerBound, most)
    let length = least + random.number(below: most - least + 1)
    var first = run.lowerBound
    var start = random.number(below: units.tokens(of: run) - length + 1)
    while first < run.upperBound - 1, start >= units.units[first].tokens {
      start -= units.units[first].tokens
      first += 1
    }
    var (end, count) = (first, 0)
    while end < run.upperBound, count < length {
      count += units.units[end].tokens
      end += 1
    }
    return Chunk(bytes: units.bytes(of: first..<end) ?? 0..<0, text: units.text(of: first..<end))
  }
}

extension [StudyChunks] {
  /// Tokens of all windows.
  var tokens: Int { reduce(0) { $0 + $1.tokens } }

  /// The share of the tokens that is held out.
  package var heldOutShare: Double {
    Double(reduce(0) { $0 + $1.heldOutTokens }) / Double(Swift.max(tokens, 1))
  }
}

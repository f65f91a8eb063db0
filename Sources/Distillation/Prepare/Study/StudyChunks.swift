internal import Compute

/// Which parts of a context training questions are written from, and which held-out ones: no unit
/// is of both.
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
  fileprivate static let stream: UInt64 = .max - 2

  /// Divides a window of a context.
  ///
  /// - Parameters:
  ///   - units: the context.
  ///   - window: units of the window, and its index; nil for the whole context.
  ///   - lengths: tokens of a chunk.
  ///   - share: the share of the context that is held out; 0 holds nothing out.
  ///   - heldOutSections: how many of the window's sections are held out; nil for that share of
  ///     them, and one at least.
  ///   - seed: which part is held out follows from it.
  package init(
    _ units: ContextUnits, window: (units: Range<Int>, index: Int)? = nil,
    lengths: ClosedRange<Int>, heldOutShare share: Double, heldOutSections: Int? = nil, seed: UInt64
  ) {
    self.units = units
    self.lengths = lengths
    let window = window ?? (units.units.indices, 0)
    tokens = units.tokens(of: window.units)
    let sections = Self.divide(units, window.units, share)
    let wanted = heldOutSections ?? max(Int((share * Double(sections.count)).rounded()), 1)
    guard share > 0, sections.count > 1, wanted > 0 else {
      runs = [.training: [window.units], .heldOut: []]
      heldOutTokens = 0
      return
    }
    var random = SplitMix64(seed: seed, stream: Self.stream &- UInt64(window.index))
    let chosen = Set(
      random.subset(of: sections.count, count: min(wanted, sections.count - 1)))
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

  /// Sections of about the same number of tokens: so many, where there are as many units, that one
  /// of them is the share that is held out.
  fileprivate static func divide(
    _ units: ContextUnits, _ window: Range<Int>, _ share: Double
  ) -> [Range<Int>] {
    let total = units.tokens(of: window)
    let least = share > 0 ? Int(min((1 / share).rounded(.up), Double(sections))) : 1
    let count = min(max(total / sectionTokens, least, 2), sections, window.count)
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

  /// The mean length of a chunk in tokens, where the window is not divided.
  var usualLength: Double {
    let most = min(lengths.upperBound, tokens)
    return Double(min(lengths.lowerBound, most) + most) / 2
  }

  /// A chunk of a part, whose first token is any of its tokens with the same probability, moved
  /// back to the beginning of its unit.
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
  /// Divides every window of a context. Of windows of few sections not every one keeps some apart,
  /// so that over all of them no more is held out than requested, but one section at least.
  ///
  /// - Parameters:
  ///   - units: the context.
  ///   - windows: units of each window.
  ///   - lengths: tokens of a chunk.
  ///   - share: the share of the context that is held out; 0 holds nothing out.
  ///   - seed: which part is held out follows from it.
  init(
    _ units: ContextUnits, windows: [Range<Int>], lengths: ClosedRange<Int>,
    heldOutShare share: Double, seed: UInt64
  ) {
    let sections = windows.map { StudyChunks.divide(units, $0, share).count }
    var random = SplitMix64(seed: seed, stream: StudyChunks.stream)
    // Where the count of a window is rounded up: by its first sections' fraction.
    let offset = windows.count == 1 ? 0.5 : Double(random.number(below: 1 << 20)) / Double(1 << 20)
    var (held, before) = ([Int](), 0.0)
    for count in sections {
      let after = before + share * Double(count)
      held.append(Int(after + offset) - Int(before + offset))
      before = after
    }
    if held.allSatisfy({ $0 == 0 }), let most = sections.max(), most > 1 {
      let large = sections.indices.filter { sections[$0] == most }
      held[large[random.number(below: large.count)]] = 1
    }
    self = windows.enumerated().map { index, window in
      StudyChunks(
        units, window: (window, index), lengths: lengths, heldOutShare: share,
        heldOutSections: held[index], seed: seed)
    }
  }

  /// Tokens of all windows.
  var tokens: Int { reduce(0) { $0 + $1.tokens } }

  /// Bytes of all windows.
  var bytes: Int {
    reduce(0) { sum, chunks in
      StudyChunks.Part.allCases.reduce(sum) { sum, part in
        chunks.spans(of: part).reduce(sum) { $0 + $1.count }
      }
    }
  }

  /// The share of the tokens that is held out.
  package var heldOutShare: Double {
    Double(reduce(0) { $0 + $1.heldOutTokens }) / Double(Swift.max(tokens, 1))
  }
}

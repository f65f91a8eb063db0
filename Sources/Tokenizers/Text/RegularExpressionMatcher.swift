/// Runs a program over a stretch of text, by backtracking: alternatives in order, loops as long as
/// possible first, as Oniguruma does. Every instruction and every scalar of a run is a step that
/// counts.
struct RegularExpressionMatcher {
  /// What is tried where the present way fails.
  private struct Frame {
    /// Where to go on; below 0 it is a mark to be restored, `-1 - mark`.
    let instruction: Int
    var position: Int
    /// The shortest end of a run, which gives back one scalar at a time; -1 for other frames.
    let least: Int
  }

  private let program: RegularExpressionProgram
  private let pattern: String
  private let range: Range<Int>
  private var frames: [Frame] = []
  private var marks: [Int]

  /// More alternatives at a time would take too much memory.
  private static let mostFrames = 1 << 22

  init(_ program: RegularExpressionProgram, pattern: String, in range: Range<Int>) {
    self.program = program
    self.pattern = pattern
    self.range = range
    marks = Array(repeating: -1, count: program.marks)
  }

  /// The first match that starts at or behind `start`.
  mutating func firstMatch(
    in text: Span<UInt8>, from start: Int, _ budget: inout TextBudget
  ) throws(TextBudget.Exceeded) -> Range<Int>? {
    var start = start
    while true {
      if let end = try run(0, start, text, &budget) { return start..<end }
      frames.removeAll(keepingCapacity: true)
      if start == range.upperBound { return nil }
      start += scalarLength(text[start])
    }
  }

  /// Runs the instructions from `instruction` on up to the next `accept`; where that ends, or nil.
  private mutating func run(
    _ instruction: Int, _ position: Int, _ text: Span<UInt8>, _ budget: inout TextBudget
  ) throws(TextBudget.Exceeded) -> Int? {
    let base = frames.count
    defer { frames.removeSubrange(base...) }
    var instruction = instruction
    var position = position
    var steps = 0
    while true {
      steps += 1
      if steps >= 1024 || frames.count > Self.mostFrames {
        let count = frames.count > Self.mostFrames ? Int.max / 4 : steps
        try budget.spend(steps: count, pattern: pattern)
        steps = 0
      }
      var isFailed = false
      switch program.instructions[instruction] {
      case .one(let set):
        if let length = match(set, text, position) {
          position += length
          instruction += 1
        } else {
          isFailed = true
        }
      case .run(let set, let least, let most, let isPossessive):
        var count = 0
        var shortest = position
        while count < most, let length = match(set, text, position) {
          position += length
          count += 1
          if count == least { shortest = position }
        }
        steps += count
        if count < least {
          isFailed = true
        } else {
          instruction += 1
          if !isPossessive, position > shortest {
            frames.append(Frame(instruction: instruction, position: position, least: shortest))
          }
        }
      case .split(let first, let second):
        frames.append(Frame(instruction: second, position: position, least: -1))
        instruction = first
      case .jump(let target):
        instruction = target
      case .mark(let mark):
        frames.append(Frame(instruction: -1 - mark, position: marks[mark], least: -1))
        marks[mark] = position
        instruction += 1
      case .leaveIfEmpty(let mark, let target):
        instruction = marks[mark] == position ? target : instruction + 1
      case .atomic(let next):
        if let end = try run(instruction + 1, position, text, &budget) {
          position = end
          instruction = next
        } else {
          isFailed = true
        }
      case .look(let behind, let isNegated, let next):
        let start = back(behind ?? 0, from: position, text)
        let end = try start.map { start throws(TextBudget.Exceeded) in
          try run(instruction + 1, start, text, &budget)
        }
        if (end.flatMap { $0 } != nil) != isNegated { instruction = next } else { isFailed = true }
      case .accept:
        try budget.spend(steps: steps, pattern: pattern)
        return position
      case .lineStart, .lineEnd, .textStart, .textEnd:
        if holds(program.instructions[instruction], text, position) {
          instruction += 1
        } else {
          isFailed = true
        }
      }
      if isFailed, !resume(base, &instruction, &position, text) {
        try budget.spend(steps: steps, pattern: pattern)
        return nil
      }
    }
  }

  /// The length of the scalar at `position` if the class has it.
  @inline(__always)
  private func match(_ set: Int, _ text: Span<UInt8>, _ position: Int) -> Int? {
    guard position < range.upperBound else { return nil }
    let (value, length) = decodeScalar(text, at: position)
    return program.classes[set].contains(value) ? length : nil
  }

  /// Takes the last alternative above `base`; false where none is left.
  private mutating func resume(
    _ base: Int, _ instruction: inout Int, _ position: inout Int, _ text: Span<UInt8>
  ) -> Bool {
    while frames.count > base {
      let frame = frames.removeLast()
      guard frame.instruction >= 0 else {
        marks[-1 - frame.instruction] = frame.position
        continue
      }
      instruction = frame.instruction
      position = frame.position
      if frame.least >= 0 {
        position = scalarStart(text, before: position)
        if position > frame.least {
          frames.append(Frame(instruction: instruction, position: position, least: frame.least))
        }
      }
      return true
    }
    return false
  }

  /// The position `count` scalars before `position`, or nil.
  private func back(_ count: Int, from position: Int, _ text: Span<UInt8>) -> Int? {
    var position = position
    for _ in 0..<count {
      guard position > range.lowerBound else { return nil }
      position = scalarStart(text, before: position)
    }
    return position
  }

  private func holds(
    _ assertion: RegularExpressionProgram.Instruction, _ text: Span<UInt8>, _ position: Int
  ) -> Bool {
    let isAtEnd = position == range.upperBound
    let isAtStart = position == range.lowerBound
    switch assertion {
    case .lineStart: return isAtStart || !isAtEnd && text[position - 1] == 0x0A
    case .lineEnd: return isAtEnd || text[position] == 0x0A
    case .textStart: return isAtStart
    case .textEnd: return isAtEnd
    default: return false
    }
  }
}

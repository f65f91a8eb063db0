/// A regular expression as instructions for `RegularExpressionMatcher`.
struct RegularExpressionProgram: Sendable {
  enum Instruction: Sendable {
    /// One scalar of a class.
    case one(Int)
    /// A run of scalars of a class, as long as possible; shorter ones are tried afterwards.
    case run(Int, least: Int, most: Int, isPossessive: Bool)
    /// Continues at the first instruction, and at the second where that fails.
    case split(Int, Int)
    case jump(Int)
    /// Stores the position at which an iteration of a loop begins.
    case mark(Int)
    /// Leaves the loop where an iteration has matched nothing.
    case leaveIfEmpty(Int, to: Int)
    /// Runs the instructions up to `next` by themselves and goes on where they end.
    case atomic(next: Int)
    /// Runs the instructions up to `next` by themselves and goes on where it stands; behind, they
    /// start `behind` scalars earlier.
    case look(behind: Int?, isNegated: Bool, next: Int)
    case lineStart, lineEnd, textStart, textEnd
    case accept
  }

  private(set) var instructions: [Instruction] = []
  private(set) var classes: [CharacterClass] = []
  /// How many loops remember a position.
  private(set) var marks = 0

  /// Counts are written out, so that a few nested ones make a large program.
  private static let largest = 20_000

  init(_ node: RegularExpressionNode) throws(RegularExpression.Failure) {
    try append(node)
    instructions.append(.accept)
  }

  private var end: Int { instructions.count }

  private mutating func emit(_ instruction: Instruction) throws(RegularExpression.Failure) {
    guard end < Self.largest else { throw .without("more than \(Self.largest) instructions") }
    instructions.append(instruction)
  }

  private mutating func append(_ node: RegularExpressionNode) throws(RegularExpression.Failure) {
    switch node {
    case .one(let set):
      classes.append(set)
      try emit(.one(classes.count - 1))
    case .sequence(let parts):
      for part in parts { try append(part) }
    case .choice(let parts):
      try appendChoice(parts)
    case .repeated(let part, let least, let most, let mode):
      try appendLoop(part, least, most, mode)
    case .look(let part, let isAhead, let isNegated):
      let start = end
      try emit(.accept)
      try append(part)
      try emit(.accept)
      instructions[start] = .look(
        behind: isAhead ? nil : part.length ?? 0, isNegated: isNegated, next: end)
    case .atomic(let part):
      try appendAtomic { program throws(RegularExpression.Failure) in try program.append(part) }
    case .lineStart: try emit(.lineStart)
    case .lineEnd: try emit(.lineEnd)
    case .textStart: try emit(.textStart)
    case .textEnd: try emit(.textEnd)
    }
  }

  private mutating func appendAtomic(
    _ body: (inout RegularExpressionProgram) throws(RegularExpression.Failure) -> Void
  ) throws(RegularExpression.Failure) {
    let start = end
    try emit(.accept)
    try body(&self)
    try emit(.accept)
    instructions[start] = .atomic(next: end)
  }

  private mutating func appendChoice(
    _ parts: [RegularExpressionNode]
  ) throws(RegularExpression.Failure) {
    var jumps: [Int] = []
    for (index, part) in parts.enumerated() {
      guard index < parts.count - 1 else {
        try append(part)
        break
      }
      let split = end
      try emit(.accept)
      try append(part)
      jumps.append(end)
      try emit(.accept)
      instructions[split] = .split(split + 1, end)
    }
    for jump in jumps { instructions[jump] = .jump(end) }
  }

  private mutating func appendLoop(
    _ part: RegularExpressionNode, _ least: Int, _ most: Int?, _ mode: RegularExpressionNode.Mode
  ) throws(RegularExpression.Failure) {
    if case .one(let set) = part, mode != .lazy {
      classes.append(set)
      try emit(
        .run(
          classes.count - 1, least: least, most: most ?? Int.max, isPossessive: mode == .possessive)
      )
      return
    }
    if mode == .possessive {
      try appendAtomic { program throws(RegularExpression.Failure) in
        try program.appendLoop(part, least, most, .greedy)
      }
      return
    }
    for _ in 0..<least { try append(part) }
    if let most {
      var splits: [Int] = []
      for _ in least..<most {
        splits.append(end)
        try emit(.accept)
        try append(part)
      }
      for split in splits { instructions[split] = Self.split(split + 1, end, mode) }
      return
    }
    let mark = marks
    marks += 1
    let start = end
    try emit(.accept)
    try emit(.mark(mark))
    try append(part)
    let leave = end
    try emit(.accept)
    try emit(.jump(start))
    instructions[leave] = .leaveIfEmpty(mark, to: end)
    instructions[start] = Self.split(start + 1, end, mode)
  }

  private static func split(
    _ body: Int, _ exit: Int, _ mode: RegularExpressionNode.Mode
  ) -> Instruction {
    mode == .lazy ? .split(exit, body) : .split(body, exit)
  }
}

package import Inference
import JSON

/// The parts of a context that a teacher reads before prompts, each once.
package struct ContextSpans: Sendable {
  /// The parts: the whole context, spans in its order, then texts of lines' own as they come.
  package let parts: [ContextPart]
  /// Header, part and closing of each.
  package let prefixes: [Prefix]
  private let indices: [ContextPart: Int]

  /// The number of parts.
  package var count: Int { parts.count }

  /// The index of a part.
  package subscript(part: ContextPart) -> Int { indices[part] ?? 0 }

  /// Rows of the longest prefix.
  var longestRows: Int { prefixes.map(\.rows).max() ?? 0 }

  /// The parts of a study.
  init(
    _ parts: [ContextPart], _ conditioning: Conditioning
  ) throws(DistillationError) {
    self.parts = parts
    prefixes = try parts.map { (part) throws(DistillationError) in
      try conditioning.teacherPrefix(of: part)
    }
    indices = Dictionary(uniqueKeysWithValues: zip(parts, parts.indices))
  }

  /// The parts that examples name, tokenized; at least one.
  ///
  /// - Throws: when the tokenizer leaves nothing of a line's own text.
  package init(
    of examples: [InputExample], _ conditioning: Conditioning
  ) throws(DistillationError) {
    var (spans, own, isWholeRead) = ([Range<Int>: InputExample](), [InputExample](), false)
    var known: Set<ContextPart> = []
    for example in examples where known.insert(example.context).inserted {
      switch example.context {
      case .whole: isWholeRead = true
      case .span(let bytes): spans[bytes] = example
      case .own: own.append(example)
      }
    }
    let inOrder = spans.sorted {
      ($0.key.lowerBound, $0.key.upperBound) < ($1.key.lowerBound, $1.key.upperBound)
    }
    let named = inOrder.map(\.value) + own
    for example in named
    where try conditioning.teacherPrefix(of: example.context).body == .context([]) {
      throw .line(
        file: example.file, line: example.line, column: nil,
        reason: "expected a context, found one that the tokenizer leaves nothing of")
    }
    try self.init(
      (isWholeRead || named.isEmpty ? [.whole] : []) + named.map(\.context), conditioning)
  }

  /// The indices of the parts of the run's own context.
  var windows: [Int] {
    parts.indices.filter { if case .own = parts[$0] { false } else { true } }
  }

  /// What the teacher reads, of which a prompt of keys and values starts from rows: the whole
  /// context where it is read at once, else one part after the other.
  var startingParts: [Prefix] { parts.first == .whole ? [prefixes[0]] : prefixes }

  /// Tokens of the texts that lines bring of their own.
  var ownTokens: [Int] {
    zip(parts, prefixes).flatMap { part, prefix in
      if case .own = part, case .context(let tokens) = prefix.body { tokens } else { [Int]() }
    }
  }
}

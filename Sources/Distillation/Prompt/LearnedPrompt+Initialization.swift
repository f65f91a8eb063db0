internal import Compute
import Files
import Foundation
package import Inference
import JSON
package import Ranks
import Safetensors

/// The data from which a soft prompt is initialised.
package struct InitializationSource {
  /// The token ids of the context; empty without one.
  package let context: [Int]
  /// E.
  package let width: Int
  /// V: the rows of the embedding matrix.
  package let vocabularySize: Int
  /// Ids of special tokens.
  package let specialIdentifiers: Set<Int>
  /// The ranks of the run, of which the first one reads a stored prompt for all: another host may
  /// not have it.
  package let ranks: Ranks
  /// Looks up the embeddings of token ids: [count, E].
  package let lookup: ([Int]) throws(DistillationError) -> [Float]

  /// A source; `lookup` returns the embeddings of token ids: [count, E], row-major.
  package init(
    context: [Int], width: Int, vocabularySize: Int, specialIdentifiers: Set<Int>,
    sharedBy ranks: Ranks = .one,
    lookup: @escaping ([Int]) throws(DistillationError) -> [Float]
  ) {
    self.context = context
    self.width = width
    self.vocabularySize = vocabularySize
    self.specialIdentifiers = specialIdentifiers
    self.ranks = ranks
    self.lookup = lookup
  }

  /// Number of context tokens that ``embeddingScale()`` reads.
  private static let scaleSample = 1024

  /// The root mean square of the embeddings of the context, or without one of the vocabulary, over
  /// at most 1,024 tokens that are spread evenly over it. It scales random starts and the default
  /// learning rate.
  ///
  /// - Throws: what the lookup of the embeddings throws.
  package func embeddingScale() throws(DistillationError) -> Float {
    let tokens = context.isEmpty ? Array(0..<vocabularySize) : context
    let count = min(tokens.count, Self.scaleSample)
    let sample = (0..<count).map { tokens[$0 * tokens.count / count] }
    return Self.rootMeanSquare(of: try lookup(sample))
  }

  /// The root of the mean square of `values`; 0 where there are none.
  static func rootMeanSquare(of values: [Float]) -> Float {
    guard !values.isEmpty else { return 0 }
    var sum = 0.0
    for value in values { sum += Double(value) * Double(value) }
    return Float((sum / Double(values.count)).squareRoot())
  }
}

extension LearnedPrompt {
  /// The soft prompt of `count` vectors that training starts from. A stored prompt of Pith's with
  /// fewer is followed by embeddings of the context, as of `sampled`; without one by those of
  /// `vocabulary`.
  ///
  /// - Throws: when `count` does not fit the context, or the file cannot be read, has another
  ///   shape, or holds NaN.
  package static func initial(
    _ kind: Initialization, count: Int, from source: InitializationSource, seed: UInt64
  ) throws(DistillationError) -> LearnedPrompt {
    let isWithoutContext = source.context.isEmpty && !kind.needsContext
    guard count > 0, count < source.context.count || isWithoutContext else {
      throw tooMany(count, contextTokens: source.context.count)
    }
    var random = SplitMix64(seed: seed)
    switch kind {
    case .sampled:
      let positions = random.subset(of: source.context.count, count: count)
      return LearnedPrompt(
        embeddings: try source.lookup(positions.map { source.context[$0] }), width: source.width)
    case .first:
      return LearnedPrompt(
        embeddings: try source.lookup(Array(source.context.prefix(count))), width: source.width)
    case .pooled:
      return try pooled(count, from: source)
    case .vocabulary:
      let identifiers = try ordinary(count, from: source, &random)
      return LearnedPrompt(embeddings: try source.lookup(identifiers), width: source.width)
    case .random:
      let scale = Double(try source.embeddingScale())
      let values = (0..<count * source.width).map { _ in Float(scale * random.normal()) }
      return LearnedPrompt(embeddings: values, width: source.width)
    case .file(let url):
      let stored = LearnedPrompt(
        embeddings: try source.ranks.ofFirst(reading: { () throws(DistillationError) in
          try Self.stored(in: url, count: count, width: source.width).values
        }), width: source.width)
      let missing = count - stored.form.tokenCount
      guard missing > 0 else { return stored }
      let more = try initial(
        source.context.isEmpty ? .vocabulary : .sampled, count: missing, from: source, seed: seed)
      return LearnedPrompt(embeddings: stored.values + more.values, width: source.width)
    case .chunks, .randomText, .matched:
      preconditionFailure("the options of keys and values")
    }
  }

  /// The error of a count that is not below the context's.
  static func tooMany(_ count: Int, contextTokens: Int) -> DistillationError {
    guard contextTokens > 1 else {
      return .option(
        .tokens, expected: "a context of 2 tokens or more, so that fewer can replace it",
        found: "one of \(Counted(contextTokens, "token"))")
    }
    let range = contextTokens == 2 ? "1" : "1 to \(contextTokens - 1)"
    return .option(
      .tokens,
      expected: "\(range), fewer than the context's \(Counted(contextTokens, "token"))",
      found: "\(count)")
  }

  /// The means of `count` equal consecutive parts of the context.
  private static func pooled(
    _ count: Int, from source: InitializationSource
  ) throws(DistillationError) -> LearnedPrompt {
    let (length, width) = (source.context.count, source.width)
    var values: [Float] = []
    for piece in 0..<count {
      let tokens = source.context[piece * length / count..<(piece + 1) * length / count]
      let rows = try source.lookup(Array(tokens))
      var sums = [Double](repeating: 0, count: width)
      for (index, value) in rows.enumerated() { sums[index % width] += Double(value) }
      values += sums.map { Float($0 / Double(tokens.count)) }
    }
    return LearnedPrompt(embeddings: values, width: width)
  }

  /// `count` different ids of ordinary tokens.
  private static func ordinary(
    _ count: Int, from source: InitializationSource, _ random: inout SplitMix64
  ) throws(DistillationError) -> [Int] {
    let special = source.specialIdentifiers.filter { $0 < source.vocabularySize }
    let available = source.vocabularySize - special.count
    guard count <= available else {
      throw .option(
        .tokens,
        expected: "at most the vocabulary's \(Counted(available, "ordinary token"))",
        found: "\(count)")
    }
    var chosen: [Int] = []
    var seen = special
    while chosen.count < count {
      let candidate = random.number(below: source.vocabularySize)
      if seen.insert(candidate).inserted { chosen.append(candidate) }
    }
    return chosen
  }

  /// The tensor names of a stored soft prompt: Pith's own, and PEFT's.
  private static let storedNames = [PromptForm.embeddingsName, PEFTAdapter.tensorName]

  /// The file of a folder's prompt: Pith's own where it exists, else PEFT's.
  private static func fileOfEmbeddings(_ url: URL) -> URL {
    guard FileManager.default.isFolder(url) else { return url }
    return AdapterImport.ownFile(in: url) ?? url.appending(path: RunFolder.adapterModel)
  }

  private static func stored(
    in url: URL, count: Int, width: Int
  ) throws(DistillationError) -> LearnedPrompt {
    let url = fileOfEmbeddings(url)
    let file = try tensors { () throws(SafetensorsError) in try SafetensorsFile(contentsOf: url) }
    guard let name = storedNames.first(where: { file.tensors[$0] != nil }) else {
      throw .content(
        file: url.path, expected: "a tensor \(storedNames.joined(separator: " or "))",
        found: file.tensors.keys.sorted().joined(separator: ", ").excerpt)
    }
    // PEFT's rows hold header and closing too, so they are never some of the prompt's.
    let isOwn = name == PromptForm.embeddingsName
    let rows = isOwn ? max(1, min(file.tensors[name]?.shape.first ?? count, count)) : count
    let values = try tensors { () throws(SafetensorsError) in
      try file.checkFinite(name)
      return try file.floats(of: name, shape: [rows, width])
    }
    return LearnedPrompt(embeddings: values, width: width)
  }
}

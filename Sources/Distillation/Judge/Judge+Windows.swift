internal import Inference
internal import Transformer

/// How well the model answers held-out prompts of all spans after one window of the context alone.
struct WindowScores {
  /// The spans of the prompts.
  let spans: ContextSpans
  /// The indices of those that were compared, and the scores after each.
  let compared: [(span: Int, scores: ExampleScores)]

  /// The one after which the KL over all prompts is lowest.
  var best: (span: Int, scores: ExampleScores)? {
    compared.min { $0.scores.all.kl < $1.scores.all.kl }
  }
}

extension Judge {
  /// The most windows that are compared: those with the most held-out tokens of their own.
  private static let mostWindows = 128

  /// Compares the model after each window alone with the teacher, which read every prompt's own
  /// span. Texts that lines bring of their own are no windows.
  ///
  /// - Parameters:
  ///   - spans: the spans; nil is returned where there is nothing to choose from.
  ///   - progress: called with the windows compared so far and their number.
  func windowScores(
    _ spans: ContextSpans, _ decoder: Decoder, capacity: PrefixCapacity,
    progress: (Int, Int) -> Void
  ) throws(TransformerError) -> WindowScores? {
    let windows = spans.windows.map { (span: $0, tokens: responseTokens(of: examples(ofSpan: $0))) }
    let chosen = windows.sorted { ($1.tokens, $0.span) < ($0.tokens, $1.span) }
      .prefix(Self.mostWindows).map(\.span).sorted()
    guard spans.count > 1, !chosen.isEmpty else { return nil }
    let reader = try Teacher(decoder, prefixes: spans.prefixes, capacity: capacity)
    var compared: [(span: Int, scores: ExampleScores)] = []
    for span in reader.pass(over: chosen) {
      progress(compared.count, chosen.count)
      compared.append((span, try scores(of: reader.read(span))))
    }
    progress(chosen.count, chosen.count)
    return WindowScores(spans: spans, compared: compared)
  }

  /// The numbers of the report: the best window, and every span's own prompts.
  func comparison(
    _ prompted: ExampleScores, nothing: ExampleScores, _ windows: WindowScores
  ) -> RunMetrics.Windows? {
    guard let (best, scores) = windows.best else { return nil }
    let spans = Set(cache.examples.map(\.span)).sorted().map { span in
      let examples = examples(ofSpan: span)
      let tokens = responseTokens(of: examples)
      func mean(_ scores: ExampleScores) -> Double {
        examples.map { scores.kl[$0] }.meanDivergence(tokens: Double(max(tokens, 1)))
      }
      return RunMetrics.Windows.Window(
        part: windows.spans.parts[span], examples: examples.count, responseTokens: tokens,
        kl: mean(prompted), klNoContext: mean(nothing), klBestWindow: mean(scores))
    }
    return RunMetrics.Windows(
      count: windows.spans.count, compared: windows.compared.count,
      best: windows.spans.parts[best], kl: scores.all.kl,
      top1Agreement: scores.all.agreement, windows: spans)
  }

  /// The indices of the held-out examples of a span, of all ranks.
  private func examples(ofSpan span: Int) -> [Int] {
    cache.examples.indices.filter { cache.examples[$0].span == span }
  }

  private func responseTokens(of examples: [Int]) -> Int {
    examples.reduce(0) { $0 + cache.examples[$1].responseRows }
  }
}

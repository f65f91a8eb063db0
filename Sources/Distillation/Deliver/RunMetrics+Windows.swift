import JSON

extension RunMetrics {
  /// Held-out numbers of a context that is read in several windows: of the model after the best one
  /// of them, which is what can be done without a soft prompt, and of every window's own prompts.
  package struct Windows: Sendable, Equatable, Codable {
    /// Number of windows of which there are prompts, with texts that lines bring of their own.
    package var count: Int
    /// Number of windows among which the best was looked for.
    package var compared: Int
    /// Bytes of the best window; nil where it is the whole context.
    package var best: [Int]?
    /// KL(teacher || model) after the best window, over the prompts of all windows.
    package var kl: Double
    /// The fraction of response tokens for which the teacher and that model have the same most
    /// likely token.
    package var top1Agreement: Double
    /// Windows with held-out prompts, by place in the context.
    package var windows: [Window]

    /// One window's own prompts; KL in nats a response token.
    package struct Window: Sendable, Equatable, Codable {
      /// Bytes of the window; nil where it is the whole context or a line's own text.
      package var span: [Int]?
      /// Held-out prompts.
      package var examples: Int
      /// Their response tokens.
      package var responseTokens: Int
      /// With the soft prompt.
      package var kl: Double
      /// With nothing in place of the context.
      package var klNoContext: Double
      /// After the window that is best for the prompts of all windows.
      package var klBestWindow: Double

      /// The numbers of a window.
      init(
        part: ContextPart, examples: Int, responseTokens: Int, kl: Double, klNoContext: Double,
        klBestWindow: Double
      ) {
        span = part.bytes
        self.examples = examples
        self.responseTokens = responseTokens
        self.kl = kl
        self.klNoContext = klNoContext
        self.klBestWindow = klBestWindow
      }

      private enum CodingKeys: String, CodingKey {
        case span, examples, kl
        case responseTokens = "response_tokens"
        case klNoContext = "kl_no_context"
        case klBestWindow = "kl_best_window"
      }
    }

    /// The numbers of several windows.
    init(
      count: Int, compared: Int, best: ContextPart, kl: Double, top1Agreement: Double,
      windows: [Window]
    ) {
      self.count = count
      self.compared = compared
      self.best = best.bytes
      self.kl = kl
      self.top1Agreement = top1Agreement
      self.windows = windows
    }

    private enum CodingKeys: String, CodingKey {
      case count, compared, kl, windows
      case best = "best_window"
      case top1Agreement = "top1_agreement"
    }

    /// One sentence on how many windows the soft prompt serves better than the best one of them.
    package var sentence: String {
      let better = windows.count { $0.kl < $0.klBestWindow }
      return
        "The prompts, trained on or held out, are about \(count) windows of the context, and the full "
        + "context of a prompt is its own window. Best window: of \(compared == count ? "all" : "\(compared)") the one after which the model is nearest "
        + "over the prompts of all. The soft prompt is nearer in \(better) of "
        + "\(Counted(windows.count, "window")) with held-out prompts."
    }
  }
}

extension ContextPart {
  /// First byte and end of a span; nil of a text that a line brings.
  fileprivate var bytes: [Int]? {
    if case .span(let bytes) = self { [bytes.lowerBound, bytes.upperBound] } else { nil }
  }
}

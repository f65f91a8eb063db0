/// What a user should know of the inputs before numbers come of them, in one line each.
package enum InputNotice: Sendable, Equatable {
  /// A context had line ends other than LF.
  case lineEnds(file: String)
  /// Completions of a raw model got its end token.
  case endTokens(count: Int, token: String)
  /// A token of the chat template's whole text reaches over an end of the context.
  case cutContext(file: String)
  /// A token of the chat template's whole text reaches over the beginning of prompts.
  case cutPrompts(count: Int)
  /// Prompts that are held out stand among those that are trained on too.
  case sharedPrompts(count: Int)
  /// A study kept these examples apart, with the text that they were written from.
  case heldOutByStudy(count: Int)
  /// So few examples are held out that their numbers say little.
  case fewHeldOut(count: Int)
  /// A run goes on with another number of threads than it had.
  case threads(recorded: Int, found: Int)
  /// An adapter is evaluated against another context than the one that it was made for.
  case otherContext(file: String, adapter: String)
}

extension InputNotice: CustomStringConvertible {
  /// The line.
  package var description: String {
    switch self {
    case .lineEnds(let file):
      "\(file): line ends CR LF and CR are read as LF, which other tokens stand for"
    case .endTokens(let count, let token):
      "\(token), the model's end token, is added to \(Counted(count, "completion")) without it; "
        + "completion_ids are taken as they are"
    case .cutContext(let file):
      "\(file): the tokenizer joins an end of this context with the chat template's text beside it; they "
        + "are tokenized apart, so a few tokens there are not those of the whole text"
    case .cutPrompts(let count):
      "the tokenizer joins the beginning of \(Counted(count, "prompt")) with the chat template's text "
        + "before it; they are tokenized apart, so a few tokens there are not those of the whole text"
    case .sharedPrompts(let count):
      "\(Counted(count, "held-out prompt")) \(count == 1 ? "is" : "are") among the prompts that are "
        + "trained on too"
    case .heldOutByStudy(let count):
      "held out: \(Counted(count, "example")) of the study, from parts of the context of which no "
        + "training question was written"
    case .fewHeldOut(let count):
      "the held-out numbers rest on \(Counted(count, "example")) and say little; --validation names "
        + "more"
    case .threads(let recorded, let found):
      "the run was begun with \(Counted(recorded, "thread")) and goes on with \(found): last digits "
        + "will be others than those of a run without a stop; --threads \(recorded) keeps them"
    case .otherContext(let file, let adapter):
      "\(file): the tokens of this context are not those of the context that \(adapter) was made for"
    }
  }

  /// Whether it is a decision to know of rather than a doubt.
  package var isInformation: Bool {
    switch self {
    case .lineEnds, .endTokens, .heldOutByStudy: true
    case .cutContext, .cutPrompts, .sharedPrompts, .fewHeldOut, .threads, .otherContext: false
    }
  }

  /// What to know of a context and of the examples that were read with it.
  static func ofReading(
    _ conditioning: Conditioning, contextFile: String?, _ examples: [Example]
  ) -> [InputNotice] {
    var notices: [InputNotice] = []
    if let contextFile {
      if conditioning.hasForeignLineEnds { notices.append(.lineEnds(file: contextFile)) }
      if conditioning.isContextCut { notices.append(.cutContext(file: contextFile)) }
    }
    let cut = examples.count(where: \.isCut)
    if cut > 0 { notices.append(.cutPrompts(count: cut)) }
    let added = examples.count(where: \.isEndAdded)
    if added > 0, let token = conditioning.endTokenText {
      notices.append(.endTokens(count: added, token: token))
    }
    return notices
  }

  /// Fewer held-out examples than this are few.
  static let few = 10
}

/// A number with its noun: `1 example`, `12 examples`.
package struct Counted: CustomStringConvertible {
  /// The text.
  package let description: String

  /// - Parameter noun: in the singular; its plural ends in `s`.
  package init(_ count: Int, _ noun: String) {
    description = "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

internal import Compute
import HuggingFace
import JSON

/// A notice on the inputs, in one line.
package enum InputNotice: Sendable, Equatable {
  /// A context had line ends other than LF.
  case lineEnds(file: String)
  /// The model's end token was added to completions of a raw model.
  case endTokens(count: Int, token: String)
  /// A token of the chat template's whole text spans an end of the context.
  case cutContext(file: String)
  /// A token of the chat template's whole text spans the beginning of prompts.
  case cutPrompts(count: Int)
  /// Held-out prompts are among the training prompts too.
  case sharedPrompts(count: Int)
  /// A study kept these examples apart, with the text that they were written from.
  case heldOutByStudy(count: Int)
  /// Few examples are held out, so their numbers are uncertain.
  case fewHeldOut(count: Int)
  /// Few examples are evaluated, so their numbers are uncertain.
  case fewJudged(count: Int)
  /// Files of a folder are no part of the context.
  case leftOut(folder: String, count: Int)
  /// The context is longer than the window, and was cut into several.
  case windows(count: Int, tokens: Int, limit: Int)
  /// A run is resumed with another number of threads than before.
  case threads(recorded: Int, found: Int)
  /// A run is resumed with another number of ranks than before.
  case ranks(recorded: Int, found: Int)
  /// An adapter is evaluated against another context than that of its training.
  case otherContext(file: String, adapter: String)
  /// An adapter of tools and a context is compared with a model that reads the tools alone.
  case missingContext(adapter: String)
  /// An adapter is compared with a model that reads other tools than those of its training, by name.
  case otherTools(adapter: String, trained: [String], found: [String])
  /// An adapter was trained behind other prompts than those that stand before it here.
  case otherNeighbors(adapter: String, digests: [String])
  /// An adapter is used with another quantisation of the model than that of its training.
  case otherQuantisation(adapter: String, trained: GGUFIdentity, found: GGUFIdentity)
  /// An adapter is used with other LoRA adapters in the model's weights than in its training.
  case otherLoRA(adapter: String, trained: [String], found: [String])
  /// An adapter is used with another model than that of its training.
  case otherModel(adapter: String, model: String)
  /// A run is resumed with other instructions of the processor than before.
  case instructions(recorded: String, found: String)
  /// Sliding windows do not reach back to all of several prompts.
  case windowReach(WindowReach)
  /// Teacher and student have vocabularies of different sizes.
  case sharedVocabulary(shared: Int, others: Int)
  /// The teacher has another chat template than the one that both read.
  case otherTemplate(teacher: String)
  /// The student's window is too short for what its teacher reads.
  case shortWindow(positions: Int, context: Int)
  /// An adapter was trained from another teacher than the model that reads the context here.
  case otherTeacher(adapter: String, trained: String, found: String?)
}

extension InputNotice: CustomStringConvertible {
  /// The line.
  package var description: String {
    switch self {
    case .lineEnds(let file):
      "\(file): line ends CR LF and CR are read as LF, which has other tokens"
    case .endTokens(let count, let token):
      "\(token), the model's end token, is added to \(Counted(count, "completion")) without it; "
        + "completion_ids are taken as they are"
    case .cutContext(let file):
      "\(file): the tokenizer joins an end of this context with the chat template's text next to it; they "
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
      "the held-out numbers rest on \(Counted(count, "example")) and say little"
    case .fewJudged(let count):
      "the numbers rest on \(Counted(count, "example")) and say little"
    case .leftOut(let folder, let count):
      "\(folder): \(Counted(count, "file")) left out: empty, or without the ending "
        + Corpus.endingsText
    case .windows(let count, let tokens, let limit):
      "the context of \(Counted(tokens, "token")) is read in \(Counted(count, "window")) of at most "
        + "\(Counted(limit, "token"))"
    case .threads(let recorded, let found):
      "the run was started with \(Counted(recorded, "thread")) and continues with \(found): last digits "
        + "will be others than those of a run without a stop"
    case .ranks(let recorded, let found):
      "the run was started with \(Counted(recorded, "rank")) and continues with \(found): last digits "
        + "will be others than those of a run without a stop"
    case .otherContext(let file, let adapter):
      "\(file): the tokens of this context are not those of the context that \(adapter) was made for"
    case .missingContext(let adapter):
      "\(adapter): trained for these tools beside a context, found them without it"
    case .otherTools(let adapter, let trained, let found):
      "\(adapter): trained for \(Self.list(trained)), found \(Self.list(found))"
        + (trained == found && !found.isEmpty ? " with other definitions" : "")
    case .otherNeighbors(let adapter, let digests):
      "\(adapter): trained behind \(digests.count == 1 ? "a prompt" : "prompts") of SHA-256 "
        + "\(digests.joined(separator: ", ")), found others or none before it"
    case .otherQuantisation(let adapter, let trained, let found):
      "\(adapter): trained on \(trained.title); \(found.title) is another quantisation of "
        + (trained.name == found.name
          ? "that model" : "that model, or a fine-tune of it: \(Self.quoted(found.name))")
        + ", so the prompt may be worse there"
    case .otherLoRA(let adapter, let trained, let found):
      "\(adapter): trained with \(trained.loraTitle) in the model's weights, found \(found.loraTitle), so "
        + "the prompt may be worse there"
    case .otherModel(let adapter, let model):
      "\(adapter): the adapter was made for another model than \(model)"
    case .instructions(let recorded, let found):
      "the run was started with the instructions \(recorded) and continues with \(found): last digits "
        + "will be others than those of a run without a stop"
    case .windowReach(let reach): reach.description
    case .sharedVocabulary(let shared, let others):
      "teacher and student are compared over the \(Counted(shared, "token id")) that both have, "
        + "renormalised: \(Counted(others, "row")) of the larger vocabulary "
        + "\(others == 1 ? "gets" : "get") no probability"
    case .otherTemplate(let teacher):
      "\(teacher): the student's chat template, whose tokens both read, is not the teacher's own"
    case .shortWindow(let positions, let context):
      "the student's \(Counted(positions, "position")) do not hold the "
        + "\(Counted(context, "token")) that its teacher reads before a prompt: what it would do with the "
        + "context itself is not measured, and no drift"
    case .otherTeacher(let adapter, let trained, let found):
      "\(adapter): trained from the teacher \(trained); the full context here is read by "
        + (found ?? "the model itself")
    }
  }

  private static func list(_ tools: [String]) -> String {
    tools.isEmpty
      ? "no tools" : "the tool\(tools.count == 1 ? "" : "s") \(tools.joined(separator: ", "))"
  }

  private static func quoted(_ name: String?) -> String {
    name.map { "its name is \($0.excerpt)" } ?? "it has no name"
  }

  /// Whether it is information rather than a warning.
  package var isInformation: Bool {
    switch self {
    case .lineEnds, .endTokens, .heldOutByStudy, .leftOut, .windows, .windowReach,
      .sharedVocabulary, .shortWindow:
      true
    case .cutContext, .cutPrompts, .sharedPrompts, .fewHeldOut, .fewJudged, .threads, .ranks,
      .otherContext, .missingContext, .otherTools, .otherNeighbors, .otherQuantisation, .otherLoRA,
      .instructions, .otherModel, .otherTemplate, .otherTeacher:
      false
    }
  }

  /// Notices on a context and on the examples that were read with it.
  static func ofReading(
    _ conditioning: Conditioning, contextFile: String?, _ examples: [InputExample]
  ) -> [InputNotice] {
    var notices = ofContext(conditioning, file: contextFile)
    let cut = examples.count(where: \.isCut)
    if cut > 0 { notices.append(.cutPrompts(count: cut)) }
    let added = examples.count(where: \.isEndAdded)
    if added > 0, let token = conditioning.endTokenText {
      notices.append(.endTokens(count: added, token: token))
    }
    return notices
  }

  /// Notices on a run that is resumed with another number of threads or other instructions.
  static func ofResuming(
    threads: Int?, instructions: String?, on device: Device
  ) -> [InputNotice] {
    var notices: [InputNotice] = []
    if let recorded = threads, let found = device.threads, found != recorded {
      notices.append(.threads(recorded: recorded, found: found))
    }
    if let recorded = instructions, let found = device.cpuVariant?.rawValue, found != recorded {
      notices.append(.instructions(recorded: recorded, found: found))
    }
    return notices
  }

  /// What to know of a context and of the one prompt that is typed behind it.
  static func ofReading(
    _ conditioning: Conditioning, contextFile: String?, _ prompt: PlacedPrompt
  ) -> [InputNotice] {
    ofContext(conditioning, file: contextFile) + (prompt.isCut ? [.cutPrompts(count: 1)] : [])
  }

  private static func ofContext(_ conditioning: Conditioning, file: String?) -> [InputNotice] {
    guard let file else { return [] }
    var notices: [InputNotice] = []
    if conditioning.hasForeignLineEnds { notices.append(.lineEnds(file: file)) }
    if conditioning.isContextCut { notices.append(.cutContext(file: file)) }
    return notices
  }

  /// Fewer held-out examples than this are few.
  static let few = 10
}

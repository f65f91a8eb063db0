package import Compute
import Files
import Foundation
import HuggingFace
internal import Inference
import JSON
import Tokenizers
internal import Transformer

/// A study of a context: the model writes questions from chunks of it, and the model that reads all of it answers.
///
/// Making one reads and checks everything but the weights; ``perform(handle:)`` writes the lines, batch by batch. Batches follow from
/// the seed and from what was kept before, so a study that was stopped ends with the same bytes.
package final class Study {
  let request: StudyRequest
  let device: Device
  let configuration: DecoderConfiguration
  let conditioning: Conditioning
  let tokenizer: Tokenizer
  let placement: Placement
  let chunks: StudyChunks
  let seeds: StudySeeds
  let file: StudyFile
  /// How it was begun and how far it is.
  var record: StudyRecord
  /// The most tokens of a conversation behind the context.
  let longest: Int
  /// Tokens after which an answer ends; without a chat template, its line's end among them.
  let answerStops: Set<Int>

  var options: StudyOptions { request.options }

  /// Threads of the CPU path with which the study in a file was begun; nil where that is not known.
  package static func recordedThreads(of output: URL) -> Int? {
    StudyFile.recorded(for: output)?.threads
  }

  /// Reads the user's files and looks at the output; writes nothing.
  ///
  /// - Throws: at the first thing that is wrong.
  package init(_ request: StudyRequest, device: Device) throws(DistillationError) {
    let options = request.options
    try options.validate()
    self.request = request
    self.device = device
    file = try StudyFile(
      request.output, isOverwriting: request.isOverwriting,
      makesFolder: request.makesFolder)
    let config = try opening { () throws(ModelFolderError) in try request.folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    self.configuration = configuration
    let context = try ContextText(contentsOf: request.context)
    guard case .text(let text, _) = context else {
      throw .noStudy(
        file: context.file, expected: "a text, of which questions can be written",
        found: "token ids")
    }
    var template = options.templateChoice
    template.wallClock = file.recorded?.templateClock
    conditioning = try Conditioning(
      context, folder: request.folder, template: template,
      vocabularySize: configuration.vocabularySize)
    guard case .text(let tokenizer, let placement) = conditioning.reader.form else {
      throw .content(file: context.file, expected: "a text", found: "token ids")
    }
    (self.tokenizer, self.placement) = (tokenizer, placement)
    seeds =
      if let url = request.seeds { try StudySeeds(contentsOf: url) } else {
        .builtIn(options.questioner)
      }
    let lineFeeds = TextFile.withLineFeeds(text)
    let tokens = conditioning.context.count
    let units = try ContextUnits(lineFeeds, limit: max(4, min(128, tokens / 24))) {
      (text) throws(DistillationError) in
      try distillingTokens { () throws(TokenizerError) in
        try tokenizer.encode(text, addingSpecialTokens: false).count
      }
    }
    answerStops = conditioning.stopIdentifiers.union(
      placement.isChat ? [] : try tokenizer.singleTokens(of: ["\n", "\n\n"]))
    longest = try Self.longest(options, conditioning, seeds)
    let positions = configuration.maximumPositions
    let rows = conditioning.teacherPrefix.rows
    guard rows + longest <= positions else {
      throw .content(
        file: context.file,
        expected:
          "a context of at most \(max(0, positions - longest - (rows - tokens))) tokens, which "
          + "leaves \(longest) of the model's \(Counted(positions, "position")) to questions and answers",
        found: "\(tokens); take a part of it, or a model with more positions")
    }
    chunks = StudyChunks(
      units, lengths: options.chunkMinimum...options.chunkMaximum, heldOutShare: options.heldOut,
      seed: options.seed)
    record = StudyRecord(
      options: options,
      model: try opening { () throws(ModelFolderError) in try request.folder.fingerprint() },
      context: SHA256.hexadecimal(of: lineFeeds.utf8),
      seeds: SHA256.hexadecimal(of: seeds.seeds.map { "\($0.kind) \($0.text)\n" }.joined().utf8),
      templateClock: conditioning.template.wallClock, threads: device.threads)
    if let recorded = file.recorded {
      try record.check(against: recorded, file: request.output.path)
      record = recorded
    }
  }

  /// What to know of the inputs before lines come of them.
  package var notices: [InputNotice] {
    var notices = InputNotice.ofReading(conditioning, contextFile: request.context.path, [])
    if let recorded = record.threads, let found = device.threads, found != recorded {
      notices.append(.threads(recorded: recorded, found: found))
    }
    return notices
  }

  /// The file of the lines.
  package var output: URL { request.output }

  /// Whether nothing is left to write.
  package var isComplete: Bool { part == nil }

  /// The part that is written next; nil where all are done.
  var part: (part: StudyChunks.Part, left: Int)? {
    let progress = record.progress
    for (part, count) in options.targets(chunks) {
      if part == .heldOut && progress.isHeldOutExhausted { continue }
      // Training questions make up for held-out ones that could not be written.
      let goal = progress.isHeldOutExhausted ? options.count - progress.count(.heldOut) : count
      let left = goal - progress.count(part)
      if left > 0 { return (part, left) }
    }
    return nil
  }

  /// The tokens of a conversation with the longest question and answer of each round.
  private static func longest(
    _ options: StudyOptions, _ conditioning: Conditioning, _ seeds: StudySeeds
  ) throws(DistillationError) -> Int {
    var words = 0
    for seed in seeds.seeds {
      words = max(words, try conditioning.prompt(seed.text).identifiers.count)
    }
    let template = try conditioning.prompt(
      conditioning.isChat ? "A" : RawConversation.prompt(["A"])
    ).identifiers.count
    return options.rounds
      * (template + words + options.questionTokens + options.responseTokens)
  }
}

package import Compute
import Files
import Foundation
import HuggingFace
internal import Inference
import JSON
import Tokenizers
internal import Transformer

/// A study of a context: the model writes questions from chunks of it, and the model that reads all
/// of it answers.
///
/// Making one reads and checks everything but the weights; ``perform(handle:)`` writes the lines,
/// batch by batch. Batches follow from the seed and from what was kept before, so a study that was
/// stopped ends with the same bytes.
package final class Study {
  let request: StudyRequest
  let device: Device
  /// Of the model that writes and answers.
  let configuration: DecoderConfiguration
  /// The same, where it is not the one whose tokens it reads.
  private let teacher: OtherTeacher?
  /// Of the model whose tokens it reads.
  let student: DecoderConfiguration
  let conditioning: Conditioning
  let tokenizer: Tokenizer
  let placement: Placement
  /// What the teacher reads before questions: all of the context, or one window after the other.
  let windows: ContextSpans
  /// Where questions of each window are written from.
  let chunks: [StudyChunks]
  private let corpus: Corpus
  let seeds: StudySeeds
  let file: StudyFile
  /// How it was begun and how far it is.
  var record: StudyRecord
  /// The model that writes and answers, once the study has loaded it.
  var decoder: Decoder?
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
    try request.checkInputs()
    try request.options.validate()
    self.device = device
    file = try StudyFile(
      request.output, isOverwriting: request.isOverwriting,
      makesFolder: request.makesFolder, isWriting: request.ranks.isFirst)
    var request = request
    if request.options.precision == .stored, let recorded = file.recorded {
      request.options.precision = recorded.options.precision
    }
    self.request = request
    let options = request.options
    let config = try opening { () throws(ModelFolderError) in try request.folder.config() }
    var own = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let teacher = try request.teacher.map { [request, own] (model) throws(DistillationError) in
      try OtherTeacher(model, for: request.folder, own)
    }
    self.teacher = teacher
    let configuration = teacher?.configuration ?? own
    self.configuration = configuration
    own.vocabularySize = configuration.vocabularySize
    student = own
    corpus = try Corpus(contentsOf: request.context)
    guard let context = corpus.context, case .text(let text, _) = context else {
      throw .noStudy(
        file: corpus.context?.file ?? request.output.path,
        expected: "a text, of which questions can be written",
        found: corpus.context == nil ? "no context" : "token ids")
    }
    let tools = try request.tools.map { (url) throws(DistillationError) in
      try ToolDefinitions(contentsOf: url)
    }
    var template = options.templateChoice
    template.wallClock = file.recorded?.templateClock
    conditioning = try Conditioning(
      context, tools: tools, folder: request.folder, template: template,
      vocabularySize: configuration.vocabularySize)
    guard case .text(let tokenizer, let placement) = conditioning.reader.form else {
      throw .content(file: context.file, expected: "a text", found: "token ids")
    }
    (self.tokenizer, self.placement) = (tokenizer, placement)
    seeds =
      if let url = request.seeds { try StudySeeds(contentsOf: url) } else {
        .builtIn(options.questioner, tools)
      }
    let lineFeeds = TextFile.withLineFeeds(text)
    answerStops = conditioning.stopIdentifiers.union(
      placement.isChat ? [] : try tokenizer.singleTokens(of: ["\n", "\n\n"]))
    longest = try Self.longest(options, conditioning, seeds)
    let window = try Self.window(
      options, file.recorded, conditioning, configuration, device, longest: longest,
      file: context.file)
    let tokens = conditioning.context.count
    let units = try ContextUnits(lineFeeds, limit: max(4, min(128, (window ?? tokens) / 24))) {
      (text) throws(DistillationError) in
      try distillingTokens { () throws(TokenizerError) in
        try tokenizer.encode(text, addingSpecialTokens: false).count
      }
    }
    var cut = [units.units.indices]
    if let window {
      let beside = try conditioning.toolTokens()
      cut = try ContextWindows(units, limit: window, starts: corpus.starts) {
        [conditioning] (text) throws(DistillationError) in
        try (conditioning.placed(text)?.identifiers.count ?? beside) - beside
      }.windows
    }
    windows = try ContextSpans(
      window == nil
        ? [.whole] : cut.map { .span(units.bytes(of: $0) ?? 0..<0) }, conditioning)
    chunks = [StudyChunks](
      units, windows: cut, lengths: options.chunkMinimum...options.chunkMaximum,
      heldOutShare: options.heldOut, seed: options.seed)
    record = StudyRecord(
      options: options,
      model: try opening { () throws(ModelFolderError) in
        if let teacher { teacher.record.fingerprint } else { try request.folder.fingerprint() }
      },
      weights: try opening { () throws(ModelFolderError) in
        if let teacher { teacher.record.tensorsDigest } else { try request.folder.contentsDigest() }
      },
      context: SHA256.hexadecimal(of: lineFeeds.utf8),
      tools: tools?.digest,
      seeds: SHA256.hexadecimal(of: seeds.seeds.map { "\($0.kind) \($0.text)\n" }.joined().utf8),
      templateClock: conditioning.template.wallClock, threads: device.threads,
      instructions: device.cpuVariant?.rawValue, window: window, order: StudyRecord.presentOrder)
    if var recorded = file.recorded {
      let isDone = part(recorded.options, recorded.progress) == nil
      if request.mayExtend, isDone, window == nil, recorded.order == record.order,
        recorded.options.count < options.count
      {
        // More conversations are written after those that are there.
        recorded.options.count = options.count
      }
      try record.check(against: recorded, isDone: isDone, file: request.output.path)
      recorded.weights = recorded.weights ?? record.weights
      record = recorded
      if isComplete { try file.checkEnd() }
    }
  }

  /// What to know of the inputs before lines come of them.
  package var notices: [InputNotice] {
    var notices =
      corpus.notices
      + InputNotice.ofReading(conditioning, contextFile: corpus.context?.file, [])
    if let window = record.window {
      notices.append(
        .windows(count: windows.count, tokens: conditioning.context.count, limit: window))
    }
    return notices + (teacher?.notices(conditioning) ?? [])
      + InputNotice.ofResuming(
        threads: record.threads, instructions: record.instructions, on: device)
  }

  /// The file of the lines.
  package var output: URL { request.output }

  /// Whether nothing is left to write.
  package var isComplete: Bool { part == nil }

  /// Loads the model, where it is not loaded yet.
  func load(_ handle: (RunEvent) -> Void) throws(DistillationError) -> Decoder {
    if let decoder { return decoder }
    if let teacher {
      let loaded = try teacher.load(on: device, precision: options.precision, handle: handle)
      decoder = loaded
      return loaded
    }
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let loaded = try distilling { () throws(TransformerError) in
      try Decoder.load(
        request.folder, on: device, precision: options.precision, handle: handle)
    }
    decoder = loaded
    return loaded
  }
}

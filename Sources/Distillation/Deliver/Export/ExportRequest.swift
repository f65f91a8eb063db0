package import Compute
import Files
import Foundation
import HuggingFace
internal import Inference
import Safetensors
internal import Transformer
import Weights

/// A trained prompt to write in the form of another program.
package struct ExportRequest: Sendable {
  /// The output folder of a run.
  package var run: URL
  /// The model.
  package var folder: ModelFolder
  /// The model's name in the files.
  package var modelName: ModelName
  /// The form.
  package var format: ExportFormat
  /// The folder to write, which does not exist yet.
  package var output: URL
  /// The element type of the weights on the device.
  package var precision: WeightPrecision

  /// A request.
  package init(
    run: URL, folder: ModelFolder, modelName: ModelName, format: ExportFormat, output: URL,
    precision: WeightPrecision
  ) {
    self.run = run
    self.folder = folder
    self.modelName = modelName
    self.format = format
    self.output = output
    self.precision = precision
  }

  /// The model that a run records, for other tools.
  ///
  /// - Throws: where the folder is not that of a finished run.
  package static func modelName(ofRun run: URL) throws(DistillationError) -> ModelName {
    guard let name = try record(ofRun: run).model else { throw noRun(run) }
    return name
  }

  /// The folders of the LoRA adapters that were added to that model.
  ///
  /// - Throws: where the folder is not that of a finished run.
  package static func adapters(ofRun run: URL) throws(DistillationError) -> [String] {
    try record(ofRun: run).lora
  }

  private static func record(ofRun run: URL) throws(DistillationError) -> AdapterRecord {
    guard let file = AdapterImport.ownFile(in: run),
      let opened = try? SafetensorsFile(contentsOf: file)
    else { throw noRun(run) }
    return try AdapterRecord(opened.metadata, file: file.path)
  }

  private static func noRun(_ run: URL) -> DistillationError {
    .content(
      file: run.path,
      expected:
        "the output folder of a run, with \(RunFolder.softPrompt) or \(RunFolder.cartridge)",
      found: AdapterImport.insteadOfRun(run))
  }

  /// Writes the files, reads them back, and compares them with the prompt itself.
  ///
  /// - Throws: before anything is written where the prompt or the model cannot have the format, the
  ///   model is not the run's, or the output folder exists.
  package func perform(
    on device: Device, handle: (RunEvent) -> Void
  ) throws(DistillationError) -> ExportResult {
    let config = try opening { () throws(ModelFolderError) in try folder.config() }
    let configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    let imported = try AdapterImport(at: run, for: configuration)
    guard case .softPrompt(let prompt, let record) = imported else {
      throw Self.noRun(run)
    }
    try format.check(prompt.form, configuration)
    var notices: [InputNotice] = []
    switch try imported.kinship(to: folder) {
    case .same: break
    case .otherQuantisation(let trained, let found):
      notices.append(.otherQuantisation(adapter: run.path, trained: trained, found: found))
    case .otherLoRA(let trained, let found):
      throw .content(
        file: folder.url.path,
        expected: "the model that the prompt of \(run.path) was trained for, with "
          + "\(trained.loraTitle) in its weights", found: "it with \(found.loraTitle)")
    case .other:
      throw .content(
        file: folder.url.path, expected: "the model that the prompt of \(run.path) was trained for",
        found: "another")
    }
    try checkOutput()
    let conditioning = try conditioning(imported, configuration)
    handle(.progress(.loading, done: 0, total: configuration.layerCount))
    let decoder = try distilling { () throws(TransformerError) in
      try Decoder.load(folder, on: device, precision: precision, handle: handle)
    }
    let placed = conditioning.map { imported.frame(in: $0) }
    let frame = placed ?? record.frame ?? Frame()
    let adapter = Adapter(
      prompt: prompt, frame: frame, virtualTokens: try decoder.virtualTokens(prompt, in: frame),
      origin: try origin(record, conditioning, configuration))
    let export = Export(
      adapter: adapter, format: format, folder: output, decoder: decoder,
      turn: try turn(conditioning), promptText: try promptText(conditioning),
      weights: try weights())
    try makeOutput()
    do throws(DistillationError) {
      try export.write()
      let change = try ExportVerification(run: run, export: export).change(handle)
      return ExportResult(
        virtualTokens: adapter.virtualTokens.form.tokenCount, divergence: change.divergence,
        tokens: change.tokens, notices: notices)
    } catch {
      try? FileManager.default.removeItem(at: output)
      throw error
    }
  }

  /// Checks that the folder is new, and no part of a run: the files of a run's folder are its own,
  /// and a later run in it may remove some names.
  private func checkOutput() throws(DistillationError) {
    var folder = output.deletingLastPathComponent().resolvingSymlinksInPath().standardizedFileURL
    let source = run.resolvingSymlinksInPath().standardizedFileURL.path
    while folder.path != "/" {
      guard folder.path != source, !RunFolder.isRun(folder) else {
        throw .content(
          file: output.path, expected: "a folder for the export outside the output folder of a run",
          found: "one in \(folder.path)")
      }
      folder = folder.deletingLastPathComponent()
    }
    if FileManager.default.fileExists(atPath: output.path) {
      throw .content(
        file: output.path, expected: "a new folder for the export", found: "one that exists")
    }
    try placingOutput { () throws(FileError) in
      try FileManager.default.checkCanMake(output, holding: RunFolder.longestPath)
    }
  }

  private func makeOutput() throws(DistillationError) {
    try checkOutput()
    _ = try placingOutput { () throws(FileError) in
      try FileManager.default.makeNewFolder(output)
    }
  }

  /// The tokens around the prompt and those of prompts; nil where everything is token ids.
  private func conditioning(
    _ imported: AdapterImport, _ configuration: DecoderConfiguration
  ) throws(DistillationError) -> Conditioning? {
    let tokenizer = run.appending(path: RunFolder.tokenizer)
    guard FileManager.default.fileExists(atPath: tokenizer.path) else { return nil }
    return try imported.framing(
      Conditioning(
        nil, folder: folder, template: TemplateChoice("auto").within(imported.template),
        vocabularySize: configuration.vocabularySize, reading: imported.inputReading),
      file: run.path)
  }

  private func origin(
    _ record: AdapterRecord, _ conditioning: Conditioning?, _ configuration: DecoderConfiguration
  ) throws(DistillationError) -> Adapter.Origin {
    Adapter.Origin(
      model: modelName, lora: folder.adapters.map(\.url.path),
      template: conditioning?.template ?? TemplateChoice("raw"),
      templateSource: conditioning?.templateSource, isChat: conditioning?.isChat ?? false,
      contextPosition: conditioning?.contextPosition ?? .systemMessage,
      tokenizer: conditioning == nil ? nil : try AdapterTokenizer(of: folder),
      layerCount: configuration.layerCount, queryHeads: configuration.heads.queryHeads,
      embeddingSpace: configuration.embeddingSpace, substitute: conditioning?.substitute,
      reading: record.reading ?? .apart,
      stopIdentifiers: conditioning?.stopIdentifiers ?? [],
      contextTokens: record.contextTokens ?? 0,
      fingerprints: RunFingerprints(
        model: record.modelFingerprint ?? "", weights: record.weightsDigest,
        adapters: record.adaptersDigest, bareModel: record.bareFingerprint,
        context: record.contextDigest ?? "", gguf: record.gguf, teacher: record.teacher),
      neighbors: record.neighbors, tools: record.tools)
  }

  /// The tokens of the model's own template between the closing and a user's text: those that
  /// prompts of different texts share.
  private func turn(_ conditioning: Conditioning?) throws(DistillationError) -> [Int] {
    guard let conditioning, conditioning.isChat, conditioning.template.name == "auto" else {
      return []
    }
    var shared: [Int]?
    for text in ["a", "B", "7", "?", "\u{e9}"] {
      let tokens = try conditioning.prompt(text).identifiers
      guard let before = shared else {
        shared = tokens
        continue
      }
      shared = zip(before, tokens).prefix { $0 == $1 }.map(\.0)
    }
    return shared ?? []
  }

  /// The text of a prompt with the template's own marks, up to the answer.
  private func promptText(_ conditioning: Conditioning?) throws(DistillationError) -> String? {
    guard let conditioning else { return nil }
    let tokens = try conditioning.prompt("your prompt").identifiers
    let tokenizer = try Conditioning.tokenizer(of: folder)
    do {
      return try tokenizer.decode(tokens, skippingSpecialTokens: false)
    } catch { throw .folder(.tokenizer("\(error)")) }
  }

  /// The type of the weights in the model's files, as far as mlx-lm computes in it: that of most
  /// matrices.
  private func weights() throws(DistillationError) -> ElementType {
    let checkpoint = try opening { () throws(ModelFolderError) in try folder.checkpoint() }
    var counts: [String: Int] = [:]
    for name in checkpoint.names {
      let tensor: CheckpointTensor
      do { tensor = try checkpoint.tensor(named: name) } catch { throw .folder(.checkpoint(error)) }
      if tensor.shape.count == 2 { counts[tensor.typeName, default: 0] += 1 }
    }
    let most = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
    return switch most?.key {
    case "BF16": .bf16
    case "F16": .f16
    default: .f32
    }
  }
}

/// The outcome of an export.
package struct ExportResult: Sendable {
  /// Rows before every prompt: header, prompt and closing.
  package var virtualTokens: Int
  /// The change of KL, in nats per token, when the files are read back and run.
  package var divergence: Double
  /// The response tokens on which it was measured.
  package var tokens: Int
  /// What to know of the model.
  package var notices: [InputNotice]
}

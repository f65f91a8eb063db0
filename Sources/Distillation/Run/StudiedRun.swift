package import Compute
import Foundation
internal import Inference
package import Ranks
internal import Transformer

/// A distillation without inputs: a study in the output folder, whose lines are the inputs of the
/// run that follows.
package struct StudiedRun {
  /// The study.
  package let study: Study
  let request: RunRequest
  /// The folder until the study is done; nil where the run in it goes on.
  private let folder: RunFolder?

  /// The study's file in a run's output folder.
  package static func file(in output: URL) -> URL { output.appending(path: "study.jsonl") }

  /// Threads of the CPU path with which the study of a run was begun; nil where that is not known.
  package static func recordedThreads(in output: URL) -> Int? {
    Study.recordedThreads(of: file(in: output))
  }

  /// Reads the user's files and looks at the output folder; writes nothing.
  ///
  /// - Parameters:
  ///   - request: the run. The share that it holds out is held out of the context.
  ///   - sweep: the sweep of which the run is one; nil for a run by itself.
  ///   - seeds: the file of the user's own seeds.
  ///   - options: how to study.
  ///   - device: where to compute.
  ///   - ranks: the ranks that share out questions and answers.
  /// - Throws: at the first thing that the study or the training would refuse.
  package init(
    _ request: RunRequest, of sweep: SweepRequest? = nil, seeds: URL?, options: StudyOptions,
    device: Device, sharedBy ranks: Ranks = .one
  ) throws(DistillationError) {
    var (request, options) = (request, options)
    try request.checkInputs(seeds: seeds)
    let file = Self.file(in: request.output)
    request.inputs = file
    request.hasOwnStudy = true
    let validation = request.validation
    switch validation {
    case .file, .none: options.heldOut = 0
    case .fraction(let share):
      options.heldOut = share
      request.validation = .automatic
    case .automatic: break
    }
    let manager = FileManager.default
    let isBegun = manager.fileExists(atPath: StudyFile.record(of: file).path)
    if request.mode == .resume, !isBegun, StudyFile.holdsLines(file) {
      throw .studyWithoutRecord(file: file.path, record: StudyFile.record(of: file).path)
    }
    let isOverwriting = request.mode == .overwrite
    let isTraining =
      RunFolder.newestCheckpoint(in: request.output) != nil
      || SweepRecord.exists(in: request.output)
    if request.mode == .resume, isTraining {
      guard isBegun else {
        throw .noStudy(
          file: request.output.path, expected: "the study with which its run was started",
          found: "none")
      }
      folder = nil
    } else {
      // A sweep that begins anew would replace the runs of one whose record is gone.
      let runs =
        request.mode == .resume && sweep != nil ? RunFolder.sweptRuns(in: request.output) : []
      if !runs.isEmpty { throw .sweepWithoutRecord(request.output, runs: runs) }
      // Where nothing but a study was begun, there is no run that could be lost.
      let isStudyAlone =
        request.mode == .resume && isBegun && !RunFolder.hasResults(request.output)
      if isStudyAlone { request.mode = .overwrite }
      folder = try RunFolder(
        request.output, mode: request.mode, isWriting: ranks.isFirst)
      if request.mode == .create { request.mode = .overwrite }
    }
    // What the training would refuse is refused before the study.
    let runs = sweep?.options ?? [request.options]
    try Self.check(options, runs, isTraining: folder == nil)
    if !request.isHeldOut(options) {
      if let sweep { throw sweep.withoutHeldOut }
      try request.checkWithoutValidation()
    }
    if let teacher = request.teacher { try request.options.check(teacher: teacher.name.reference) }
    if sweep == nil, request.writesEvents { try folder?.checkEvents() }
    var writing = StudyRequest(
      folder: request.folder, context: request.context, tools: request.tools, seeds: seeds,
      output: file,
      isOverwriting: isOverwriting,
      makesFolder: !manager.fileExists(atPath: request.output.path),
      // The run that goes on was started with the lines that are there.
      mayExtend: folder != nil, ranks: ranks, options: options)
    writing.teacher = request.teacher
    do { study = try Study(writing, device: device) } catch {
      throw Self.renamed(Self.namingHeldOut(error, request, validation))
    }
    self.request = request
    // A run that goes on needs its start no more.
    if folder != nil { for run in runs { _ = try run.checkStart(for: study.configuration) } }
    try ActivationRounding.check(request.options, request.folder, device)
    for run in runs.dropFirst() where !request.beside.isEmpty {
      _ = try AdapterGroup(
        beside: request.beside, run.method, of: request.folder, for: study.student)
    }
    let group = try AdapterGroup(
      beside: request.beside, request.options.method, of: request.folder, for: study.student)
    // A run takes the clock of the prompts beside it.
    if study.conditioning.template.wallClock == nil { try group.checkFrame(study.conditioning) }
    let tokens = study.conditioning.context.count
    guard request.options.tokens < tokens else {
      throw LearnedPrompt.tooMany(request.options.tokens, contextTokens: tokens)
    }
    let contextRows = study.windows.longestRows + study.longest
    let readsContext = request.teacher == nil || contextRows <= study.student.maximumPositions
    if !readsContext {
      for run in runs { try run.check(contextRows: contextRows, of: study.student) }
    }
    if case .file(let url) = request.validation {
      _ = try Dataset.read(url, reader: study.conditioning.reader)
    }
    if let url = request.unrelated {
      _ = try UnrelatedPrompts.read(
        url, study.conditioning.reader,
        prefix: max(
          readsContext ? study.windows.longestRows : 0,
          Prefix(study.conditioning.frame, .nothing).rows + request.options.tokens
            + group.tokenCount),
        positions: study.student.maximumPositions)
    }
  }

  /// Writes what is left of the study.
  ///
  /// - Returns: the run that follows, and the models where the study has loaded them.
  /// - Throws: as ``Study/perform(handle:)``; where the folder cannot be made or cleared.
  package func perform(
    handle: @escaping (RunEvent) -> Void
  ) throws(DistillationError) -> (request: RunRequest, model: LoadedModel?) {
    var (speeds, student) = (RunSpeeds?.none, Decoder?.none)
    let result = try study.perform(
      measuring: { (teacher, seconds) throws(DistillationError) in
        let decoder = try self.student(of: teacher.decoder, handle)
        speeds = try announce(decoder, teacher, prefillSeconds: seconds, handle)
        student = decoder
      },
      preparing: { () throws(DistillationError) in
        try folder?.begin()
        folder?.tellKept(handle)
      }, handle: handle)
    // The first rank has written all lines.
    study.request.ranks.wait()
    if let speeds { handle(.estimated(speeds.estimate(try workAfterStudy(result)))) }
    study.device.releaseKeptMemory()
    // Its lock keeps other runs out of the folder up to here.
    withExtendedLifetime(folder) {}
    // A study that goes on keeps its precision, which may be another one than the run's.
    let isRuns = request.teacher?.precision == study.options.precision
    let teacher = isRuns ? study.decoder : nil
    // The run alone decides from here on how long they stay.
    study.decoder = nil
    return (request, student.map { LoadedModel(decoder: $0, teacher: teacher) })
  }

  /// The model that is trained: the study's own, or where another one writes, loaded beside it.
  private func student(
    of teacher: Decoder, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> Decoder {
    guard request.teacher != nil else { return teacher }
    handle(.progress(.loading, done: 0, total: study.student.layerCount))
    let loaded = try distilling { () throws(TransformerError) in
      try Decoder.load(
        request.folder, on: study.device, precision: request.options.precision, handle: handle)
    }
    loaded.limitVocabulary(to: study.student.vocabularySize)
    return loaded
  }

  /// The error of a study that holds out another share of the context than the recorded one, where
  /// a share of 0 may mean that the examples are those of a file.
  private static func namingHeldOut(
    _ error: DistillationError, _ request: RunRequest, _ validation: RunRequest.Validation
  ) -> DistillationError {
    guard
      case .changedSinceCheckpoint(let file, .option(let name), let recorded, let found) = error,
      name == OptionName.heldOut.rawValue
    else { return error }
    var (before, now) = (
      "a share of \(recorded) of its own study", "a share of \(found) of its own study"
    )
    if case .file(let url) = validation {
      now = "those of \(url.path)"
    } else if recorded == "0", hasHeldOut(in: request.output) {
      before = "those of a file"
    } else {
      return error
    }
    return .changedSinceCheckpoint(
      checkpoint: file, item: .chosen("the held-out examples", by: [.validation]),
      recorded: before, found: now)
  }

  /// Whether the run in a folder, or the first of its sweep that was begun, has held-out examples.
  private static func hasHeldOut(in output: URL) -> Bool {
    let members = (try? SweepRecord.read(in: output))?.members ?? []
    let folders = [output] + members.map { output.appending(path: $0.folder) }
    let newest = folders.lazy.compactMap { RunFolder.newestCheckpoint(in: $0) }.first
    let state = newest.flatMap { try? TrainingCheckpoint.state(in: $0.url) }
    return state?.fingerprints.hasHeldOut ?? false
  }

  /// The options of a study that have another name in a run that begins with it.
  private static let names: [OptionName: OptionName] = [
    .count: .studyCount, .temperature: .questionTemperature, .heldOut: .validation,
  ]

  /// An error of a study with the names that a run gives its options.
  static func renamed(_ error: DistillationError) -> DistillationError {
    switch error {
    case .option(let name, let expected, let found):
      .option(names[name] ?? name, expected: expected, found: found)
    case .changedSinceCheckpoint(let checkpoint, .option(let name), let recorded, let found):
      .changedSinceCheckpoint(
        checkpoint: checkpoint,
        item: .option(OptionName(rawValue: name).flatMap { names[$0]?.rawValue } ?? name),
        recorded: recorded, found: found)
    default: error
    }
  }
}

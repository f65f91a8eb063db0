import Foundation

/// What a finished run has recorded, as reports show it.
package struct RunReport: Sendable {
  /// The name of its folder.
  package internal(set) var name: String
  /// `metrics.json`.
  package let metrics: RunMetrics
  /// `metrics.jsonl`.
  package let steps: [StepRecord]
  /// `evaluations.jsonl`; none in runs of older programs.
  package let evaluations: [EvaluationRecord]
  /// `heldout_answers.jsonl`; none in runs of older programs.
  package let answers: [HeldOutAnswer]
  /// Lines for the user on what of these is cut or gone.
  package private(set) var notices: [String] = []

  /// Some records. Of a run without a context, what older programs compared with one is left out.
  package init(
    name: String, metrics: RunMetrics, steps: [StepRecord] = [],
    evaluations: [EvaluationRecord] = [], answers: [HeldOutAnswer] = []
  ) {
    self.name = name
    self.steps = steps
    guard metrics.contextTokens == 0 else {
      (self.metrics, self.evaluations, self.answers) = (metrics, evaluations, answers)
      return
    }
    var own = metrics
    own.compressionRatio = nil
    own.validation = metrics.validation?.withoutContext
    self.metrics = own
    self.evaluations = evaluations.map(\.withoutContext)
    self.answers = answers.map(\.withoutContext)
  }

  /// Reads the folder of a finished run.
  ///
  /// - Throws: when it is none, or a file of it is damaged.
  package init(contentsOf folder: URL) throws(DistillationError) {
    let file = folder.appending(path: RunFolder.metrics)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw .content(
        file: folder.path,
        expected: "the output folder of a finished run, with \(RunFolder.metrics)",
        found: AdapterImport.insteadOfRun(folder))
    }
    let metrics: RunMetrics
    do throws(DistillationError) {
      metrics = try RecordCoding.decode(RunMetrics.self, from: file)
    } catch { throw .damaged(.run, error) }
    let steps = try RunFolder.records(StepRecord.self, of: RunFolder.stepMetrics, in: folder)
    let evaluations = try RunFolder.records(
      EvaluationRecord.self, of: RunFolder.evaluations, in: folder)
    let answers = try RunFolder.records(
      HeldOutAnswer.self, of: RunFolder.heldOutAnswers, in: folder)
    self.init(
      name: folder.standardizedFileURL.lastPathComponent, metrics: metrics, steps: steps.records,
      evaluations: evaluations.records, answers: answers.records)
    notices = [steps.cutNotice, evaluations.cutNotice, answers.cutNotice].compactMap(\.self)
    if let done = metrics.origin?.steps, done > 0, steps.records.isEmpty {
      notices.append("\(steps.file): the history of the steps is gone, so no curve shows it")
    }
  }

  /// Reads the folders of finished runs. Where two of them have one name, the runs have their
  /// paths.
  ///
  /// - Throws: as ``init(contentsOf:)``, for the first of them.
  package static func reading(_ folders: [URL]) throws(DistillationError) -> [RunReport] {
    var runs = try folders.map { (folder) throws(DistillationError) in
      try RunReport(contentsOf: folder)
    }
    let isAmbiguous = Set(runs.map(\.name)).count < runs.count
    if isAmbiguous {
      for (index, folder) in folders.enumerated() { runs[index].name = folder.relativePath }
    }
    return runs
  }

  /// The method; nil in reports of older programs.
  var method: TrainingOptions.Method? { metrics.origin?.options.method }
}

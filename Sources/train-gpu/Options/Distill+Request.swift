import Distillation
import Foundation
import HuggingFace
import Logging

extension Distill {
  /// The request of the options.
  func request(_ logger: Logger) throws -> RunRequest {
    if !files.resume { try objective.checkStart() }
    let model = try required(files.model, "model")
    try requireExamples()
    let output = try required(files.output, "output")
    if files.overwrite && files.resume {
      throw UsageError(description: "give one of --overwrite and --resume")
    }
    if files.inputs != nil, let option = study.firstChosen {
      let reason =
        option == "context-window"
        ? ": the lines of --inputs name their part of the context" : ""
      throw UsageError(description: "give one of --inputs and --\(option)\(reason)")
    }
    guard plan.checkpointEvery >= 1 else {
      throw UsageError(
        description: "--checkpoint-every: expected 1 or more, found \(plan.checkpointEvery)")
    }
    let contextFiles = try files.context.urls(option: "context")
    let outputFolder = try URL(path: output, option: "output")
    let inputFile =
      try files.inputs.map { try URL(path: $0, option: "inputs") }
      ?? StudiedRun.file(in: outputFolder)
    let validation = try validation()
    try checkOptions(validation)
    let beside = try besideFolders(outside: outputFolder)
    let tools = try files.tools.file()
    let unrelated = try files.unrelated.map { try URL(path: $0, option: "unrelated") }
    let folder = try files.lora.added(to: ModelFolder(named: model, logger: logger))
    var request = RunRequest(
      folder: folder, modelName: try ModelName(parsing: model, of: folder),
      beside: beside, context: contextFiles, tools: tools, inputs: inputFile,
      validation: validation, unrelated: unrelated, output: outputFolder,
      mode: files.overwrite ? .overwrite : files.resume ? .resume : .create,
      options: try trainingOptions(), kept: plan.leftOut, checkpointEvery: plan.checkpointEvery)
    request.teacher = try files.teacher.model(logger)
    request.price = report.cost.price
    request.writesEvents = report.tensorboard
    return request
  }

  /// Checks what follows from the options alone, before a model is fetched. A run that goes on is
  /// first compared with what it was started with, but for what no run can have.
  private func checkOptions(_ validation: RunRequest.Validation) throws {
    try files.teacher.check()
    if let teacher = files.teacher.teacher { try trainingOptions().check(teacher: teacher) }
    let (methods, tokens) = (objective.method.values, objective.tokens.values)
    let isSweep = methods.count * tokens.count > 1
    if !isSweep, let budget = objective.klBudget {
      throw UsageError(
        description: "--kl-budget: expected several --tokens or methods to choose from, found "
          + "\(budget) with one")
    }
    guard !files.resume else { return }
    try plan.checkWithoutSteps()
    if isSweep {
      try SweepRequest.check(
        methods: methods, tokens: tokens, budget: objective.klBudget, validation: validation)
    }
    let runs = try trainingOptions().swept(methods, tokens)
    if let study = try studyOptions() {
      try StudiedRun.check(study, runs)
    } else {
      for run in runs { try run.validate() }
    }
  }

  /// Checks that there are examples, or a context of which questions can be written.
  private func requireExamples() throws {
    guard files.inputs == nil, files.context.isEmpty else { return }
    // Given responses need no context, and of tools alone no questions are written.
    if objective.loss == .crossEntropy || files.tools.tools != nil {
      _ = try required(String?.none, "inputs")
    }
    _ = try required(String?.none, "context")
  }

  /// The prompts beside the trained one, none of which the run may replace.
  private func besideFolders(outside output: URL) throws -> [URL] {
    let folders = try files.beside.urls(option: "beside")
    let taken = output.resolvingSymlinksInPath().path
    for folder in folders {
      let path = folder.resolvingSymlinksInPath().path
      guard path != taken, !path.hasPrefix(taken + "/") else {
        throw UsageError(
          description:
            "--beside: expected an adapter outside the output folder, found \(folder.path)")
      }
    }
    return folders
  }

  /// The options of the study of a run without inputs; nil where there are inputs.
  func studyOptions() throws -> StudyOptions? {
    guard files.inputs == nil else { return nil }
    let training = try trainingOptions()
    var options = StudyOptions()
    study.questions.apply(to: &options)
    options.count = study.studyCount ?? options.count
    options.temperature = study.questionTemperature
    options.seed = training.seed
    options.template = training.template
    options.templateVariables = training.templateVariables
    options.responseTokens = training.responseTokens
    options.responseTemperature = training.responseTemperature
    options.precision =
      files.teacher.teacher == nil ? training.precision : files.teacher.teacherPrecision
    return options
  }

  private func required(_ value: String?, _ name: String) throws -> String {
    guard let value else {
      throw UsageError(description: "expected --\(name); train-gpu distill --help says more")
    }
    return value
  }

  /// A number is a fraction, everything else a file.
  private func validation() throws -> RunRequest.Validation {
    guard let text = files.validation else { return .automatic }
    guard let share = Double(decimal: text) else {
      let file = try URL(path: text, option: "validation")
      // 5% and 0,1 are no names that anyone gives a file.
      let isNumber = text.wholeMatch(of: #/[-+.]?[0-9][0-9.,]*\s*%?/#) != nil || Double(text) != nil
      if isNumber, !FileManager.default.fileExists(atPath: file.path) {
        throw Self.noShare(text)
      }
      return .file(file)
    }
    guard share >= 0 && share < 1 else { throw Self.noShare("\(share)") }
    return share == 0 ? .none : .fraction(share)
  }

  private static func noShare(_ found: String) -> UsageError {
    UsageError(
      description: "--validation: expected a file or a share from 0 to below 1, found \(found)")
  }

  private func trainingOptions() throws -> TrainingOptions {
    if plan.steps != nil && plan.epochs != nil {
      throw UsageError(description: "give one of --steps and --epochs")
    }
    var options = TrainingOptions()
    options.tokens = objective.tokens.values.max() ?? options.tokens
    options.method = objective.method.values.first ?? options.method
    options.chosenInitialization = objective.initialization
    options.template = objective.template
    let variables = objective.templateVariables.variables
    options.templateVariables = variables.isEmpty ? nil : variables
    options.teacherCache = objective.teacherCache
    options.loss = objective.loss
    options.mixCrossEntropy = objective.mixCrossEntropy
    options.lossPart = objective.lossOn
    options.reconstruct = objective.reconstruct
    options.regularize = objective.regularize
    options.temperature = objective.temperature
    options.responseTokens = objective.responseTokens
    options.responseTemperature = objective.responseTemperature
    options.precision = objective.precision
    options.activations = objective.activations
    onPolicy.apply(to: &options)
    options.optimizer = plan.optimizer
    options.learningRate = plan.learningRate
    options.keyLearningRate = plan.learningRateKeys
    options.valueLearningRate = plan.learningRateValues
    options.schedule = plan.schedule
    options.warmup = plan.warmup
    options.weightDecay = plan.weightDecay
    options.clipNorm = plan.clipNorm
    options.steps = plan.steps ?? options.steps
    options.epochs = plan.epochs
    options.batchSize = plan.batchSize
    options.shuffle = plan.shuffle
    options.seed = plan.seed
    options.patience = plan.patience
    options.evaluateEvery = plan.evaluateEvery ?? options.evaluateEvery
    return options
  }
}

import Files
import HuggingFace
import JSON
import Safetensors
package import Transformer

/// An error of a run, in one line that names the file, the location and the expected value.
package enum DistillationError: Error, Sendable {
  /// The model cannot be loaded or run.
  case transformer(TransformerError)
  /// The model folder lacks a file or holds one that cannot be read.
  case folder(ModelFolderError)
  /// A safetensors file cannot be read, or not as the expected kind.
  case safetensors(SafetensorsError)
  /// The operating system refused to read or write a file.
  case file(FileError)
  /// Results cannot be written where the user wants them.
  case output(FileError)
  /// The context cannot be placed in the chat template.
  case placement(PlacementError)
  /// A JSON file is damaged, or not as expected.
  case json(JSONReadingError)
  /// A line of a JSONL file is not an example. `line` counts from 1, `column` from 1 in bytes.
  case line(file: String, line: Int, column: Int?, reason: String)
  /// A whole line of a file that a run has written is no record.
  case damagedLine(DamagedLine)
  /// A record besides lines cannot be read, for this reason, which names it.
  case damagedRecord(of: RecordedWork, String)
  /// The output folder of a run to resume holds a sweep, of the runs in these folders.
  case holdsSweep(path: String, runs: [String])
  /// The output folder of a sweep to resume holds one run.
  case holdsRun(path: String)
  /// The chat template cannot write the conversation of a line. `line` counts from 1.
  case conversation(file: String, line: Int, error: PlacementError)
  /// Answers that a run has recorded, and without which it cannot go on, are not there any more.
  case otherAnswers(file: String, expected: String, found: String)
  /// A file has other content than expected.
  case content(file: String, expected: String, found: String)
  /// A file is not the study that is continued, or its lines were changed.
  case otherStudy(file: String, expected: String, found: String)
  /// The lines of a study are there without its record.
  case studyWithoutRecord(file: String, record: String)
  /// No study can be written or found, so that examples must be given.
  case noStudy(file: String, expected: String, found: String)
  /// The chat template no longer writes the frame in which an adapter's prompt was trained.
  case changedFrame(adapter: String)
  /// An adapter's prompt was trained in another header or closing than that of another adapter, or
  /// nil for a run, beside which it is to stand.
  case otherFrame(adapter: String, other: String?)
  /// An option has a value that does not fit the model or the data.
  case option(OptionName, expected: String, found: String)
  /// An option has a value that does not fit the value of another option.
  case optionConflict(
    OptionName, expected: String, with: OptionName, value: String, found: String)
  /// An option of evaluations is given, but no examples are held out.
  case withoutValidation(OptionName)
  /// The output folder exists, and the request neither replaces nor resumes the run in it, where
  /// there is one.
  case outputExists(path: String, holdsRun: Bool)
  /// The output folder of a run to resume holds no checkpoint.
  case noCheckpoint(path: String)
  /// Another running process writes to the output folder.
  case outputInUse(path: String)
  /// The output folder was renamed or removed while a run wrote to it.
  case outputMoved(path: String)
  /// A run is resumed with another option or input than it was started with.
  case changedSinceCheckpoint(
    checkpoint: String, item: RecordedItem, recorded: String, found: String)
  /// An option of a resumed run changes nothing, because all steps are done.
  case nothingLeft(checkpoint: String, steps: Int, setting: OptionSetting)
  /// A run whose learning rates depend on its length is resumed with another length; both are in
  /// steps.
  case scheduleOfAnotherLength(checkpoint: String, schedule: String, recorded: Int, found: Int)
  /// A rank has read other files or options than the first one; `what` is the first difference.
  case otherRank(rank: Int, host: String, what: String)
  /// The window has no space for a message and an answer; both are in tokens.
  case windowFull(needed: Int, window: Int)
  /// No prompt of a sweep is within its budget; `nearest` is the folder of the one with the lowest
  /// KL.
  case budgetMissed(budget: Double, nearest: String, kl: Double)
  /// The loss of a step is not finite. `saved` is the folder of the last good prompt.
  case lossNotFinite(step: Int, saved: String)

  /// An item of a run's record that a resumed run must share.
  package enum RecordedItem: Sendable, Equatable {
    /// A training option, by its recorded name.
    case option(String)
    /// An input, such as "the model".
    case input(String)
    /// An input that follows from options.
    case chosen(String, by: [OptionName])
  }
}

extension DistillationError: CustomStringConvertible {
  /// The whole error in one line, with the plain names of options.
  package var description: String { text { $0 } }

  /// The whole error in one line.
  ///
  /// - Parameter option: an option's name as the user knows it, from its plain name.
  package func text(option: (String) -> String) -> String {
    func name(_ name: OptionName) -> String { option(name.rawValue) }
    return switch self {
    case .transformer(let error): error.description
    case .folder(let error): error.description
    case .safetensors(let error): error.description
    case .file(let error), .output(let error): error.description
    case .placement(let error): error.text(option: option)
    case .json(let error): error.description
    case .line(let file, let line, nil, let reason): "\(file):\(line): \(reason)"
    case .line(let file, let line, let column?, let reason):
      "\(file):\(line):\(column): \(reason)"
    case .damagedLine(let line): line.description
    case .damagedRecord(_, let reason): reason
    case .studyWithoutRecord(let file, let record):
      "\(file): expected the record of this study, \(record), found its lines alone"
    case .holdsSweep(let path, let runs):
      "\(path): expected one run to resume, found a sweep, of \(runs.joined(separator: ", ").excerpt)"
    case .holdsRun(let path):
      "\(path): expected a sweep to resume, with \(SweepRecord.name), found one run"
    case .conversation(let file, let line, let error):
      "\(file):\(line): \(error.text(option: option))"
    case .content(let file, let expected, let found),
      .otherStudy(let file, let expected, let found), .noStudy(let file, let expected, let found),
      .otherAnswers(let file, let expected, let found):
      "\(file): expected \(expected), found \(found)"
    case .changedFrame(let adapter):
      "\(adapter): expected a chat template that writes the tokens around the soft prompt with which "
        + "it was trained, found one that has changed since, or another model's"
    case .otherFrame(let adapter, let other):
      "\(adapter): expected the tokens of header and closing with which "
        + "\(other ?? "the run") has its prompt, because they come once, found others"
    case .option(let option, let expected, let found):
      "\(name(option)): expected \(expected), found \(found)"
    case .optionConflict(let option, let expected, let other, let value, let found):
      "\(name(option)): expected \(expected) with \(name(other)) \(value), found \(found)"
    case .withoutValidation(let option):
      "\(name(option)): expected held-out examples to \(option.validationUse) "
        + "(\(name(.validation))), found none"
    case .outputExists(let path, let holdsRun):
      "\(path): the output folder exists\(holdsRun ? "" : ", without a run in it")"
    case .noCheckpoint(let path):
      "\(path): expected a checkpoint-N to resume from, found none"
    case .outputInUse(let path):
      "\(path): another run writes to this output folder; wait for its end or name another"
    case .outputMoved(let path):
      "\(path): the output folder was renamed or removed while the run wrote to it, so the run ends"
    case .changedSinceCheckpoint(let checkpoint, .option(let what), let recorded, let found):
      "\(checkpoint): started with \(option(what)) \(recorded), found \(found); a resumed run keeps "
        + "what it was started with"
    case .changedSinceCheckpoint(let checkpoint, .input(let what), let recorded, let found):
      "\(checkpoint): started with \(what) \(recorded), found \(found); a resumed run keeps what it "
        + "was started with"
    case .changedSinceCheckpoint(
      let checkpoint, .chosen(let what, let options), let recorded, let found):
      "\(checkpoint): started with \(what) (\(options.map(name).joined(separator: ", "))) \(recorded), "
        + "found \(found); a resumed run keeps what it was started with"
    case .nothingLeft(let checkpoint, let steps, let setting):
      "\(checkpoint): all of its \(Counted(steps, "step")) are done, so that "
        + "\(setting.text(option: option)) changes nothing; expected more \(name(.steps)) with it"
    case .scheduleOfAnotherLength(let checkpoint, let schedule, let recorded, let found):
      "\(checkpoint): started for \(Counted(recorded, "step")), found \(found); "
        + "\(name(.schedule)) \(schedule) depends on their number, "
        + "so the steps that are done had other rates; only constant can continue"
    case .otherRank(let rank, let host, let what):
      "rank \(rank) on \(host): expected \(what) of rank 0, found another"
    case .windowFull(let needed, let window):
      "the window is full: \(Counted(needed, "token")) would stand in it with this message and the first "
        + "of an answer, and it holds \(window)"
    case .budgetMissed(let budget, let nearest, let kl):
      "no prompt is within \(name(.klBudget)) \(budget), so none is delivered; the nearest is "
        + "\(nearest) with KL \(Decimals.text(kl, 4))"
    case .lossNotFinite(let step, let saved):
      "the loss of step \(step) is not a finite number; the last good prompt is in \(saved)"
    }
  }
}

extension DistillationError {
  /// Whether the cause is the user's input, rather than a failure of the machine.
  package var isBadInput: Bool {
    switch self {
    case .transformer(.compute(.driver)), .transformer(.compute(.shape)),
      .transformer(.compute(.rowIndex)):
      false
    case .file, .budgetMissed, .lossNotFinite, .outputMoved: false
    case .output(let error): !error.isOfDisk
    default: true
    }
  }
}

/// Runs a call of the layer below and converts its error to this layer's type.
func distilling<Value>(
  _ call: () throws(TransformerError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .transformer(error) }
}

/// Runs a read of a model folder and converts its error to this layer's type.
func opening<Value>(
  _ call: () throws(ModelFolderError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .folder(error) }
}

/// Runs a read of a JSON value and converts its error to this layer's type.
func reading<Value>(
  _ call: () throws(JSONReadingError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .json(error) }
}

/// Runs a read of tensors and converts its error to this layer's type.
func tensors<Value>(
  _ call: () throws(SafetensorsError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .safetensors(error) }
}

/// Runs a write of tensors and converts its error to this layer's type. An error of the system,
/// above all a full disk, is a failure of the machine, unlike a file that cannot be opened for
/// reading.
func writingTensors(
  _ call: () throws(SafetensorsError) -> Void
) throws(DistillationError) {
  do { return try call() } catch {
    guard case .system(let action, let reason) = error.problem else { throw .safetensors(error) }
    throw .file(FileError(path: error.file, action: action, reason: reason))
  }
}

/// Looks at the place of results, or makes their folder, and converts the error to this layer's
/// type.
func placingOutput<Value>(
  _ call: () throws(FileError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .output(error) }
}

/// Runs a write of a file and converts its error to this layer's type.
func writing<Value>(
  _ call: () throws(FileError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .file(error) }
}

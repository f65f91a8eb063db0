import ArgumentParser
import Arguments
import Compute
import Distillation
import Files
import Foundation
import HuggingFace
import OpenCL
import Ranks
import Transformer

/// The end of the program when a command throws: one line on standard error and an exit code, or
/// help on standard output.
struct Failure {
  let message: String
  let code: Int32
  /// Whether all ranks of the job end with it.
  private let isShared: Bool

  private static let badInput: Int32 = 2
  private static let otherFailure: Int32 = 1

  init(_ error: any Error) {
    switch error {
    case let error as DistillationError:
      self.init(
        message: error.line, code: error.isBadInput ? Self.badInput : Self.otherFailure,
        isShared: error.isOfAllRanks)
    case let error as TransformerError:
      self.init(DistillationError.transformer(error))
    case let error as ComputeError:
      self.init(DistillationError.transformer(.compute(error)))
    case let error as OpenCLError:
      self.init(error.description, isBadInput: false)
    case let error as ModelFolderError:
      self.init(error.description, isBadInput: true)
    case let error as LoRAError:
      self.init(error.description, isBadInput: true)
    case let error as HubError:
      self.init(error.description, isBadInput: error.isBadInput)
    case let error as AddressSpaceError:
      self.init(error.description, isBadInput: false)
    case let error as FileError:
      self.init(error.description, isBadInput: false)
    case let error as TuningStoreError:
      self.init(error.description, isBadInput: false)
    case let error as UsageError:
      self.init(error.description, isBadInput: true)
    case let error as ArgumentError:
      self.init(error.description, isBadInput: true)
    case let error as RanksError:
      self.init(error.description + error.advice, isBadInput: true)
    case let stop as Stopped:
      self.init(message: stop.message, code: Stopped.code(of: stop.signal), isShared: true)
    case let error as AgreedFailure:
      self.init(message: error.message, code: error.code, isShared: true)
    default:
      let isHelp = TrainGPU.exitCode(for: error) == .success
      self.init(
        message: isHelp
          ? TrainGPU.fullMessage(for: error) : InvalidValue.line(TrainGPU.message(for: error)),
        code: isHelp ? 0 : Self.badInput)
    }
  }

  private init(_ message: String, isBadInput: Bool) {
    self.init(message: message, code: isBadInput ? Self.badInput : Self.otherFailure)
  }

  private init(message: String, code: Int32, isShared: Bool = false) {
    self.message = message
    self.code = code
    self.isShared = isShared
  }

  /// The refusal with where the options that it names stand in a configuration file.
  func naming(_ options: ConfiguredOptions) -> Failure {
    guard code == Self.badInput else { return self }
    return Failure(
      message: message + options.places(in: message), code: code, isShared: isShared)
  }

  /// Prints the message and ends the program; of a job of several ranks with all of them, and once.
  func exit() -> Never {
    let ranks = Job.ranks
    if ranks.count > 1 && !isShared {
      Failure(message: "\(ranks.name): \(message)", code: code).show()
      ranks.abort(code: code)
    } else {
      if ranks.count > 1 ? ranks.isFirst : Job.launch.isFirst { show() }
      ranks.leave()
    }
    ProcessEnd.exit(code)
  }

  private func show() {
    if code == 0 {
      do throws(FileError) {
        try StandardOutput.line(message)
      } catch {
        Failure(error).exit()
      }
    } else {
      let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
      StandardError.write("train-gpu: \(line.printable)\n")
    }
  }
}

extension RanksError {
  /// What avoids the error.
  fileprivate var advice: String {
    switch self {
    case .notBuilt: "; make build MPI=1 builds it in"
    case .separate: "; srun --mpi=pmix joins them, and srun -n 1 starts one"
    case .otherMPI: "; make build MPI=openmpi or MPI=mpich builds with that of the launcher"
    }
  }
}

extension DistillationError {
  /// Whether every rank ends with this error.
  fileprivate var isOfAllRanks: Bool {
    switch self {
    case .lossNotFinite, .otherRank, .budgetMissed: true
    default: false
    }
  }
  private static let newStudy = "; --overwrite writes a new study, and keeps this one's lines"

  /// The error in one line, with the options that avoid it.
  var line: String { text(option: CommandLineOption.name) + advice }

  /// The options that avoid the error; empty where there are none.
  fileprivate var advice: String {
    switch self {
    case .transformer(.compute(let error)): error.advice
    case .transformer(.blocks): "; --precision bf16 or f32 holds them"
    case .outputExists(path: _, holdsRun: true):
      "; --overwrite replaces the run in it, --resume continues it"
    case .outputExists: "; --overwrite writes one into it"
    case .noCheckpoint: "; --overwrite starts a new run"
    case .damagedLine(let line):
      switch line.use {
      case .history:
        "; remove the line to go on without it, or start the run again with distill --overwrite"
      case .training: "; --overwrite starts the run again"
      case .study: Self.newStudy
      case .behindStudy: "; remove the line to go on without it\(Self.newStudy)"
      }
    case .damagedRecord(.study, _): Self.newStudy
    case .damagedRecord(.run, _): "; distill --resume judges the run again and writes it anew"
    case .damagedRecord(.checkpoint(let name, hasEarlier: true), _):
      "; --resume goes on from an earlier checkpoint where \(name) is removed"
    case .damagedRecord(.checkpoint, _): "; --overwrite starts the run again"
    case .damagedRecord(.sweep, _), .damagedRecord(.sweepRuns, _):
      "; --overwrite starts the sweep again, and each of its runs can be resumed in its own folder"
    case .holdsSweep:
      "; --resume goes on with all of its --tokens or methods, or with one run in its own --output"
    case .holdsRun: "; --resume goes on with its own --tokens and method alone"
    case .outputMoved:
      "; --resume under its new name continues from its newest checkpoint"
    case .otherStudy: "; --overwrite writes a new study"
    case .studyWithoutRecord(let file, _):
      "; distill --inputs \(file) trains on them, and once they are moved away --overwrite begins a new study"
    case .noStudy: "; --inputs names examples"
    case .otherAnswers: "; --overwrite starts the run again"
    case .otherFrame: "; --template sets those of all"
    case .changedFrame: "; --template places the learned prompt in another"
    case .windowFull: "; a new chat begins with an empty one, and --window sets its size"
    case .lossNotFinite: "; a smaller --learning-rate or a --clip-norm keeps the training stable"
    default: ""
    }
  }
}

extension ComputeError {
  /// The options that avoid the error; empty where there are none.
  fileprivate var advice: String {
    switch self {
    case .outOfMemory, .bufferTooLarge:
      "; a smaller --batch-size, --teacher-cache hidden or --precision bf16 lowers what is "
        + "needed"
    case .noGPULeft: "; start fewer ranks there, or name --device cpu"
    case .projectedTeacher: "; --teacher-cache hidden or logits can"
    case .weightOverflow: "; --precision bf16 or f32 holds it"
    case .nothingToTune: "; name a GPU with --device"
    default: ""
    }
  }
}

extension HubError {
  /// Whether the cause is the user's input, rather than the network or the disk.
  fileprivate var isBadInput: Bool {
    switch self {
    case .unreachable, .refused, .listingTooLong, .tooLong, .wrongChecksum, .insufficientSpace,
      .file:
      false
    case .notAModel, .offline, .badEndpoint, .unauthorized, .notFound, .listing, .noSafetensors,
      .missingFile, .ggufChoice:
      true
    case .neitherFolder(_, let error): error.isBadInput
    }
  }
}

/// A wrong combination of arguments, in one line.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// A signal stopped the program.
struct Stopped: Error {
  let message: String
  let signal: Int32

  /// The exit code of shells for a program that a signal ended.
  static func code(of signal: Int32) -> Int32 { 128 + signal }
}

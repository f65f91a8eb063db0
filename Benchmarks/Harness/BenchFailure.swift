import ArgumentParser
import Arguments
import Compute
import Distillation
import Files
import Foundation
import Ranks
import Transformer

/// The end of the program when a command throws: one line on standard error, or help on standard
/// output.
struct BenchFailure {
  private let message: String
  private let code: Int32
  /// Whether every process of a job finds the same.
  private let isShared: Bool

  init(_ error: any Error) {
    let isBadInput: Bool
    switch error {
    case let error as DistillationError: isBadInput = error.isBadInput
    case let error as TransformerError:
      isBadInput = DistillationError.transformer(error).isBadInput
    case let error as ComputeError:
      isBadInput = DistillationError.transformer(.compute(error)).isBadInput
    case is RanksError, is ArgumentError: isBadInput = true
    default: isBadInput = PithBench.exitCode(for: error) == .validationFailure
    }
    let isHelp = PithBench.exitCode(for: error) == .success
    message =
      isHelp
      ? PithBench.fullMessage(for: error) : InvalidValue.line(PithBench.message(for: error))
    isShared =
      isHelp || error is RanksError || error is ArgumentError
      || PithBench.exitCode(for: error) == .validationFailure
    code = isHelp ? EXIT_SUCCESS : isBadInput ? 2 : EXIT_FAILURE
  }

  /// Prints the message, once where all ranks have the same, and ends the program.
  func exit() -> Never {
    let isFirst = Launch(environment: ProcessInfo.processInfo.environment).isFirst
    if code == EXIT_SUCCESS {
      do throws(FileError) {
        if isFirst { try StandardOutput.line(message) }
      } catch {
        BenchFailure(error).exit()
      }
    } else if isFirst || !isShared {
      let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
      FileHandle.standardError.write(Data("pith-bench: \(line)\n".utf8))
    }
    Foundation.exit(code)
  }
}

import Safetensors
import Testing

@testable import Distillation

/// The classification of errors as the user's or the machine's.
@Suite struct DistillationErrorTests {
  private let full = SafetensorsError(
    file: "run/state.safetensors",
    problem: .system(action: "write", reason: "No space left on device"))

  private func error(_ body: () throws -> Void) throws -> DistillationError {
    try #require(throws: DistillationError.self, performing: body)
  }

  @Test func aFullDiskIsNoBadInput() throws {
    let found = try error { try writingTensors { () throws(SafetensorsError) in throw full } }
    #expect(!found.isBadInput)
    #expect("\(found)" == "run/state.safetensors: cannot write: No space left on device")
  }

  @Test func aFileThatCannotBeOpenedIsBadInput() throws {
    let found = try error { try tensors { () throws(SafetensorsError) in throw full } }
    #expect(found.isBadInput)
  }

  @Test func tensorErrorsOfTheInputKeepTheirType() throws {
    let wrong = SafetensorsError(
      file: "x", problem: .wrongByteCount(expected: 8, found: 4))
    let found = try error { try writingTensors { () throws(SafetensorsError) in throw wrong } }
    guard case .safetensors(let kept) = found else {
      Issue.record("expected the error as it was, found \(found)")
      return
    }
    #expect(kept == wrong)
  }
}

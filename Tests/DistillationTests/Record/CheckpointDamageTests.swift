import Foundation
import TestSupport
import Testing

@testable import Distillation

/// A changed checkpoint is refused.
@Suite struct CheckpointDamageTests {
  private let parent: TemporaryFolder
  private let run: RunFolder
  private let folder: URL

  init() throws {
    parent = try TemporaryFolder()
    run = try RunFolder(parent.url.appending(path: "run"), mode: .create)
    try run.begin()
    folder = try RunRecords.checkpoint(step: 3).write(to: run)
  }

  @Test(arguments: ["state.safetensors", "state.json"])
  func aFlippedBitIsRefused(name: String) throws {
    let url = folder.appending(path: name)
    let bytes = [UInt8](try Data(contentsOf: url))
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      try Data(damaged).write(to: url)
      #expect(throws: DistillationError.self, "byte \(index)") {
        try TrainingCheckpoint(folder: folder)
      }
    }
    try Data(bytes).write(to: url)
    #expect(try TrainingCheckpoint(folder: folder).prompt == RunRecords.checkpoint(step: 3).prompt)
  }

  @Test func damageIsReportedInOneLine() throws {
    let url = folder.appending(path: "state.safetensors")
    var bytes = [UInt8](try Data(contentsOf: url))
    bytes[bytes.count - 1] ^= 1
    try Data(bytes).write(to: url)
    let reason =
      "\(url.path): expected the bytes that the run wrote, by their SHA-256, found others"
    expectError(reason) { try TrainingCheckpoint(folder: folder) }
    for hasEarlier in [false, true] {
      if hasEarlier { try RunRecords.checkpoint(step: 1).write(to: run) }
      #expect {
        try TrainingCheckpoint(folder: folder)
      } throws: { error in
        guard
          case .damagedRecord(.checkpoint("checkpoint-3", hasEarlier), reason)? =
            error as? DistillationError
        else { return false }
        return true
      }
    }
  }

  @Test(arguments: [
    ("state.safetensors", "a checkpoint of the run"), ("state.json", "records in JSON"),
  ])
  func aFileOfAnotherKindIsNamed(name: String, expected: String) throws {
    let url = folder.appending(path: name)
    try Data("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n".utf8)
      .write(to: url)
    expectError(
      "\(url.path): expected \(expected), found a Git LFS pointer; \"git lfs pull\" in its folder "
        + "fetches the file that it stands for"
    ) { try TrainingCheckpoint(folder: folder) }
  }

  @Test func anEarlierProgramsCheckpointIsReadWithoutChecksums() throws {
    let url = folder.appending(path: "state.json")
    var state = try TrainingCheckpoint.state(in: folder)
    #expect(state.threads == 2)
    #expect(state.reading == .present)
    (state.tensorsDigest, state.threads, state.reading) = (nil, nil, nil)
    try Data(RecordCoding.encode(state)).write(to: url)
    let read = try TrainingCheckpoint(folder: folder)
    #expect(read.state == state)
    // Written again, it has checksums.
    try read.write(to: run)
    #expect(try TrainingCheckpoint.state(in: folder).tensorsDigest?.count == 64)
  }

  @Test func aCheckpointThatIsWrittenAgainKeepsTheChecksumOfItsVectors() throws {
    let url = folder.appending(path: "state.safetensors")
    let read = try TrainingCheckpoint(folder: folder)
    var bytes = [UInt8](try Data(contentsOf: url))
    bytes[bytes.count - 1] ^= 1
    try Data(bytes).write(to: url)
    try read.write(to: run)
    #expect(throws: DistillationError.self) { try TrainingCheckpoint(folder: folder) }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Distillation

/// In the folder of a checkpoint nothing goes but what a run has written.
@Suite struct CheckpointFolderTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
  }

  private func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.appending(path: folder).path).sorted()
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: url.appending(path: name), encoding: .utf8)
  }

  private func left(_ step: Int) -> String {
    "\(url.path)/checkpoint-\(step): no checkpoint any more; files that no run has written stay in it"
  }

  /// A run with checkpoints after these steps.
  private func run(_ steps: ClosedRange<Int>, _ mode: RunFolder.Mode = .create) throws -> RunFolder
  {
    let run = try RunFolder(url, mode: mode)
    try run.begin()
    for step in steps { try RunRecords.checkpoint(step: step).write(to: run) }
    return run
  }

  @Test func filesOfTheUserOutliveTheirCheckpoint() throws {
    do {
      let run = try run(1...3)
      try parent.write("run/checkpoint-1/notes.txt", "mine")
      try parent.write("run/checkpoint-2/data/inputs.jsonl", "{}")
      try run.pruneCheckpoints(keeping: 1)
      #expect(run.takeNotices() == [left(1), left(2)])
      #expect(try names("checkpoint-1") == ["notes.txt"])
      #expect(try names("checkpoint-2") == ["data"])
      try run.pruneCheckpoints(keeping: 1)
      #expect(run.takeNotices().isEmpty && run.newestCheckpoint()?.step == 3)
    }
    // What is left is no checkpoint, and nothing that another program has written.
    #expect(try RunFolder(url, mode: .resume).newestCheckpoint()?.step == 3)
    do {
      try parent.write("run/checkpoint-3/notes.txt", "mine")
      let next = try RunFolder(url, mode: .overwrite)
      try next.begin()
      #expect(next.takeNotices() == [left(3)])
      #expect(
        try names()
          == ["checkpoint-1", "checkpoint-2", "checkpoint-3", "files.json", "metrics.jsonl"])
      #expect(try text("checkpoint-3/notes.txt") == "mine")
      // The next run has its checkpoints there, and removes them in the same way.
      let checkpoint = RunRecords.checkpoint(step: 1)
      let folder = try checkpoint.write(to: next)
      #expect(try names("checkpoint-1") == ["notes.txt", "state.json", "state.safetensors"])
      #expect(try TrainingCheckpoint(folder: folder).prompt == checkpoint.prompt)
    }
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try names("checkpoint-1") == ["notes.txt"])
    #expect(try names("checkpoint-2/data") == ["inputs.jsonl"])
  }

  /// A checkpoint that its user has moved to another disk.
  @Test func ofALinkTheLinkAloneIsRemoved() throws {
    let run = try run(1...2)
    let (link, moved) = (
      url.appending(path: "checkpoint-1"), parent.url.appending(path: "moved")
    )
    try FileManager.default.moveItem(at: link, to: moved)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: moved)
    try run.pruneCheckpoints(keeping: 1)
    #expect(
      run.takeNotices()
        == ["\(link.path): a link, which is removed; the checkpoint behind it stays"])
    #expect(try !names().contains("checkpoint-1"))
    #expect(try TrainingCheckpoint(folder: moved).state.step == 1)
  }

  @Test func aChangedFileIsKept() throws {
    let run = try run(1...2)
    let state = try text("checkpoint-1/state.json").replacing("\"step\" : 1", with: "\"step\" : 9")
    try parent.write("run/checkpoint-1/state.json", state)
    try run.pruneCheckpoints(keeping: 1)
    // Without its state nobody knows whose the vectors are.
    #expect(try names("checkpoint-1") == ["state.json.kept", "state.safetensors.kept"])
    #expect(try text("checkpoint-1/state.json.kept") == state)
    #expect(run.takeNotices().count == 3)
    #expect(run.newestCheckpoint()?.step == 2)
  }

  /// Also where none of its files was removed, as when they could not be read.
  @Test func aRunGoesOnBesideAKeptCheckpoint() throws {
    let kept = ["state.json.kept", "state.safetensors.kept"]
    do {
      let run = try run(1...2)
      try parent.write("run/checkpoint-1/state.json", "{")
      try run.pruneCheckpoints(keeping: 1)
    }
    do {
      let next = try RunFolder(url, mode: .resume)
      try next.begin()
      #expect(next.newestCheckpoint()?.step == 2)
      #expect(try names("checkpoint-1") == kept)
    }
    // Another run's checkpoint of this step stands beside them, and is removed without them.
    let run = try run(1...1, .overwrite)
    #expect(try names("checkpoint-1") == ["state.json", kept[0], "state.safetensors", kept[1]])
    #expect(run.newestCheckpoint()?.step == 1)
    try run.pruneCheckpoints(keeping: 0)
    #expect(try names("checkpoint-1") == kept)
  }

  @Test func changedVectorsAreKept() throws {
    let run = try run(1...2)
    try parent.write("run/checkpoint-1/state.safetensors", "mine")
    try run.pruneCheckpoints(keeping: 1)
    #expect(try names("checkpoint-1") == ["state.safetensors.kept"])
  }

  /// A run that is killed while it removes a checkpoint leaves one of its files at most.
  @Test func aCheckpointThatWasBeingRemovedGoesLater() throws {
    do {
      let run = try run(1...2)
      try parent.write("run/checkpoint-1/notes.txt", "mine")
      try run.noteLeft(
        "checkpoint-1",
        own: TrainingCheckpoint.ownFiles(in: url.appending(path: "checkpoint-1")))
      try FileManager.default.removeItem(at: url.appending(path: "checkpoint-1/state.json"))
    }
    let next = try RunFolder(url, mode: .resume)
    try next.begin()
    #expect(try names("checkpoint-1") == ["notes.txt"])
  }

  @Test(arguments: ["checkpoint-3.partial", "checkpoint-3.removed"])
  func partsOfCheckpointsGoWithoutFilesOfTheUser(part: String) throws {
    do { _ = try run(1...1) }
    try parent.write("run/\(part)/state.safetensors", "half")
    try parent.write("run/\(part)/notes.txt", "mine")
    try RunFolder(url, mode: .resume).begin()
    #expect(try names(part) == ["notes.txt"])
    // Another checkpoint of that name can be written.
    let run = try run(3...3, .overwrite)
    #expect(run.newestCheckpoint()?.step == 3)
    try run.pruneCheckpoints(keeping: 0)
    #expect(run.newestCheckpoint() == nil)
    let places = ["checkpoint-3/notes.txt", "\(part)/notes.txt"].filter {
      FileManager.default.fileExists(atPath: url.appending(path: $0).path)
    }
    #expect(places.count == 1)
  }

  @Test func aFileInTheWayOfACheckpointIsKept() throws {
    let run = try run(1...1)
    try parent.write("run/checkpoint-2", "mine")
    let folder = try RunRecords.checkpoint(step: 2).write(to: run)
    #expect(try TrainingCheckpoint(folder: folder).state.step == 2)
    #expect(try text("checkpoint-2.kept") == "mine")
  }

  /// Of older programs, whose checkpoints have no checksums.
  @Test func aCheckpointWithoutChecksumsIsRemoved() throws {
    let run = try run(1...2)
    let folder = url.appending(path: "checkpoint-1")
    var state = try TrainingCheckpoint.state(in: folder)
    state.tensorsDigest = nil
    try parent.write("run/checkpoint-1/state.json", RecordCoding.encode(state))
    try run.pruneCheckpoints(keeping: 1)
    #expect(try names() == ["checkpoint-2", "metrics.jsonl"])
  }
}

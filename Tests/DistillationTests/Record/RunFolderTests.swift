import Foundation
import HuggingFace
import JSON
import Safetensors
import TestSupport
import Testing

@testable import Distillation

@Suite struct RunFolderTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
  }

  private func startedRun(_ mode: RunFolder.Mode = .create) throws -> RunFolder {
    let run = try RunFolder(url, mode: mode)
    try run.begin()
    return run
  }

  @Test func nothingIsWrittenBeforeTheRunBegins() throws {
    _ = try RunFolder(url, mode: .create)
    #expect(!FileManager.default.fileExists(atPath: url.path))
    _ = try startedRun()
    #expect(try names() == ["metrics.jsonl"])
  }

  @Test func anExistingFolderIsRefused() throws {
    try parent.write("run/notes.txt", "mine")
    expectError("\(url.path): the output folder exists, without a run in it") {
      try RunFolder(url, mode: .create)
    }
    #expect(try names() == ["notes.txt"])
  }

  @Test func aFileIsRefused() throws {
    try parent.write("run", "mine")
    for mode in [RunFolder.Mode.create, .overwrite, .resume] {
      expectError("\(url.path): expected a folder for the results, found a file") {
        try RunFolder(url, mode: mode)
      }
    }
  }

  @Test(arguments: [RunFolder.Mode.create, .overwrite])
  func theRootAndTheHomeFolderAreNoOutput(mode: RunFolder.Mode) throws {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    let link = parent.url.appending(path: "link")
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: home)
    for (path, found) in [
      ("/", "the root folder"), ("/usr/..", "the root folder"), (home, "the home folder"),
      (link.path, "the home folder"),
    ] {
      expectError("\(path): expected a folder of its own for the results, found \(found)") {
        try RunFolder(URL(fileURLWithPath: path), mode: mode)
      }
    }
  }

  @Test func overwritingReplacesTheRunAndNothingElse() throws {
    do {
      let first = try startedRun()
      try first.append(RunRecords.step(1))
      try RunRecords.checkpoint(step: 1).write(to: first)
      try first.write(RunRecords.metrics)
    }
    try parent.write("run/notes.txt", "mine")
    let second = try RunFolder(url, mode: .overwrite)
    #expect(
      try names() == ["checkpoint-1", "files.json", "metrics.json", "metrics.jsonl", "notes.txt"])
    try second.begin()
    #expect(try names() == ["metrics.jsonl", "notes.txt"])
    #expect(try second.stepRecords().isEmpty)
  }

  @Test func resumingKeepsTheLinesOfTheStepsThatWereKept() throws {
    do {
      let first = try startedRun()
      for step in 1...5 { try first.append(RunRecords.step(step)) }
      try RunRecords.checkpoint(step: 3).write(to: first)
    }
    let second = try startedRun(.resume)
    #expect(try second.stepRecords().map(\.step) == [1, 2, 3])
    try second.append(RunRecords.step(4))
    #expect(try second.stepRecords().map(\.step) == [1, 2, 3, 4])
  }

  @Test func aLineThatWasBeingWrittenIsLeftOutAndOthersMustBeWhole() throws {
    do {
      let first = try startedRun()
      var diverged = RunRecords.step(1)
      diverged.loss = .nan
      try first.append(diverged)
      try first.append(RunRecords.step(2))
      try RunRecords.checkpoint(step: 2).write(to: first)
    }
    let file = url.appending(path: "metrics.jsonl")
    let lines = try String(contentsOf: file, encoding: .utf8)
    try parent.write("run/metrics.jsonl", lines + #"{"step": 3, "lo"#)
    #expect(try startedRun(.resume).stepRecords().map(\.loss.isNaN) == [true, false])
    try parent.write("run/metrics.jsonl", "{}\n" + lines)
    expectError("\(file.path):1: expected the key step, found another record") {
      try RunFolder(url, mode: .resume)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == "{}\n" + lines)
  }

  @Test func thereMustBeSomethingToResume() throws {
    expectError("\(url.path): expected the output folder of a run to resume, found nothing") {
      try RunFolder(url, mode: .resume)
    }
    _ = try startedRun()
    expectError(
      "\(url.path): expected a checkpoint-N to resume from, found none"
    ) { try RunFolder(url, mode: .resume) }
  }

  @Test func checkpointsReadBackExactly() throws {
    let run = try startedRun()
    let checkpoint = RunRecords.checkpoint(step: 12)
    let folder = try checkpoint.write(to: run)
    #expect(try names() == ["checkpoint-12", "metrics.jsonl"])
    let read = try TrainingCheckpoint(folder: folder)
    var expected = checkpoint
    expected.state.tensorsDigest = read.state.tensorsDigest
    #expect(read == expected)
    #expect(run.newestCheckpoint()?.step == 12)
  }

  @Test func theNewestCheckpointsStay() throws {
    let run = try startedRun()
    for step in [2, 9, 10] { try RunRecords.checkpoint(step: step).write(to: run) }
    #expect(run.newestCheckpoint()?.step == 10)
    try run.pruneCheckpoints(keeping: 2)
    #expect(try names() == ["checkpoint-10", "checkpoint-9", "metrics.jsonl"])
  }

  /// Other names that contain a number name no checkpoint of that number.
  @Test func onlyPlainNumbersNameCheckpoints() throws {
    let run = try startedRun()
    let folder = try RunRecords.checkpoint(step: 4).write(to: run)
    for number in ["+5", "05", "-5", "5 ", "٥"] {
      let copy = url.appending(path: "checkpoint-\(number)")
      try FileManager.default.copyItem(at: folder, to: copy)
    }
    #expect(run.newestCheckpoint()?.step == 4)
    try run.pruneCheckpoints(keeping: 0)
    #expect(try names().count == 6)
  }

  @Test func damagedCheckpointsAreRefused() throws {
    let run = try startedRun()
    let folder = try RunRecords.checkpoint(step: 1).write(to: run)
    let tensors = folder.appending(path: "state.safetensors")
    // In the form of an earlier program, without checksums.
    var earlier = try TrainingCheckpoint.state(in: folder)
    earlier.tensorsDigest = nil
    try parent.write("run/checkpoint-1/state.json", RecordCoding.encode(earlier))
    try SafetensorsWriter.write([("prompt", [2, 3], [1, 2, 3, 4, 5, 6])], to: tensors)
    expectError("\(tensors.path): expected a tensor first_moment, found none") {
      try TrainingCheckpoint(folder: folder)
    }
    let state = try parent.write("run/checkpoint-1/state.json", #"{"step": "one"}"#)
    #expect(throws: DistillationError.self) { try TrainingCheckpoint(folder: folder) }
    try FileManager.default.removeItem(at: state)
    expectError("\(state.path): expected a file, found none that can be read") {
      try TrainingCheckpoint(folder: folder)
    }
  }

  @Test func metricsHaveTheirNames() throws {
    let run = try startedRun()
    try run.write(RunRecords.metrics)
    let bytes = [UInt8](try Data(contentsOf: url.appending(path: "metrics.json")))
    let expected: JSON = .object([
      "context_tokens": .integer(40), "pseudo_tokens": .integer(2),
      "compression_ratio": .integer(20),
      "validation": .object([
        "kl": .number(0.1), "kl_no_context": .number(0.5), "gap_closed": .number(0.8),
        "top1_agreement": .number(0.9), "exact_match": .number(0.75),
        "exact_match_full_context": .integer(1), "exact_match_no_context": .number(0.25),
      ]),
      "timing": .object([
        "teacher_seconds": .integer(1), "train_seconds": .integer(20),
        "step_seconds_median": .number(0.1), "tokens_per_second": .integer(400),
      ]),
      "memory": .object([
        "peak_host_bytes": .integer(1000), "device_bytes": .integer(600),
        "teacher_cache_bytes": .integer(300),
      ]),
      "device": .string("cpu"), "tuned_kernels": .integer(4), "seed": .integer(3),
    ])
    #expect(try JSON(parsing: bytes) == expected)
  }

  @Test func stepsHaveTheirNames() throws {
    let run = try startedRun()
    var step = RunRecords.step(1)
    step.kl = nil
    try run.append(step)
    let bytes = [UInt8](try Data(contentsOf: url.appending(path: "metrics.jsonl")))
    let expected: JSON = .object([
      "step": .integer(1), "loss": .number(0.5), "kl": .null, "learning_rate": .number(0.1),
      "gradient_norm": .integer(2), "seconds": .number(0.25),
    ])
    #expect(try JSON(parsing: bytes) == expected)
    #expect(bytes.last == UInt8(ascii: "\n"))
  }

  @Test func fingerprintsTellRunsApart() throws {
    let now = RunFingerprints(
      model: "0123456789abcdef", context: [5, 6, 7], in: Frame(header: [1], closing: [8]),
      training: [InputExample(prompt: [1], response: [2], line: 1, file: "inputs.jsonl")],
      validation: [])
    #expect(now.context != RunRecords.fingerprints.context)
    #expect(now.inputs == RunRecords.fingerprints.inputs)
    expectError(
      "checkpoint-1: started with the context \(RunRecords.fingerprints.context.prefix(12))..., "
        + "found \(now.context.prefix(12))...; a resumed run keeps what it was started with"
    ) { try now.check(against: RunRecords.fingerprints, checkpoint: "checkpoint-1") }
  }
}

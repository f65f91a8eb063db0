import Foundation
import Safetensors
import TestSupport
import Testing

@testable import Distillation

/// Ownership of an output folder: no foreign files are touched, and no two runs write to one.
@Suite struct RunFolderOriginTests {
  private let parent: TemporaryFolder
  private let url: URL

  init() throws {
    parent = try TemporaryFolder()
    url = parent.url.appending(path: "run")
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
  }

  private func expectForeign(_ name: String, _ mode: RunFolder.Mode = .overwrite) {
    expectError(
      "\(url.path): expected a run of Pith, with its checkpoint-N/state.json, "
        + "soft_prompt.safetensors, cartridge.safetensors, metrics.jsonl or answers.jsonl, found \(name), which no run has "
        + "written"
    ) { try RunFolder(url, mode: mode) }
  }

  private func expectInUse(_ mode: RunFolder.Mode) {
    expectError(
      "\(url.path): another run writes to this output folder; wait for its end or name another"
    ) { try RunFolder(url, mode: mode) }
  }

  @Test(arguments: [
    ("README.md", "mine"),
    ("adapter_config.json", #"{"peft_type": "LORA"}"#),
    ("metrics.json", "{}"),
    ("metrics.jsonl", #"{"step": 1, "loss": 2.5}"# + "\n"),
    ("metrics.jsonl", "no JSON"),
    ("answers.jsonl", #"{"prompt_ids": [1], "completion_ids": [2]}"#),
    ("soft_prompt.safetensors", "no safetensors"),
  ])
  func aFileOfAnotherProgramIsNoRun(name: String, text: String) throws {
    try parent.write("run/\(name)", text)
    try parent.write("run/model.safetensors", "mine")
    expectForeign(name)
    #expect(try names() == [name, "model.safetensors"].sorted())
  }

  @Test func aSoftPromptOfAnotherProgramIsNoRun() throws {
    try parent.write("run/notes.txt", "mine")
    try SafetensorsWriter.write(
      [("soft_prompt", [1, 2], [1, 2])], metadata: ["format": "pt"],
      to: url.appending(path: "soft_prompt.safetensors"))
    expectForeign("soft_prompt.safetensors")
  }

  @Test func anotherTrainersCheckpointsStay() throws {
    try parent.write("run/checkpoint-500/trainer_state.json", "{}")
    expectForeign("checkpoint-500")
    expectForeign("checkpoint-500", .resume)
    #expect(try names() == ["checkpoint-500"])
  }

  @Test func anotherTrainersCheckpointsAreKept() throws {
    do {
      let run = try RunFolder(url, mode: .create)
      try run.begin()
      for step in 1...3 { try RunRecords.checkpoint(step: step).write(to: run) }
      try parent.write("run/checkpoint-500/trainer_state.json", "{}")
      #expect(run.newestCheckpoint()?.step == 3)
      try run.pruneCheckpoints(keeping: 1)
    }
    #expect(try names() == ["checkpoint-3", "checkpoint-500", "metrics.jsonl"])
    for mode in [RunFolder.Mode.overwrite, .resume] {
      expectError(
        "\(url.path)/checkpoint-500: expected a checkpoint of this run, with its state.json, found none; "
          + "the run goes on without it once it is moved away"
      ) { try RunFolder(url, mode: mode) }
    }
  }

  /// A checkpoint before the newest one is not needed, be it damaged or without its state.
  @Test func anEarlierCheckpointWithoutItsStateStopsNoResume() throws {
    do {
      let run = try RunFolder(url, mode: .create)
      try run.begin()
      for step in 1...3 { try RunRecords.checkpoint(step: step).write(to: run) }
    }
    func remove(_ step: Int) throws {
      try FileManager.default.removeItem(
        at: url.appending(path: "checkpoint-\(step)/state.json"))
    }
    try remove(2)
    do {
      let run = try RunFolder(url, mode: .resume)
      #expect(run.newestCheckpoint()?.step == 3)
      #expect(
        run.takeNotices() == [
          "\(url.path)/checkpoint-2: no checkpoint without its state.json; it stays as it is"
        ])
      try run.begin()
      try run.pruneCheckpoints(keeping: 1)
    }
    #expect(try names() == ["checkpoint-2", "checkpoint-3", "metrics.jsonl"])
    // The newest one may be needed.
    try RunRecords.checkpoint(step: 1).write(to: RunFolder(url, mode: .resume))
    try remove(3)
    expectError(
      "\(url.path)/checkpoint-2: expected a checkpoint of this run, with its state.json, found none; "
        + "the run goes on without it once it is moved away"
    ) { try RunFolder(url, mode: .resume) }
  }

  @Test func aRunThatDidNoStepIsReplaced() throws {
    try RunFolder(url, mode: .create).begin()
    #expect(try names() == ["metrics.jsonl"])
    try RunFolder(url, mode: .overwrite).begin()
  }

  @Test func aRunThatOnlyHasItsTeachersAnswersIsReplaced() throws {
    do {
      let run = try RunFolder(url, mode: .create)
      try run.begin()
      try run.write([
        AnswerRecord(
          file: "inputs.jsonl", line: 1, prompt: [1], answer: [2], text: nil, isCut: true)
      ])
    }
    #expect(try names() == ["answers.jsonl", "files.json", "metrics.jsonl"])
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try names() == ["metrics.jsonl"])
  }

  @Test func aRunWithoutCheckpointIsReplaced() throws {
    do {
      let run = try RunFolder(url, mode: .create)
      try run.begin()
      var step = RunRecords.step(1)
      step.loss = .nan
      step.kl = nil
      try run.append(step)
      try parent.write("run/adapter_config.json", "{}")
    }
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try names() == ["metrics.jsonl"])
  }

  @Test func partialCheckpointsOfAKilledRunAreRemoved() throws {
    do {
      let run = try RunFolder(url, mode: .create)
      try run.begin()
      try RunRecords.checkpoint(step: 4).write(to: run)
      try parent.write("run/checkpoint-3.removed/state.safetensors", "half")
      try parent.write("run/checkpoint-5.partial/state.safetensors", "half")
    }
    try RunFolder(url, mode: .resume).begin()
    #expect(try names() == ["checkpoint-4", "metrics.jsonl"])
  }

  @Test func aCheckpointReplacesThatOfTheSameStep() throws {
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    var checkpoint = RunRecords.checkpoint(step: 4)
    try checkpoint.write(to: run)
    checkpoint.state.trainSeconds += 1
    let folder = try checkpoint.write(to: run)
    #expect(try names() == ["checkpoint-4", "metrics.jsonl"])
    let read = try TrainingCheckpoint(folder: folder)
    checkpoint.state.tensorsDigest = read.state.tensorsDigest
    #expect(read == checkpoint)
  }

  @Test func aDeliveredRunIsKnownByItsSoftPromptAlone() throws {
    try parent.write("run/README.md", "its own")
    try SafetensorsWriter.write(
      [("soft_prompt", [1, 2], [1, 2])], metadata: ["model_sha256": "0123"],
      to: url.appending(path: "soft_prompt.safetensors"))
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try names() == ["README.md.kept", "metrics.jsonl"])
  }

  @Test func aFolderWithoutARunsNamesIsTaken() throws {
    try parent.write("run/notes.txt", "mine")
    try RunFolder(url, mode: .overwrite).begin()
    #expect(try names() == ["metrics.jsonl", "notes.txt"])
  }

  @Test func noOtherRunWritesDuringALiveOne() throws {
    let run = try RunFolder(url, mode: .create)
    try run.begin()
    try RunRecords.checkpoint(step: 1).write(to: run)
    expectInUse(.overwrite)
    expectInUse(.resume)
    #expect(try names() == ["checkpoint-1", "metrics.jsonl"])
    withExtendedLifetime(run) {}
  }

  @Test(arguments: [RunFolder.Mode.overwrite, .resume])
  func aRunKeepsOthersOutBeforeItBegins(mode: RunFolder.Mode) throws {
    do {
      let run = try RunFolder(url, mode: .create)
      try run.begin()
      try RunRecords.checkpoint(step: 1).write(to: run)
    }
    do {
      let waiting = try RunFolder(url, mode: mode)
      expectInUse(.overwrite)
      expectInUse(.resume)
      withExtendedLifetime(waiting) {}
    }
    _ = try RunFolder(url, mode: mode)
  }

  @Test(arguments: [RunFolder.Mode.create, .overwrite])
  func aFolderThatCameMeanwhileIsRefused(mode: RunFolder.Mode) throws {
    let run = try RunFolder(url, mode: mode)
    try parent.write("run/README.md", "mine")
    expectError("\(url.path): the output folder exists") { try run.begin() }
    #expect(try names() == ["README.md"])
  }
}

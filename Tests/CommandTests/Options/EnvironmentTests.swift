import Compute
import Foundation
import TestSupport
import Testing

/// The instructions that `PITH_CPU` names, tasks of Slurm, and outputs that nobody reads.
@Suite struct EnvironmentTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Also where nothing is multiplied.
  @Test func aWrongVariantIsRefusedByEveryCommand() throws {
    for arguments in [
      ["tokenize", "--model", workspace.model], ["devices"],
      ["generate", "--model", workspace.model, "--prompt", "a"],
    ] {
      let result = try Program.run(arguments, environment: ["PITH_CPU": "avx3"])
      #expect(result.code == 2 && result.output.isEmpty, "\(arguments[0])")
      #expect(
        result.errors.hasPrefix("train-gpu: PITH_CPU is 'avx3': expected one of these, "),
        "\(result.errors)")
    }
  }

  /// Tasks of srun without PMIx, of which each would do the whole work.
  @Test func separateTasksOfSlurmAreRefused() throws {
    for task in 0..<2 {
      let result = try Program.run(
        ["devices"], environment: ["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "\(task)"])
      #expect(result.code == 2)
      #expect(result.output.isEmpty)
      // One of them speaks.
      #expect(
        result.errors
          == (task > 0
            ? ""
            : "train-gpu: started by srun as one of several tasks without PMIx: each would do the whole "
              + "work; srun --mpi=pmix joins them, and srun -n 1 starts one\n"))
    }
  }

  @Test func aRunThatGoesOnWithOtherInstructionsSaysSo() throws {
    let begun = try Program.run(
      workspace.arguments + ["--output", workspace.output.path, "--steps", "2"],
      environment: ["PITH_CPU": "generic"])
    #expect(begun.code == 0, "\(begun.errors)")
    let fastest = CPUVariant.supported[0].rawValue
    let resumed = try Program.run(
      workspace.arguments + ["--output", workspace.output.path, "--steps", "3", "--resume"],
      environment: ["PITH_CPU": fastest])
    #expect(resumed.code == 0, "\(resumed.errors)")
    let notice =
      "the run was started with the instructions generic and continues with \(fastest): last digits will be "
      + "others than those of a run without a stop; PITH_CPU=generic keeps them"
    #expect(resumed.errors.contains(notice) == (fastest != "generic"), "\(resumed.errors)")
  }

  /// A pipe without a reader would be waited for.
  @Test(.timeLimit(.minutes(1))) func logitsIntoAPipe() throws {
    let pipe = workspace.folder.url.appending(path: "pipe").path
    try #require(unsafe mkfifo(pipe, 0o600) == 0)
    let arguments = [
      "logits", "--model", workspace.model, "--ids", "1,2", "--device", "cpu", "--output", pipe,
    ]
    try Program.expectRefusal(
      arguments,
      "--output: \(pipe): cannot open it for writing: no program reads from this pipe")
    let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let result = try Program.run(arguments)
    #expect(result.code == 0, "\(result.errors)")
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe read(reader, &bytes, bytes.count)
    #expect(count > 8 && bytes[8] == UInt8(ascii: "{"))
  }

  /// The safetensors file of a run's prompt names it as its folder does.
  @Test func anAdapterMayBeAFile() throws {
    let other = workspace.folder.url.appending(path: "other")
    _ = try workspace.distill(["--steps", "1"], to: other)
    let file = other.appending(path: "soft_prompt.safetensors").path
    let result = try workspace.distill(["--steps", "1", "--beside", file])
    #expect(result.code == 0, "\(result.errors)")
    let answer = try Program.run([
      "generate", "--model", workspace.model, "--adapter", file, "--prompt", "cab", "--max-tokens",
      "2",
      "--device", "cpu",
    ])
    #expect(answer.code == 0, "\(answer.errors)")
  }
}

import Foundation
import Testing

/// Wrong usage of `pith-bench` ends as that of `train-gpu`: one line, and exit code 2.
@Suite struct BenchmarkUsageTests {
  fileprivate static let bench = Program.url.deletingLastPathComponent().appending(
    path: "pith-bench")
  fileprivate static let step = [
    "--shape", "tiny", "--prompt", "4", "--response", "4", "--tokens", "4", "--context", "16",
    "--steps", "1", "--threads", "1",
  ]

  @Test(arguments: [
    (["--nothing"], "Unknown option '--nothing'"),
    (["kernel"], "unknown command 'kernel': expected kernels, step, ranks, teacher, generate"),
    (["help", "kernel"], "unknown command 'kernel': expected kernels, step, "),
    (
      ["kernels", "--filter", "nothing"],
      "--filter: expected a part of one of these names: embeddingGather, rmsNorm, "
    ),
    (
      ["kernels", "--filter", ""],
      "--filter: expected a part of one of these names: embeddingGather, "
    ),
    (
      ["kernels", "--threads", "all"],
      "The value 'all' is invalid for '--threads <threads>': expected a whole number"
    ),
    (
      ["step"] + step + ["--method", "cartridge"],
      "The value 'cartridge' is invalid for '--method <method>': expected embeddings or kv"
    ),
    (
      ["ranks"] + step + ["--limit", "long"],
      "The value 'long' is invalid for '--limit <limit>': expected a number"
    ),
    (["step"], "Missing expected argument '--shape <shape>'"),
    (["step"] + step + ["--batch", "0"], "--batch: expected at least 1, found 0"),
    (["step"] + step + ["--graphs"], "--graphs: needs a CUDA device, found "),
    (["step"] + step + ["--tensor-cores"], "--tensor-cores: needs a GPU, found "),
    (["kernels", "--plain-rows"], "--plain-rows: needs a GPU, found "),
    (["kernels", "--device", "gpu"], "unknown device 'gpu': expected auto, cpu, "),
    (["step"] + step + ["--threads", "2"], "--threads: expected once, found 1 and 2"),
    (["--device", "cpu", "--device=cpu"], "--device: expected once, found cpu and cpu"),
    (["ranks"] + step + ["--limit=-1"], "--limit: expected a number of 0 or more, found -1.0"),
    (["ranks"] + step + ["--limit", "1", "--reading"], "give one of --limit and --reading"),
    (
      ["step", "--shape", "huge"],
      "The value 'huge' is invalid for '--shape <shape>': expected llama-15m, qwen2.5-0.5b, smollm2-135m, "
        + "tiny or HIDDEN,LAYERS,HEADS,KV,FFN,VOCABULARY"
    ),
    (
      ["step", "--shape", "64,2,3,1,64,99"],
      "The value '64,2,3,1,64,99' is invalid for '--shape <shape>': expected HEADS that divide HIDDEN, and "
        + "KV that divides HEADS"
    ),
  ])
  func wrongUsageIsOneLine(arguments: [String], message: String) throws {
    let result = try Program.run(arguments, of: Self.bench)
    #expect(result.code == 2)
    #expect(result.output.isEmpty)
    #expect(result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("pith-bench: \(message)"), "\(result.errors)")
  }

  /// A table that nobody gets is no success.
  @Test func aFullOutputIsAFailure() throws {
    for arguments in [
      ["step"] + Self.step, ["step"] + Self.step + ["--json"], ["--help"],
      ["kernels", "--filter", "sum", "--threads", "1"],
      ["kernels", "--filter", "sum", "--json", "--threads", "1"],
    ] {
      let result = try Program.run(
        ["-c", "\"$@\" > /dev/full", "sh", Self.bench.path] + arguments,
        of: URL(fileURLWithPath: "/bin/sh"))
      #expect(result.code == 1, "\(arguments)")
      #expect(
        result.errors == "pith-bench: standard output: cannot write: No space left on device\n",
        "\(arguments)")
    }
  }

  @Test func sixNumbersAreAShape() throws {
    let result = try Program.run(
      ["step"] + Self.step.dropFirst(2) + ["--shape", "64,2,4,2,64,99"], of: Self.bench)
    #expect(result.code == 0, "\(result.errors)")
    let help = try Program.run(["--help"], of: Self.bench)
    #expect(help.code == 0 && help.output.contains("USAGE: pith-bench"))
  }

  @Suite(.serialized, .enabled(if: Launcher.isUsable, Launcher.reason)) struct WithMPI {
    /// The program's own lines, without the launcher's.
    private func failures(_ result: Program.Result) -> [String] {
      result.errorLines.filter { $0.hasPrefix("pith-bench: ") }
    }

    @Test func commandsWithoutRanksAreRefused() throws {
      for command in ["step", "teacher", "generate"] {
        let result = try Launcher.run(2, [command] + step, of: bench)
        #expect(result.code == 2, "\(result.allErrors)")
        #expect(
          failures(result) == [
            "pith-bench: \(command): expected one process, found 2 of a job of MPI: "
              + "pith-bench ranks takes several"
          ])
      }
      let alone = try Launcher.run(1, ["step"] + step, of: bench)
      #expect(alone.code == 0, "\(alone.allErrors)")
    }

    @Test func aLimitIsForOneProcess() throws {
      let result = try Launcher.run(2, ["ranks"] + step + ["--limit", "5"], of: bench)
      #expect(result.code == 2, "\(result.allErrors)")
      #expect(
        failures(result) == [
          "pith-bench: --limit: expected nothing with 2 ranks, which are timed, found 5.0"
        ])
    }
  }
}

import Foundation
import TestSupport
import Testing

/// Which GPUs the ranks of a host take, on a stand-in for NVIDIA's libraries that has several.
@Suite(
  .serialized, .enabled(if: Launcher.isUsable, Launcher.reason),
  .enabled(if: CUDATestDevice.all == [.standIn], "needs clang, and no NVIDIA GPU"))
struct RanksDevicesTests {
  private let workspace: Workspace
  private let standIn: URL
  /// One prompt in place of the two dozen on which a run is judged: the stand-in is slow.
  private let unrelated: String

  init() throws {
    workspace = try Workspace()
    standIn = try CUDAStandIn.folder.get()
    unrelated = try workspace.folder.write(
      "unrelated.jsonl", #"{"prompt": "a cab", "completion": " is"}"#
    ).path
  }

  private func folder(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  /// The environment with so many GPUs. Compiled kernels stay as long as the stand-in.
  private func environment(gpus: Int) -> [String: String] {
    [
      "PITH_CUDA_LIBRARIES": standIn.path, "PITH_STANDIN_DEVICES": "\(gpus)",
      "XDG_CACHE_HOME": standIn.appending(path: "programs").path,
    ]
  }

  private func arguments(device: String, output: URL) -> [String] {
    workspace.arguments.map { $0 == "cpu" ? device : $0 }
      + ["--unrelated", unrelated, "--steps", "3", "--verbose", "--output", output.path]
  }

  /// Runs ranks of one host to their end, under a wrapper where one is given.
  private func run(
    _ ranks: Int, device: String, gpus: Int, output: URL, of program: URL = Program.url
  ) throws -> Program.Result {
    try Launcher.run(
      ranks, arguments(device: device, output: output), of: program,
      environment: environment(gpus: gpus))
  }

  /// Expects one line on the ranks that ends so, and that those on one GPU share its memory.
  private func expectDevices(_ result: Program.Result, _ expected: String) throws {
    try #require(result.code == 0, "\(result.allErrors)")
    #expect(
      result.errors.contains("2 ranks share the memory of ") == expected.hasPrefix("each"),
      "\(result.allErrors)")
    let lines = result.errorLines.filter { $0.hasPrefix("2 ranks: 2 at ") }
    #expect(lines.count == 1 && lines[0].hasSuffix(", \(expected)"), "\(result.allErrors)")
  }

  @Test func ranksOfAHostTakeDifferentGPUs() throws {
    let one = folder("one")
    let alone = try Program.run(
      arguments(device: "cuda:2", output: one), environment: environment(gpus: 3))
    try #require(alone.code == 0, "\(alone.errors)")
    for (device, expected) in [
      ("cuda", "on cuda:0, cuda:1"), ("auto", "on cuda:0, cuda:1"),
      ("cpu", "each on cpu with 1 thread"),
      // A named one is that of all.
      ("cuda:1", "each on cuda:1"),
    ] {
      let output = folder(device)
      try expectDevices(run(2, device: device, gpus: 3, output: output), expected)
      try workspace.expectSameTrajectory(output, as: one, device)
    }
  }

  /// As under `srun --gpus-per-task=1`: each rank sees one GPU, as its first.
  @Test func ranksTakeTheGPUsThatTheyAreShown() throws {
    func wrapper(_ device: String) throws -> URL {
      let script = try workspace.folder.write(
        "wrapper",
        """
        #!/bin/sh
        rank=${OMPI_COMM_WORLD_LOCAL_RANK:-$MPI_LOCALRANKID}
        CUDA_VISIBLE_DEVICES=\(device) exec \(Program.url.path) "$@"

        """)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: script.path)
      return script
    }
    let result = try run(
      2, device: "auto", gpus: 2, output: folder("own"), of: wrapper("$rank"))
    try expectDevices(result, "on cuda:0 (UUID 10000000), cuda:0 (UUID 11000000)")
    // Both see the second one.
    let output = folder("same")
    let refused = try run(2, device: "cuda", gpus: 2, output: output, of: wrapper("1"))
    #expect(refused.code == 2)
    #expect(refused.failures.count == 1)
    #expect(
      refused.failures.first?.contains(
        " has 1 GPU for 2 ranks, and of the 1 that rank 1 sees none is left: ") == true,
      "\(refused.allErrors)")
    #expect(!FileManager.default.fileExists(atPath: output.path))
  }

  @Test(arguments: ["cuda", "auto"]) func moreRanksThanGPUsAreRefused(device: String) throws {
    let output = folder("refused")
    let result = try run(3, device: device, gpus: 2, output: output)
    #expect(result.code == 2)
    #expect(result.output.isEmpty)
    #expect(result.failures.count == 1)
    #expect(
      result.failures.first?.hasSuffix(
        " has 2 GPUs for 3 ranks, and of the 2 that rank 2 sees none is left: expected a GPU for "
          + "each rank; start fewer ranks there, or name --device cpu") == true,
      "\(result.allErrors)")
    #expect(!FileManager.default.fileExists(atPath: output.path))
  }

  /// A device that is not there is named with those that are.
  @Test func gpusHaveTheNumbersThatAProcessSees() throws {
    let environment = environment(gpus: 3)
    let all = try Program.run(["devices"], environment: environment)
    #expect((0..<3).allSatisfy { all.output.contains("\ncuda:\($0) ") })
    let hidden = environment.merging(["CUDA_VISIBLE_DEVICES": "GPU-12,0"]) { $1 }
    let two = try Program.run(["devices"], environment: hidden)
    #expect(two.output.contains("\ncuda:1 ") && !two.output.contains("\ncuda:2 "))
    let refused = try Program.run(
      arguments(device: "cuda:2", output: folder("refused")), environment: hidden)
    #expect(refused.code == 2)
    // Devices of OpenCL follow where there are any.
    let expected = "train-gpu: unknown device 'cuda:2': expected auto, cpu, cuda, cuda:0"
    let last = try #require(refused.errors.split(separator: expected).first)
    #expect(refused.errors.hasPrefix(expected) && refused.failures.count == 1)
    #expect(last == " or cuda:1\n" || last.hasPrefix(", cuda:1, opencl"), "\(refused.errors)")
    let none = try Program.run(
      arguments(device: "cuda", output: folder("refused")),
      environment: environment.merging(["CUDA_VISIBLE_DEVICES": ""]) { $1 })
    #expect(none.code == 2)
    #expect(none.failures.count == 1 && none.errors.contains("CUDA_ERROR_NO_DEVICE"))
  }
}

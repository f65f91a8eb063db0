import ArgumentParser
import Compute
import Ranks

/// The device that a benchmark runs on.
struct DeviceOptions: ParsableArguments {
  @Option(help: "auto, cpu, cuda, cuda:DEVICE, opencl or opencl:PLATFORM.DEVICE.")
  var device = "cpu"

  @Option(help: "Threads of the CPU path; all cores where left out.")
  var threads: Int?

  @Flag(help: "Print one JSON object on standard output instead of a table.")
  var json = false

  @Flag(help: "Run attention on tensor cores where it is not tuned: for comparisons.")
  var tensorCores = false

  @Flag(
    help: "Run row kernels on GPUs without loads of 16 bytes and shuffles: other digits of sums.")
  var plainRows = false

  func validate() throws {
    guard DeviceSelection(device) != nil else {
      throw ValidationError(
        "unknown device '\(device)': expected auto, cpu, cuda, cuda:DEVICE, opencl or "
          + "opencl:PLATFORM.DEVICE")
    }
    if let threads, threads < 1 { throw ValidationError("--threads: expected at least 1") }
  }

  /// Opens the device. A profiling queue times every launch, and costs a little on each.
  /// Ranks of a host take different GPUs.
  func open(isProfiling: Bool, sharedBy ranks: Ranks = .one) throws -> Device {
    let candidates = try (DeviceSelection(device) ?? .cpu).candidates()
    let own = try GPUAssignment(hosts: ranks.hosts, seen: ranks.gather(candidates.gpus))
    let device = try candidates.open(
      own.indices[ranks.rank], threads: threads, isProfiling: isProfiling)
    for (name, isChosen) in [("tensor-cores", tensorCores), ("plain-rows", plainRows)]
    where isChosen && device.isCPU {
      throw ValidationError("--\(name): needs a GPU, found \(device.title)")
    }
    device.prefersTensorCores = tensorCores
    device.usesVectorRows = !plainRows
    return device
  }
}

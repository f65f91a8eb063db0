import ArgumentParser
import CUDA
import Compute
import Files
import Foundation
import JSON
import OpenCL

/// `train-gpu devices`: the devices of this machine that `--device` can name.
struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the devices of this machine, under the names that --device takes.",
    discussion: "The environment variable \(CPUVariant.variable) selects the instructions with "
      + "which the CPU path multiplies matrices: "
      + CPUVariant.allCases.map(\.rawValue).joined(separator: ", ")
      + " (OpenBLAS). Without it the CPU path takes the first of these that the processor "
      + "supports.")

  @Flag(help: "Print one JSON array.")
  var json = false

  /// Accepted as in all commands; the list shows all devices.
  @OptionGroup(visibility: .hidden) var common: CommonOptions

  func run() throws {
    let survey = try DeviceSurvey()
    for failure in survey.failures { common.logger.warning("\(failure)") }
    let cuda = CUDASurvey()
    for missing in cuda.missing { common.logger.warning("\(missing)") }
    if let failure = cuda.failure { common.logger.debug("\(failure)") }
    let devices =
      [try DeviceListing(cpuThreads: common.threads)] + cuda.devices.map { DeviceListing($0) }
      + survey.found.map { DeviceListing($0) }
    // Devices of one kind share a file.
    var said: Set<String> = []
    for warning in devices.compactMap({ $0.tuning?.advice }) where said.insert(warning).inserted {
      common.logger.warning("\(warning)")
    }
    if json {
      try StandardOutput.line(JSON.array(devices.map(\.json)).text(JSON.Layout(indentation: 2)))
      return
    }
    let table = TextTable(
      columns: [.left, .left, .right, .left, .left],
      rows: [["device", "kind", "memory", "tuned", "what it is"]]
        + devices.map { [$0.name, $0.kind, "\($0.memoryBytes >> 20) MiB", $0.tuned, $0.title] })
    try StandardOutput.line(table.text)
  }
}

/// A device with its properties.
struct DeviceListing {
  let name: String
  let title: String
  let kind: String
  let computeUnits: Int
  let memoryBytes: Int
  /// The driver's properties of a GPU or another OpenCL device; the instructions of the CPU path.
  let driver: JSONObject
  /// The tuning of its kernels; nil on the CPU path, which has nothing to tune.
  let tuning: DeviceTuning?

  /// The CPU path.
  init(cpuThreads threads: Int?) throws {
    let cpu = try Device(cpuThreads: threads)
    self.init(
      name: cpu.name, title: cpu.title, kind: "cpu",
      computeUnits: threads ?? ProcessInfo.processInfo.activeProcessorCount,
      memoryBytes: HostMemory.current().smallest.byteCount,
      driver: [
        "instructions": cpu.cpuVariant.map { .string($0.rawValue) } ?? .null,
        "supported_instructions": .array(CPUVariant.supported.map { .string($0.rawValue) }),
      ], tuning: nil)
  }

  private init(
    name: String, title: String, kind: String, computeUnits: Int, memoryBytes: Int,
    driver: JSONObject, tuning: DeviceTuning?
  ) {
    self.name = name
    self.title = title
    self.kind = kind
    self.computeUnits = computeUnits
    self.memoryBytes = memoryBytes
    self.driver = driver
    self.tuning = tuning
  }

  /// A CUDA device.
  init(_ device: CUDA.DeviceDescription) {
    func version(_ found: Result<Libraries.Version, CUDAError>) -> String? {
      (try? found.get()).map { "\($0)" }
    }
    let versions = [
      "driver \(device.driver)", "NVRTC \(version(device.compiler) ?? "missing")",
      "cuBLASLt \(version(device.matmul) ?? "missing")",
    ]
    self.init(
      name: "cuda:\(device.index)",
      title: "\(device.name) (CUDA: \(versions.joined(separator: ", ")))", kind: "gpu",
      computeUnits: device.computeUnits,
      memoryBytes: device.sharesHostMemory
        ? min(device.memory, HostMemory.current().smallest.byteCount) : device.memory,
      driver: [
        "platform": .string("CUDA"), "driver": .string("\(device.driver)"),
        "nvrtc": version(device.compiler).map { .string($0) } ?? .null,
        "cublaslt": version(device.matmul).map { .string($0) } ?? .null,
        "architecture": .integer(device.architecture), "clock_mhz": .integer(device.clock),
        "shares_host_memory": .bool(device.sharesHostMemory),
        "local_memory_bytes": .integer(device.localMemory),
        "work_group_size": .integer(device.workGroupSize),
      ], tuning: TuningStore.user.tuning(of: device))
  }

  /// An OpenCL device.
  init(_ device: OpenCL.DeviceDescription) {
    self.init(
      name: "opencl:\(device.platformIndex).\(device.deviceIndex)",
      title: "\(device.name) (\(device.platform))", kind: device.kind.rawValue,
      computeUnits: device.computeUnits,
      memoryBytes: device.sharesHostMemory
        ? min(device.memory, HostMemory.current().smallest.byteCount) : device.memory,
      driver: [
        "platform": .string(device.platform), "vendor": .string(device.vendor),
        "version": .string(device.version), "driver": .string(device.driver),
        "clock_mhz": .integer(device.clock),
        "shares_host_memory": .bool(device.sharesHostMemory),
        "largest_buffer_bytes": .integer(device.largestBuffer),
        "local_memory_bytes": .integer(device.localMemory),
        "work_group_size": .integer(device.workGroupSize),
      ], tuning: TuningStore.user.tuning(of: device))
  }

  /// `-` where there is nothing to tune, else `no`, `not used`, or the date, and the number of
  /// kernels that have changed since.
  var tuned: String {
    guard let tuning else { return "-" }
    guard let date = tuning.date else { return tuning.warning == nil ? "no" : "not used" }
    let day = String(date.prefix(10))
    return tuning.stale > 0 ? "\(day), \(tuning.stale) out of date" : day
  }

  /// The device as an object.
  var json: JSON {
    var object: JSONObject = [
      "name": .string(name), "title": .string(title), "kind": .string(kind),
      "compute_units": .integer(computeUnits), "memory_bytes": .integer(memoryBytes),
    ]
    for (key, value) in driver.members { object[key] = value }
    object["tuning"] =
      tuning.flatMap { tuning in
        guard tuning.date != nil || tuning.warning != nil else { return nil }
        var object: JSONObject = [
          "date": tuning.date.map { .string($0) } ?? .null, "kernels": .integer(tuning.kernels),
          "out_of_date": .integer(tuning.stale), "graphs": .bool(tuning.usesGraphs),
        ]
        if let warning = tuning.warning { object["warning"] = .string(warning) }
        return .object(object)
      } ?? .null
    return .object(object)
  }
}

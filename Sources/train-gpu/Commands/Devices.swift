import ArgumentParser
import Compute
import Foundation
import OpenCL
import Safetensors

/// `train-gpu devices`: what `--device` can name on this machine.
struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the devices of this machine, under the names that --device takes.")

  @Flag(help: "Print one JSON array.")
  var json = false

  /// Accepted as everywhere; the list is of all devices.
  @OptionGroup(visibility: .hidden) var common: CommonOptions

  func run() throws {
    let devices = try DeviceListing.all(threads: common.threads)
    if json {
      print(JSON.array(devices.map(\.json)).text(JSON.Layout(indentation: 2)))
      return
    }
    let table = TextTable(
      columns: [.left, .left, .right, .left],
      rows: [["device", "kind", "memory", "what it is"]]
        + devices.map { [$0.name, $0.kind, "\($0.memoryBytes >> 20) MiB", $0.title] })
    print(table.text)
  }
}

/// A device with what is said of it.
struct DeviceListing {
  let name: String
  let title: String
  let kind: String
  let computeUnits: Int
  let memoryBytes: Int
  /// What the driver says of an OpenCL device.
  let driver: JSONObject

  /// The CPU path and every OpenCL device.
  static func all(threads: Int?) throws -> [DeviceListing] {
    let cpu = try Device(cpuThreads: threads)
    let path = DeviceListing(
      name: cpu.name, title: cpu.title, kind: "cpu",
      computeUnits: threads ?? ProcessInfo.processInfo.activeProcessorCount,
      memoryBytes: Int(clamping: ProcessInfo.processInfo.physicalMemory), driver: [:])
    return [path] + (try DeviceDescription.all().map(DeviceListing.init))
  }

  private init(
    name: String, title: String, kind: String, computeUnits: Int, memoryBytes: Int,
    driver: JSONObject
  ) {
    self.name = name
    self.title = title
    self.kind = kind
    self.computeUnits = computeUnits
    self.memoryBytes = memoryBytes
    self.driver = driver
  }

  private init(_ device: DeviceDescription) {
    self.init(
      name: "opencl:\(device.platformIndex).\(device.deviceIndex)",
      title: "\(device.name) (\(device.platform))", kind: device.kind.rawValue,
      computeUnits: device.computeUnits, memoryBytes: device.memory,
      driver: [
        "platform": .string(device.platform), "vendor": .string(device.vendor),
        "version": .string(device.version), "driver": .string(device.driver),
        "largest_buffer_bytes": .integer(device.largestBuffer),
        "local_memory_bytes": .integer(device.localMemory),
        "work_group_size": .integer(device.workGroupSize),
      ])
  }

  /// The device as an object.
  var json: JSON {
    var object: JSONObject = [
      "name": .string(name), "title": .string(title), "kind": .string(kind),
      "compute_units": .integer(computeUnits), "memory_bytes": .integer(memoryBytes),
    ]
    for (key, value) in driver.members { object[key] = value }
    return .object(object)
  }
}

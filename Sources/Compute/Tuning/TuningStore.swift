package import CUDA
import Foundation
import JSON
package import OpenCL

/// Stored tunings: one file per device and driver in `$XDG_CACHE_HOME/pith/tuning`, or
/// `~/.cache/pith/tuning`, and beside it the algorithms that cuBLASLt chose.
package struct TuningStore: Sendable, Equatable {
  /// Nil if there is no home folder: then every device uses the defaults.
  let folder: URL?

  /// The user's.
  package static var user: TuningStore { TuningStore(folder: CacheFolder.url("tuning")) }
  /// No store: every kernel uses its defaults.
  package static let none = TuningStore(folder: nil)

  /// A store in a given folder.
  package init(folder: URL?) { self.folder = folder }

  /// The file of a device, whether it exists or not; nil on the CPU path and without a folder.
  package func file(of device: Device) -> URL? {
    guard case .gpu(let gpu) = device.engine else { return nil }
    return file(of: gpu.target)
  }

  private func file(of target: TuningTarget) -> URL? {
    folder?.appendingPathComponent(target.identity.fileName)
  }

  /// The stored record of a device; nil if there is none.
  ///
  /// - Throws: why there is a file that is not read, in one line.
  package func record(of device: Device) throws(TuningStoreError) -> TuningRecord? {
    guard case .gpu(let gpu) = device.engine else { return nil }
    return try record(of: gpu.target)
  }

  private func record(of target: TuningTarget) throws(TuningStoreError) -> TuningRecord? {
    guard let file = file(of: target), FileManager.default.fileExists(atPath: file.path) else {
      return nil
    }
    let status = try? file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
    if status?.isRegularFile == true, status?.fileSize == 0 {
      throw TuningStoreError("\(file.path): expected a tuning, found an empty file")
    }
    let record: TuningRecord
    do {
      record = try JSONNode(contentsOf: file).json.decode()
    } catch let error as DecodingError {
      throw TuningStoreError(
        "\(file.path): expected \(error.expectation), found \(error.finding)")
    } catch {
      throw TuningStoreError("\(error)")
    }
    guard record.identity == target.identity else {
      throw TuningStoreError("\(file.path): made for \(record.device), driver \(record.driver)")
    }
    return record
  }

  /// The tuning that a device would use, without opening the device.
  package func tuning(of description: OpenCL.DeviceDescription) -> DeviceTuning {
    tuning(of: DeviceProperties(description))
  }

  /// As above, for a CUDA device.
  package func tuning(of description: CUDA.DeviceDescription) -> DeviceTuning {
    tuning(of: DeviceProperties(description))
  }

  private func tuning(of properties: DeviceProperties) -> DeviceTuning {
    read(TuningTarget(properties: properties, isCPUType: properties.isCPUType)).tuning
  }

  /// Replaces a device's record, atomically.
  ///
  /// - Throws: an error of the file system, in one line.
  package func write(_ record: TuningRecord, of device: Device) throws(TuningStoreError) {
    guard let file = file(of: device) else {
      throw TuningStoreError("neither $XDG_CACHE_HOME nor $HOME names a folder for the tuning")
    }
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try record.json().write(to: file, options: .atomic)
    } catch {
      throw TuningStoreError("\(file.path): cannot be written: \(error.localizedDescription)")
    }
  }

  /// Gives an engine its valid configurations and the use of graphs, and reports the others.
  func apply(to gpu: GPUEngine) -> DeviceTuning {
    let found = read(gpu.target)
    gpu.configurations = found.configurations
    gpu.usesGraphs = found.tuning.usesGraphs
    var tuning = found.tuning
    tuning.refusedAlgorithms = applyAlgorithms(to: gpu)
    return tuning
  }

  private func read(
    _ target: TuningTarget
  ) -> (configurations: [String: TuningCandidate], tuning: DeviceTuning) {
    guard let file = file(of: target) else { return ([:], DeviceTuning()) }
    let record: TuningRecord
    do throws(TuningStoreError) {
      guard let stored = try self.record(of: target) else { return ([:], DeviceTuning()) }
      record = stored
    } catch {
      return ([:], DeviceTuning(warning: "\(error): the defaults are used"))
    }
    let found = record.check(target)
    var tuning = DeviceTuning(
      kernels: found.configurations.count, stale: found.stale, date: record.date,
      usesGraphs: record.graphs?.areUsed ?? false)
    if record.graphs?.isValid == false { tuning.stale += 1 }
    if !found.invalid.isEmpty {
      tuning.warning =
        "\(file.path): constants that are not on offer for "
        + "\(found.invalid.joined(separator: ", ")): the defaults are used there"
    }
    return (found.configurations, tuning)
  }
}

/// An error of the file system.
package struct TuningStoreError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// The tuning of a device.
package struct DeviceTuning: Sendable, Equatable {
  /// Kernels with constants tuned on this device and driver.
  package var kernels = 0
  /// Kernels tuned for another source, whose constants are not used, and an earlier trial of
  /// graphs.
  package var stale = 0
  /// Time of the tuning; nil if there is none.
  package var date: String?
  /// Whether steps are replayed as graphs.
  package var usesGraphs = false
  /// Why a file, or a part of it, was not used, in one line.
  package var warning: String?
  /// That cuBLASLt refuses stored algorithms, or that lines of them cannot be read, in one line; it
  /// is said once, since they are dropped.
  package var refusedAlgorithms: String?
}

extension TuningRecord {
  /// The record as JSON, as stored.
  ///
  /// - Throws: an error of the encoder.
  package func json() throws -> Data {
    Data((try JSON(encoding: self).text(.record(isIndented: true)) + "\n").utf8)
  }
}

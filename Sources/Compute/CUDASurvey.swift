package import CUDA
import Foundation

/// The CUDA devices of this machine, with the libraries that programs for them are made with.
package struct CUDASurvey {
  /// Why there is no driver that responds, in one line with how to get it; nil if there is one.
  package let failure: CUDAError?
  package let devices: [DeviceDescription]
  let libraries: Libraries?

  /// Loads the libraries and queries the driver.
  package init() {
    self.init(LibrarySearch(environment: ProcessInfo.processInfo.environment))
  }

  init(_ search: LibrarySearch) {
    do throws(CUDAError) {
      let libraries = try Libraries(search)
      devices = try DeviceDescription.all(libraries)
      self.libraries = libraries
      failure = nil
    } catch {
      devices = []
      libraries = nil
      failure = error
    }
  }

  /// Why a device is not used, or not as fast as it could be: a library that is missing, with how
  /// to get it. Empty without a device.
  package var missing: [CUDAError] {
    guard let device = devices.first else { return [] }
    var errors: [CUDAError] = []
    if case .failure(let error) = device.compiler { errors.append(error) }
    if case .failure(let error) = device.matmul { errors.append(error) }
    return errors
  }

  /// Whether kernels can be compiled for a device.
  var isUsable: Bool {
    guard let device = devices.first else { return false }
    return (try? device.compiler.get()) != nil
  }

  /// What a selection calls the devices: the first one `cuda`, each by its index.
  var names: [String] {
    devices.isEmpty ? [] : ["cuda"] + devices.map { "cuda:\($0.index)" }
  }

  /// Opens the device with this index. Throws if there is none, or no driver or compiler.
  func open(
    _ index: Int, isProfiling: Bool, tunings: TuningStore
  ) throws(ComputeError) -> Device {
    try Device(
      cuda: libraries(of: index), index: index, isProfiling: isProfiling, tunings: tunings)
  }

  /// The libraries for the device with this index. Throws if there is none, or no driver.
  @discardableResult func libraries(of index: Int) throws(ComputeError) -> Libraries {
    if let failure { throw .cuda(failure) }
    guard let libraries, devices.indices.contains(index) else {
      throw .unknownDevice(asked: "cuda:\(index)", found: names)
    }
    return libraries
  }
}

import COpenCL

/// The devices of this machine that answer, and what did not: a broken driver hides no device of another.
package struct DeviceSurvey: Sendable {
  /// A platform, or one of its devices, that failed a query.
  package struct Failure: Sendable, Equatable, CustomStringConvertible {
    /// Place of the platform among the platforms, from 0.
    package let platform: Int
    /// Place of the device among the platform's; nil where the platform does not list any.
    package let device: Int?
    package let error: OpenCLError

    package var description: String {
      let place = device.map { "opencl:\(platform).\($0)" } ?? "OpenCL platform \(platform)"
      return "\(place) does not answer: \(error)"
    }
  }

  /// Platform by platform, each under its own places also where one before it does not answer.
  package private(set) var found: [DeviceDescription] = []
  package private(set) var failures: [Failure] = []

  /// Asks every platform for its devices. Throws where the loader does not even list the platforms.
  package init() throws(OpenCLError) {
    self.init(
      of: try Handles.platforms(),
      devices: { platform throws(OpenCLError) in try Handles.devices(of: platform) },
      describe: { platform, device, handles throws(OpenCLError) in
        try DeviceDescription(
          platformIndex: platform, deviceIndex: device, platform: handles.platform,
          device: handles.device)
      })
  }

  /// A survey of any platforms, by what lists and describes their devices.
  init<Platform, Device>(
    of platforms: [Platform],
    devices: (Platform) throws(OpenCLError) -> [Device],
    describe: (Int, Int, (platform: Platform, device: Device)) throws(OpenCLError)
      -> DeviceDescription
  ) {
    for (platformIndex, platform) in platforms.enumerated() {
      let listed: [Device]
      do throws(OpenCLError) {
        listed = try devices(platform)
      } catch {
        failures.append(Failure(platform: platformIndex, device: nil, error: error))
        continue
      }
      for (deviceIndex, device) in listed.enumerated() {
        do throws(OpenCLError) {
          found.append(try describe(platformIndex, deviceIndex, (platform, device)))
        } catch {
          failures.append(Failure(platform: platformIndex, device: deviceIndex, error: error))
        }
      }
    }
  }

  /// Why a device cannot be found at a place; nil where nothing failed there.
  package func failure(platform: Int, device: Int) -> Failure? {
    failures.first { $0.platform == platform && ($0.device == nil || $0.device == device) }
  }
}

import COpenCL

/// The devices of this machine that respond, and the failures: a broken driver does not hide the
/// devices of another.
package struct DeviceSurvey: Sendable {
  /// A platform, or one of its devices, that failed a query.
  package struct Failure: Sendable, Equatable, CustomStringConvertible {
    /// Index of the platform, from 0.
    package let platform: Int
    /// Index of the device in the platform; nil if the platform lists none.
    package let device: Int?
    package let error: OpenCLError

    package var description: String {
      let name = device.map { "opencl:\(platform).\($0)" } ?? "OpenCL platform \(platform)"
      return "\(name) does not answer: \(error)"
    }
  }

  /// By platform and device index; the indices do not depend on devices that fail.
  package private(set) var found: [DeviceDescription] = []
  package private(set) var failures: [Failure] = []

  /// Queries the devices of every platform. Throws if the loader cannot list the platforms.
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

  /// A survey of given platforms, with functions that list and describe their devices.
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

  /// Why the device with these indices was not found; nil if nothing failed there.
  package func failure(platform: Int, device: Int) -> Failure? {
    failures.first { $0.platform == platform && ($0.device == nil || $0.device == device) }
  }
}
